//! The table of targets: what LLVM, the linker and the search for `libruntime.a` need to know about each.
//!
//! Wrong strings do not make LLVM return an error, they abort the process: only these rows reach it, nothing a user typed.

/// A target of `kiln build`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// Rust's name, which also names the folder of `libruntime.a`.
    pub triple: &'static str,
    /// Short name.
    pub arch: &'static str,
    /// LLVM's name.
    pub llvm_triple: &'static str,
    /// Calling convention, where LLVM wants to be told.
    pub abi: &'static str,
    /// `e_machine` of its ELF files.
    pub elf_machine: u16,
    /// The compiler that links for it, where it is not the machine's own.
    pub cross_linker: &'static str,
    /// What to install for that compiler.
    pub cross_package: &'static str,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        triple: "x86_64-unknown-linux-gnu",
        arch: "x86_64",
        llvm_triple: "x86_64-unknown-linux-gnu",
        abi: "",
        elf_machine: 62,
        cross_linker: "x86_64-linux-gnu-gcc",
        cross_package: "gcc-x86-64-linux-gnu",
    },
    Target {
        triple: "aarch64-unknown-linux-gnu",
        arch: "aarch64",
        llvm_triple: "aarch64-unknown-linux-gnu",
        abi: "",
        elf_machine: 183,
        cross_linker: "aarch64-linux-gnu-gcc",
        cross_package: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    },
    Target {
        triple: "loongarch64-unknown-linux-gnu",
        arch: "loongarch64",
        llvm_triple: "loongarch64-unknown-linux-gnu",
        abi: "lp64d",
        elf_machine: 258,
        cross_linker: "loongarch64-linux-gnu-gcc",
        cross_package: "gcc-loongarch64-linux-gnu libc6-dev-loong64-cross",
    },
];

impl Target {
    /// Returns the target with this triple or short name.
    pub fn find(name: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|t| t.triple == name || t.arch == name)
    }

    /// Returns the target this program runs on, if it is one.
    pub fn host() -> Option<&'static Target> {
        Target::find(std::env::consts::ARCH).filter(|_| cfg!(all(target_os = "linux", target_env = "gnu")))
    }

    /// Returns the target of an ELF file with this `e_machine`.
    pub fn of_elf_machine(machine: u16) -> Option<&'static Target> {
        TARGETS.iter().find(|t| t.elf_machine == machine)
    }

    /// Returns the names of all targets, for messages.
    pub fn names() -> String {
        TARGETS.iter().map(|t| t.arch).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_distinct() {
        for t in TARGETS {
            assert_eq!(Target::find(t.triple), Some(t));
            assert_eq!(Target::find(t.arch), Some(t));
            assert_eq!(Target::of_elf_machine(t.elf_machine), Some(t));
            assert_eq!(t.triple, format!("{}-unknown-linux-gnu", t.arch));
        }
        assert_eq!(Target::find("z80"), None);
    }
}
