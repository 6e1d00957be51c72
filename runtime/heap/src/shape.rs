//! Shapes: ids of hash-part layouts, equal for tables built alike.
