//! The program `kiln-aot`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(aot::cli::run(std::env::args_os()))
}
