//! The command line as help and manual pages describe it. What it means is read in [`options`](super::options).

use clap::{Arg, ArgAction, Command};

const ABOUT: &str = "Runs Lua programs: LuaJIT 2.1's language, bytecode and libraries.";

const EXAMPLES: &str = "\
Without script and options kiln reads commands from the terminal, or a script from standard input.

Commands:
  kiln run [options] script [args]   runs a script (also without the word `run`)
  kiln explain script [args]         runs it and says what was compiled, what not, and why
  kiln profile show app.kprof        shows, merges, compares, trims, checks profiles
  kiln build app.lua -o app          makes a native executable
  kiln rebuild app -o app2           makes it again with more profiles
  kiln inspect app                   lists its modules and traces
  kiln help COMMAND                  explains a command
A script whose name is one of these words runs as `kiln -- build` or `kiln ./build`.

Examples:
  kiln app.lua one two               arg[1] is \"one\"
  kiln -e 'print(1 + 1)'
  kiln -lm -e 'm.start()'            requires m first
  echo 'print(...)' | kiln - a b
  kiln -bl app.lua                   lists bytecode, as `luac -l` does

Environment: LUA_INIT (a chunk, or @file, that runs first), LUA_PATH, LUA_CPATH; -E ignores them.";

const RUN_EXAMPLES: &str = "\
Examples:
  kiln run app.lua one two
  kiln run --max-memory 512M app.lua   running out is a Lua error
  kiln run app.luac                    bytecode of luac or `luajit -b`";

const JIT: &str = "\
Controls the trace compiler: on, off, flush; \
v[=file] writes a line for each trace; dump[=tbirsmxXa[TAH]][,file] shows bytecode, IR, registers, snapshots, machine code, exits; \
p[=fFlvzsprAaG<depth>i<ms>m<percent>][,file] profiles by samples (G: folded stacks for flame graphs); bc[=file] lists bytecode";

const OPTIMISE: &str = "\
Sets the level of optimisation (0 to 3), switches passes (+fold -fold; fold cse dce fwd dse narrow loop abc sink fuse) \
or sets parameters (hotloop=56 hotexit=10 maxtrace maxrecord maxirconst maxside maxsnap tryside instunroll loopunroll callunroll \
recunroll sizemcode maxmcode), separated by commas";

const EXPLAIN_EXAMPLES: &str = "\
The report follows the program's own output. For each hot loop and function it says: share of the time (by samples of processor time), place, what \
became of it (compiled, aborted, retired, blacklisted, flushed), entries from the interpreter and exits back to it, side traces, why \
recordings were given up, and what to change.

Examples:
  kiln explain app.lua one two
  kiln explain --json -o report.json app.lua
  kiln explain --no-time -Ohotloop=2 app.lua   the same report each time";

