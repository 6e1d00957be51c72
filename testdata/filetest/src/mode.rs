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
    /// An executable with the traces that a run with the mode's options left in a profile; it runs without options.
    Executable,
}

/// A way of running a program.
#[derive(Clone, Debug)]
pub struct Mode {
    /// Name, for `MODE=` and the `modes` directive.
    pub name: &'static str,
    /// Interpreter options before the script name.
    pub args: &'static [&'static str],
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
    Mode { name: "interp",    args: &["-joff"], env: &[],                    form: Form::Source,       patience: 1 },
    Mode { name: "bytecode",  args: &["-joff"], env: &[],                    form: Form::Dump,         patience: 1 },
    Mode { name: "stripped",  args: &["-joff"], env: &[],                    form: Form::StrippedDump, patience: 1 },
    Mode { name: "gc-stress", args: &["-joff"], env: &[("RT_GC", "stress")], form: Form::Source,       patience: 6 },
    Mode { name: "default",   args: &[],        env: &[],                    form: Form::Source,       patience: 1 },
    Mode { name: "exit-stress", args: &["-Jexit=stress", "-Ohotloop=2", "-Ohotexit=2"], env: &[], form: Form::Source, patience: 6 },
    Mode { name: "gc-stress-jit", args: &["-Ohotloop=1", "-Ohotexit=1"], env: &[("RT_GC", "stress")], form: Form::Source, patience: 10 },
    Mode { name: "jit",       args: &["-Ohotloop=1", "-Ohotexit=1"], env: &[], form: Form::Source,     patience: 4 },
    Mode { name: "aot",       args: &["-Ohotloop=1", "-Ohotexit=1"], env: &[], form: Form::Executable, patience: 8 },
    Mode { name: AOT_STRESS,  args: &["-Jexit=stress", "-Ohotloop=2", "-Ohotexit=2"], env: &[("KILN_OPTIONS", "-Jexit=stress")], form: Form::Executable, patience: 16 },
];

/// Exit stress of precompiled code. It takes long: where nobody asks for it, `regress` alone is run so.
pub const AOT_STRESS: &str = "aot-stress";

/// The mode whose output is the expectation when blessing, and in which stock `luajit` is asked.
pub const REFERENCE: &Mode = &MODES[0];

/// Returns every mode: the table, and `without-NAME` for each pass that `-O` switches. `without-passes` has none of them.
pub fn all() -> Vec<Mode> {
    let without = |name: &str, option: String| {
        let args: Vec<&'static str> = vec!["-Ohotloop=1", "-Ohotexit=1", option.leak()];
        Mode { name: format!("without-{name}").leak(), args: args.leak(), env: &[], form: Form::Source, patience: 4 }
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
        assert!(modes.iter().any(|mode| mode.name == "without-loop" && mode.args.contains(&"-O-loop")));
    }
}
