//! The program `kiln-aot`.

use std::process::ExitCode;

/// LLVM, which is C++, uses it as well: its functions have the names of C's.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    ExitCode::from(aot::cli::run(std::env::args_os()))
}
