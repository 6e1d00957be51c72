//! The two command lines as data, and arguments to jobs.

use super::input::Input;
use super::target::{Arch, Form, Target};
use super::{Failure, Job, Outcome, VERSION_LINE};
use bytecode::listing::Detail;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

/// Where `luac` writes if not told, and what it lists if given nothing.
const DEFAULT_OUTPUT: &str = "luac.out";

fn flag(name: &'static str, help: &'static str) -> Arg {
    let short = name.chars().next().unwrap_or_default();
    Arg::new(name).short(short).action(ArgAction::SetTrue).help(help)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    let short = name.chars().next().unwrap_or_default();
    Arg::new(name).short(short).value_name(value).help(help).value_parser(value_parser!(OsString))
}

fn shared_options(command: Command) -> Command {
    command
        .arg(flag("strip", "Strip debug information").overrides_with("g"))
        .arg(flag("g", "Keep debug information").overrides_with("strip"))
        .arg(option(
            "name",
            "NAME",
            "Name of the module, for the symbol luaJIT_BC_NAME (default: from the input's name)",
        ))
        .arg(option("type", "TYPE", "Type of the output: raw, c, h, o (or obj)"))
        .arg(option(
            "arch",
            "ARCH",
            "Architecture of an object file: x64, arm64, loongarch64 (default: this machine's)",
        ))
        .arg(option("execute", "CHUNK", "Use this text as input").short('e').allow_hyphen_values(true))
        .arg(
            Arg::new("inputs")
                .value_name("FILE")
                .num_args(0..)
                .value_parser(value_parser!(OsString))
                .help("Lua source or bytecode, a folder of them, or - for standard input"),
        )
}

/// Returns the definition of `luac`'s command line.
pub fn command() -> Command {
    shared_options(Command::new("luac"))
        .about("Compiles Lua to LuaJIT's bytecode")
        .long_about(
            "Compiles Lua 5.1 with LuaJIT's extensions to LuaJIT 2.1's bytecode, which kiln and luajit run.\n\n\
             Several files become one chunk that calls each in turn. With a folder as input or output every *.lua file is \
             compiled to a file of its own below the output folder.",
        )
        .after_help(
            "Examples:\n  \
             luac -o app.luac app.lua         compile\n  \
             luac -l -p app.lua               list the instructions, write nothing\n  \
             luac -s -o out/ src/             compile a tree, without debug information\n  \
             luac -t o -n app -o app.o app.lua  an object file to link into a C program",
        )
        .disable_version_flag(true)
        .arg(
            Arg::new("list")
                .short('l')
                .action(ArgAction::Count)
                .help("List the instructions; twice: and constants, locals, upvalues; thrice: and encodings and lines"),
        )
        .arg(
            option("output", "FILE", "Output file or folder; - is standard output [default: luac.out]")
                .allow_hyphen_values(true),
        )
        .arg(flag("parse", "Parse only: write nothing"))
        .arg(flag("version", "Show the version"))
}

/// Returns the definition of the command line of `luajit -b`.
pub fn save_command() -> Command {
    shared_options(Command::new("-b"))
        .about("Saves or lists bytecode, as luajit -b does")
        .override_usage("kiln -b[OPTIONS] INPUT OUTPUT")
        .disable_version_flag(true)
        .arg(flag("list", "Only list the bytecode"))
        .arg(option("os", "OS", "Operating system of an object file; objects are ELF"))
}

/// Reads `luac`'s arguments. `None` says that there is nothing to do.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Outcome<Option<Job>> {
    let args: Vec<OsString> = args.into_iter().collect();
    let only_version = args.len() == 2;
    let matches = command().try_get_matches_from(args).map_err(Failure::Usage)?;
    if matches.get_flag("version") {
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{VERSION_LINE}").map_err(|e| Failure::io("write", "-".as_ref(), &e))?;
        if only_version {
            return Ok(None);
        }
    }
    let listing = match matches.get_count("list") {
        0 => None,
        1 => Some(Detail::Plain),
        2 => Some(Detail::Tables),
        _ => Some(Detail::Encoding),
    };
    let output = matches.get_one::<OsString>("output").map(PathBuf::from);
    let mut write = !matches.get_flag("parse");
    let mut inputs = inputs(&matches);
    if inputs.is_empty() {
        if listing.is_none() && write {
            return Err(usage(command(), "no input files given"));
        }
        inputs.push(Input::File(output.clone().unwrap_or_else(|| DEFAULT_OUTPUT.into())));
        write = false;
    }
    // A folder is only listed or checked unless told where results go.
    let has_folder = inputs.iter().any(Input::is_folder);
    if has_folder && output.is_none() && listing.is_some() {
        write = false;
    }
    if has_folder && output.is_none() && write {
        return Err(Failure::message("a folder as input needs an output folder: -o FOLDER"));
    }
    let target = Target {
        form: matches
            .get_one::<OsString>("type")
            .map_or(Ok(Form::Raw), |t| Form::parse(t))
            .map_err(Failure::message)?,
        arch: arch(&matches)?,
    };
    Ok(Some(Job {
        inputs,
        listing,
        listing_to: "-".into(),
        output: write.then(|| output.unwrap_or_else(|| DEFAULT_OUTPUT.into())),
        strip: matches.get_flag("strip"),
        target,
        module: module(&matches)?,
    }))
}

