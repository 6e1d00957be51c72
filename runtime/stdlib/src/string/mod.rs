pub mod directive;
pub mod pattern;
