//! Memory of machine code.
