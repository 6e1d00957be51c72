//! The command line: subcommands, LuaJIT's options, scripts, the interactive mode.
//!
//! A subcommand is one of a few exact first words. Everything else is LuaJIT's command line, read by `options`.

mod complete;
pub mod definition;
mod external;
mod profile;
mod repl;
mod standalone;

use runtime::options::{self, Request};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;

/// Runs the program; returns its exit status.
pub fn main() -> u8 {
    let all: Vec<Vec<u8>> = std::env::args_os().map(OsStringExt::into_vec).collect();
    match all.get(1).map(Vec::as_slice) {
        Some(b"run") => start(&all, 2),
        Some(b"explain") => begin(&all, options::read_explain(&all, 2), definition::explain),
        Some(command @ (b"build" | b"rebuild" | b"inspect")) => external::start_aot(command, &all[1..]),
        Some(b"profile") => profile::run(&all[2..]),
        Some(b"help") => help(&all),
        _ => start(&all, 1),
    }
}

fn start(all: &[Vec<u8>], first: usize) -> u8 {
    let request = options::read(all, first);
    begin(all, request, if first == 2 { definition::run } else { definition::kiln })
}

/// Does what the arguments ask for; `help` is the command's definition.
fn begin(all: &[Vec<u8>], request: Request, help: fn() -> clap::Command) -> u8 {
    match request {
        Request::Run(o) => standalone::run(all, &o),
        Request::Bytecode(arguments) => {
            let name = all.first().map_or_else(|| "kiln".into(), |n| String::from_utf8_lossy(n));
            luac::cli::run_save(&name, [OsString::from(&*name)].into_iter().chain(arguments))
        }
        Request::Help => print(&help().render_help().to_string()),
        Request::Version => print(&format!("kiln {}\n", env!("CARGO_PKG_VERSION"))),
        Request::Usage(message) => usage(all, message),
    }
}

/// Says how to call the program, as LuaJIT does: on standard error, with status 1.
fn usage(all: &[Vec<u8>], message: Option<String>) -> u8 {
    let name = all.first().map_or_else(|| "kiln".into(), |n| String::from_utf8_lossy(n));
    let message = message.map_or_else(String::new, |m| format!("{name}: {m}\n"));
    let text = format!(
        "{message}usage: {name} [options]... [script [args]...].\n\
         Available options are:\n\
         \x20 -e chunk  Execute string 'chunk'.\n\
         \x20 -l name   Require library 'name'.\n\
         \x20 -b ...    Save or list bytecode.\n\
         \x20 -j cmd    Perform LuaJIT control command.\n\
         \x20 -O[opt]   Control LuaJIT optimizations.\n\
         \x20 -J opt    Test the compiler: seed=N, exit=stress.\n\
         \x20 --no-jit  Only interpret, as -joff.\n\
         \x20 -i        Enter interactive mode after executing 'script'.\n\
         \x20 -v        Show version information.\n\
         \x20 -E        Ignore environment variables.\n\
         \x20 --aot file  Load precompiled traces from an object file.\n\
         \x20 --gc-room size  Allocate so much between two collections, e.g. 4M.\n\
         \x20 --max-memory size  Limit the heap, e.g. 512M.\n\
         \x20 --max-instructions n  Limit the instructions executed.\n\
         \x20 --profile-out file  Write a profile for 'kiln build' at the end.\n\
         \x20 --timeout seconds  Limit the time.\n\
         \x20 --        Stop handling options.\n\
         \x20 -         Execute stdin and stop handling options.\n\
         Commands: run, explain, profile, build, rebuild, inspect, help; see '{name} help'.\n"
    );
    // If standard error is gone there is nobody to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
    1
}

fn help(all: &[Vec<u8>]) -> u8 {
    match all.get(2).map(Vec::as_slice) {
        None | Some(b"help") => print(&definition::kiln().render_help().to_string()),
        Some(b"run") => print(&definition::run().render_help().to_string()),
        Some(b"explain") => print(&definition::explain().render_help().to_string()),
        Some(b"profile") => {
            let rest = all.get(3..).unwrap_or_default().iter().cloned();
            profile::run(&rest.chain([b"--help".to_vec()]).collect::<Vec<_>>())
        }
        Some(b"build" | b"rebuild" | b"inspect") => external::start_aot(b"help", &all[1..]),
        Some(other) => {
            let text = format!(
                "no command '{}': there are run, explain, profile, build, rebuild, inspect, help",
                String::from_utf8_lossy(other)
            );
            runtime::program::complain(Some(b"kiln help"), text.as_bytes());
            1
        }
    }
}

/// Writes to standard output.
fn print(text: &str) -> u8 {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => 0,
        Err(e) => {
            runtime::program::complain(Some(b"kiln"), format!("cannot write to standard output: {e}").as_bytes());
            1
        }
    }
}
