//! The bytecode compiler `luac`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    luac::cli::run(std::env::args_os())
}