fn arguments(command: Command) -> Command {
    // The option's letter is also its identifier.
    let letter = |id: &'static str, help: &'static str| Arg::new(id).short(char::from(id.as_bytes()[0])).help(help);
    let flag = |id, help| letter(id, help).action(ArgAction::SetTrue);
    let option = |id, name: &'static str, help| letter(id, help).value_name(name).action(ArgAction::Append);
    command
        .arg(option("e", "chunk", "Runs a chunk of Lua"))
        .arg(option("l", "name", "Requires a module"))
        .arg(flag("i", "Reads commands from the terminal after the script"))
        .arg(flag("v", "Prints the version"))
        .arg(flag("E", "Ignores LUA_INIT, LUA_PATH and LUA_CPATH"))
        .arg(option("b", "...", "Saves or lists bytecode: everything that follows is luac's").num_args(0..))
        .arg(option("j", "command", JIT))
        .arg(option("O", "options", OPTIMISE).num_args(0..=1))
        .arg(option(
            "J",
            "option",
            "For tests: seed=N fixes random choices; with debug assertions, exit=stress fails every guard once",
        ))
        .arg(Arg::new("no-jit").long("no-jit").help("Only interprets, as -joff does").action(ArgAction::SetTrue))
        .arg(
            Arg::new("gc-room")
                .long("gc-room")
                .value_name("SIZE")
                .help("Bytes to allocate between two collections at least, e.g. 4M: more memory, less time"),
        )
        .arg(
            Arg::new("max-memory")
                .long("max-memory")
                .value_name("SIZE")
                .help("Limits the heap, e.g. 512M: exhaustion is the Lua error \"not enough memory\""),
        )
        .arg(
            Arg::new("max-instructions")
                .long("max-instructions")
                .value_name("N")
                .help("Limits the instructions executed (and only interprets): exhaustion is a Lua error"),
        )
        .arg(
            Arg::new("profile-out").long("profile-out").value_name("FILE").help(
                "Writes a profile for `kiln build --profile` when the program ends; %p in the name is the process",
            ),
        )
        .arg(
            Arg::new("profile-every")
                .long("profile-every")
                .value_name("SECONDS")
                .help("Writes the profile every so often, too, while the program computes"),
        )
        .arg(
            Arg::new("profile-interval")
                .long("profile-interval")
                .value_name("MS")
                .help("Milliseconds of processor time between the profile's samples (4); 0 takes none"),
        )
        .arg(Arg::new("profile-training").long("profile-training").num_args(0).help(
            "The run is for the profile alone: compiles all that is hot, whatever it costs (else a tenth of the time)",
        ))
        .arg(
            Arg::new("aot")
                .long("aot")
                .value_name("OBJECT")
                .help("Loads precompiled traces from an object file of `kiln build --emit obj` (x86-64)"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .help("Limits the time: the error \"interrupted!\", and a second later the end of the process"),
        )
        .arg(Arg::new("script").help("Lua source or bytecode; - is standard input"))
        .arg(Arg::new("args").help("Arguments of the script, in `arg` and `...`").num_args(0..).trailing_var_arg(true))
}

/// Returns the definition of `kiln`.
pub fn kiln() -> Command {
    arguments(Command::new("kiln").version(env!("CARGO_PKG_VERSION")).about(ABOUT).after_help(EXAMPLES))
}

/// Returns the definition of `kiln run`.
pub fn run() -> Command {
    arguments(Command::new("kiln-run").bin_name("kiln run").about("Runs a script.").after_help(RUN_EXAMPLES))
}

/// Returns the definition of `kiln explain`.
pub fn explain() -> Command {
    let flag = |id: &'static str, help| Arg::new(id).long(id).help(help).action(ArgAction::SetTrue);
    arguments(
        Command::new("kiln-explain")
            .bin_name("kiln explain")
            .about("Runs a script, then says of every hot loop and function what the trace compiler made of it.")
            .after_help(EXPLAIN_EXAMPLES),
    )
    .arg(flag("json", "Writes JSON"))
    .arg(flag("no-time", "Takes no samples: the report depends on the program alone"))
    .arg(Arg::new("output").short('o').long("output").value_name("file").help("Writes the report to a file"))
}

const PROFILE_HELP: &str = "\
Profiles are made by `kiln run --profile-out FILE` and by executables with KILN_PROFILE_OUT=FILE in the environment.

Exit status: 0 done; 1 `check` found less than --min-share; 2 nothing was done (no file, no profile, another version);
3 done, but damaged parts of a profile were left out, each with a warning.

Examples:
  kiln profile show app.kprof                      what was hot, with source lines
  kiln profile merge prod/*.kprof -o app.kprof     counts are added; the order does not matter
  kiln profile diff old.kprof app.kprof            hotter, colder, new, gone
  kiln profile trim app.kprof --min-share 0.5 -o small.kprof
  kiln profile check app.kprof src/ --min-share 80    in CI: fails when too little still applies";

/// Returns the definition of `kiln profile`.
pub fn profile() -> Command {
    let flag = |id: &'static str, help| Arg::new(id).long(id).help(help).action(ArgAction::SetTrue);
    let os = || clap::builder::ValueParser::os_string();
    let file = |id: &'static str, help| Arg::new(id).help(help).required(true).value_parser(os());
    let files = |id: &'static str, help| file(id, help).num_args(1..);
    let option = |id: &'static str, name: &'static str, help| Arg::new(id).long(id).value_name(name).help(help);
    let output = || {
        let help = "Writes the result to a file [default: standard output]";
        Arg::new("output").short('o').long("output").value_name("FILE").help(help).value_parser(os())
    };
    let command = |name: &'static str, about: &'static str| Command::new(name).about(about);
    Command::new("kiln-profile")
        .bin_name("kiln profile")
        .about("Shows, merges, compares, trims and checks profiles.")
        .after_help(PROFILE_HELP)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand(
            command("show", "Shows what was hot, hottest first, and which recordings were given up")
                .arg(files("profiles", "Profiles; several are merged; - is standard input"))
                .arg(option("top", "N", "Shows no more than N places"))
                .arg(flag("traces", "Shows the traces of each place, and the types that were in its slots"))
                .arg(flag("ir", "Shows the IR of the traces")),
        )
        .subcommand(
            command("merge", "Merges profiles: counts are added, different trees of a place are kept side by side")
                .arg(files("profiles", "Profiles; - is standard input"))
                .arg(output()),
        )
        .subcommand(
            command("diff", "Says what became hotter, colder, new or gone")
                .arg(file("before", "A profile"))
                .arg(file("after", "A later one"))
                .arg(option("least", "PERCENT", "Shows changes of so many percent of all, or more [default: 1]")),
        )
        .subcommand(
            command("trim", "Drops trees and side traces that are cold")
                .arg(file("profile", "A profile"))
                .arg(option("min-share", "PERCENT", "Keeps what has such a share of the whole [default: 1]"))
                .arg(output()),
        )
        .subcommand(
            command("check", "Says what share of a profile still applies to sources")
                .arg(file("profile", "A profile"))
                .arg(
                    Arg::new("sources")
                        .help("Lua files, and folders of them [default: the files that the profile names]")
                        .num_args(0..)
                        .value_parser(os()),
                )
                .arg(option("min-share", "PERCENT", "Ends with status 1 if less applies")),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::options::{Request, read};

    #[test]
    fn every_option_that_is_described_is_read() {
        kiln().debug_assert();
        run().debug_assert();
        explain().debug_assert();
        profile().debug_assert();
        for arg in kiln().get_arguments() {
            let word = match (arg.get_short(), arg.get_long()) {
                (Some(c), _) => format!("-{c}"),
                (_, Some(long)) => format!("--{long}"),
                _ => continue,
            };
            let value = if word == "-J" { "seed=7" } else { "7" };
            let words = [b"kiln".to_vec(), word.clone().into_bytes(), value.into()];
            assert!(!matches!(read(&words, 1), Request::Usage(_)), "{word} is described but not read");
        }
    }

    #[test]
    fn every_option_that_is_read_is_described() {
        let shorts: Vec<char> = kiln().get_arguments().filter_map(Arg::get_short).collect();
        for c in '!'..='~' {
            let value = if c == 'J' { "seed=7" } else { "7" };
            let words = [b"kiln".to_vec(), format!("-{c}").into_bytes(), value.into()];
            let known = !matches!(read(&words, 1), Request::Usage(_)) && c != '-';
            assert_eq!(known, shorts.contains(&c), "-{c}");
        }
    }
}