/// Reads the arguments of `luajit -b`.
pub(super) fn parse_save(args: impl IntoIterator<Item = OsString>) -> Outcome<Job> {
    let args: Vec<OsString> = args.into_iter().enumerate().filter_map(|(i, arg)| without_b(i, arg)).collect();
    let matches = save_command().no_binary_name(true).try_get_matches_from(args).map_err(Failure::Usage)?;
    let list = matches.get_flag("list");
    let mut names: Vec<OsString> = matches.get_many("inputs").into_iter().flatten().cloned().collect();
    let text = matches.get_one::<OsString>("execute").map(|t| t.as_encoded_bytes().to_vec());
    let input = match text {
        Some(text) => Input::Text(text),
        None if names.is_empty() => return Err(usage(save_command(), "no input file given")),
        None => Input::named(names.remove(0)),
    };
    if names.len() > 1 || names.is_empty() && !list {
        return Err(usage(save_command(), "one input and one output file are needed"));
    }
    let output = PathBuf::from(names.pop().unwrap_or_else(|| "-".into()));
    let form = match matches.get_one::<OsString>("type") {
        Some(t) => Form::parse(t).map_err(Failure::message)?,
        None => Form::of_output(&output),
    };
    if let Some(os) = matches.get_one::<OsString>("os") {
        const ELF: [&str; 6] = ["linux", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris"];
        if !ELF.iter().any(|known| os.eq_ignore_ascii_case(known)) {
            return Err(Failure::message(format!("no object files for {}: only ELF", os.to_string_lossy())));
        }
    }
    Ok(Job {
        inputs: vec![input],
        listing: list.then_some(Detail::Plain),
        listing_to: output.clone(),
        output: (!list).then_some(output),
        strip: !matches.get_flag("g"),
        target: Target { form, arch: arch(&matches)? },
        module: module(&matches)?,
    })
}

/// Takes away the program's name, and the `b` of the first flag.
fn without_b(index: usize, arg: OsString) -> Option<OsString> {
    match (index, arg.to_str()) {
        (0, _) | (1, Some("-b")) => None,
        (1, Some(flags)) if flags.starts_with("-b") => Some(format!("-{}", &flags[2..]).into()),
        _ => Some(arg),
    }
}

fn usage(mut command: Command, text: &str) -> Failure {
    Failure::Usage(command.error(clap::error::ErrorKind::MissingRequiredArgument, text))
}

fn inputs(matches: &ArgMatches) -> Vec<Input> {
    let text = matches.get_one::<OsString>("execute").map(|t| Input::Text(t.as_encoded_bytes().to_vec()));
    let files = matches.get_many::<OsString>("inputs").into_iter().flatten().cloned().map(Input::named);
    text.into_iter().chain(files).collect()
}

fn arch(matches: &ArgMatches) -> Outcome<Arch> {
    matches
        .get_one::<OsString>("arch")
        .map_or(Ok(Arch::host()), |a| Arch::parse(a).map(Some))
        .map_err(Failure::message)?
        .ok_or_else(|| Failure::message("no object files for this machine's architecture: pass -a"))
}

fn module(matches: &ArgMatches) -> Outcome<Option<String>> {
    match matches.get_one::<OsString>("name") {
        None => Ok(None),
        Some(name) => super::target::symbol_part(name.as_encoded_bytes())
            .map(Some)
            .ok_or_else(|| Failure::message("bad module name")),
    }
}
