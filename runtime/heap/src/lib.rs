//! Values, objects, strings, tables and the garbage collector.
