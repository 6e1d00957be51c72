//! The mode table: one row for each way in which every test program is run.
//!
//! Invariant: a row changes how a program is executed, never what it prints. The exception is a stripped dump, which has
//! no line numbers or names to print; its expectation is a stripped run of stock `luajit`.
//!
//! Behind the table come modes made of another table: one for each pass that `-O` switches (the optimiser's and
//! the backend's), with that pass switched off, and one without any.

use stdlib::jit::FLAGS;

/// The form in which a program is handed to the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The Lua source file.
    Source,
    /// A dump of it with debug information, written by the compiler under test.
    Dump,
    /// A dump without debug information.
    StrippedDump,
    /// An executable with the traces that a run left in a profile; it runs without options.
    Executable,
    /// The Lua source file, and an object with the traces that a run left in a profile.
    Object,
}

/// A way of running a program.
#[derive(Clone, Debug)]
pub struct Mode {
    /// Name, for `MODE=` and the `modes` directive.
    pub name: &'static str,
    /// Interpreter options before the script name.
    pub args: &'static [&'static str],
    /// Those of the run that writes the profile, where the form needs one.
    pub train: &'static [&'static str],
    /// Options of its build, where there is one.
    pub build: &'static [&'static str],
    /// Environment variables.
    pub env: &'static [(&'static str, &'static str)],
    /// What is run.
    pub form: Form,
    /// Factor on a program's time limit.
    pub patience: u64,
}

/// The modes that are no other table's, the reference mode first.
#[rustfmt::skip]
pub const MODES: &[Mode] = &[
    Mode { name: "interp",            args: &["-joff"], train: &[],    build: &[],      env: &[],                      form: Form::Source,       patience: 1 },
    Mode { name: "bytecode",          args: &["-joff"], train: &[],    build: &[],      env: &[],                      form: Form::Dump,         patience: 1 },
    Mode { name: "stripped",          args: &["-joff"], train: &[],    build: &[],      env: &[],                      form: Form::StrippedDump, patience: 1 },
    Mode { name: "gc-stress",         args: &["-joff"], train: &[],    build: &[],      env: &[("RT_GC", "stress")],   form: Form::Source,       patience: 6 },
    Mode { name: "default",           args: &[],        train: &[],    build: &[],      env: &[],                      form: Form::Source,       patience: 1 },
    Mode { name: "exit-stress",       args: STRESS,     train: &[],    build: &[],      env: &[],                      form: Form::Source,       patience: 6 },
    Mode { name: "gc-stress-jit",     args: HOT,        train: &[],    build: &[],      env: &[("RT_GC", "stress")],   form: Form::Source,       patience: 10 },
    Mode { name: "jit",               args: HOT,        train: &[],    build: &[],      env: &[],                      form: Form::Source,       patience: 4 },
    Mode { name: "aot",               args: &[],        train: HOT,    build: &[],      env: &[],                      form: Form::Executable,   patience: 8 },
    Mode { name: "aot-stress",        args: &[],        train: STRESS, build: &["-O0"], env: &[("KILN_OPTIONS", "-Jexit=stress")], form: Form::Executable,   patience: 16 },
    Mode { name: "aot-object",        args: &[],        train: HOT,    build: &[],      env: &[],                      form: Form::Object,       patience: 8 },
    Mode { name: "aot-peers",         args: HOT,        train: HOT,    build: &[],      env: &[],                      form: Form::Object,       patience: 8 },
    Mode { name: "aot-object-stress", args: STRESS,     train: STRESS, build: &[],      env: &[],                      form: Form::Object,       patience: 16 },
];

impl Mode {
    /// Whether a program is built to be run.
    pub fn is_built(&self) -> bool {
        matches!(self.form, Form::Executable | Form::Object)
    }
}

/// Options with which everything is hot at once.
const HOT: &[&str] = &["-Ohotloop=1", "-Ohotexit=1"];

/// Options with which every exit is taken and compared.
const STRESS: &[&str] = &["-Jexit=stress", "-Ohotloop=2", "-Ohotexit=2"];

/// Ways to run precompiled code besides `aot`. They take long: where nobody asks for them, `regress` alone is run so.
pub const ON_DEMAND: &[&str] = &["aot-stress", "aot-object", "aot-peers", "aot-object-stress"];

/// The mode whose output is the expectation when blessing, and in which stock `luajit` is asked.
pub const REFERENCE: &Mode = &MODES[0];

/// Returns every mode: the table, and `without-NAME` for each pass that `-O` switches. `without-passes` has none of them.
pub fn all() -> Vec<Mode> {
    let without = |name: &str, option: String| {
        let args: Vec<&'static str> = vec!["-Ohotloop=1", "-Ohotexit=1", option.leak()];
        let name = format!("without-{name}").leak();
        Mode { name, args: args.leak(), train: &[], build: &[], env: &[], form: Form::Source, patience: 4 }
    };
    let mut modes = MODES.to_vec();
    modes.extend(FLAGS.iter().map(|name| without(name, format!("-O-{name}"))));
    modes.push(without("passes", "-O0".into()));
    modes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pass_has_a_mode_without_it() {
        let modes = all();
        let names: std::collections::HashSet<&str> = modes.iter().map(|mode| mode.name).collect();
        assert_eq!(names.len(), modes.len(), "names tell modes apart");
        assert_eq!(modes.len(), MODES.len() + FLAGS.len() + 1);
        assert!(ON_DEMAND.iter().all(|name| names.contains(name)));
        assert!(modes.iter().any(|mode| mode.name == "without-loop" && mode.args.contains(&"-O-loop")));
    }
}
