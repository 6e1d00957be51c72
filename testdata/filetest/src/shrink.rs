//! Reduces a failing program.
