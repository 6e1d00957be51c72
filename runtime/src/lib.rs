//! The facade: wires interpreter and libraries.
