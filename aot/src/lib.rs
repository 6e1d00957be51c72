//! Profile to native executable.
