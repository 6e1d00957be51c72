//! The bytecode interpreter.
