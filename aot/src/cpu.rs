//! The table of CPUs: what `--cpu` may say, and what LLVM is told.
//!
//! Wrong strings do not make LLVM return an error, they abort the process: only these rows reach it, and each is tested. Of several rows of a
//! target the first is the baseline: what every machine of the target has. `native` is the last row that this machine can run.
//!
//! An executable remembers the row; on a machine that lacks what it names the runtime does not use the compiled traces (`abi::cpu`).
//!
//! The baseline of x86-64 has no instruction that rounds. With the question for one at each place, calendar and md5 of the benchmarks took 1.3 and
//! 1.8 times as long as with the instruction alone. So trees that round are compiled for SSE4.1, and say so: a machine without it, of before 2008,
//! runs all others, and these with the live JIT.
//!
//! Absent: tuning for single models. What traces gain comes from instructions (rounding, three operands), and these rows have them.

use crate::target::Target;

/// A CPU of a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cpu {
    /// The target's short name.
    pub arch: &'static str,
    /// What `--cpu` calls it.
    pub name: &'static str,
    /// What LLVM calls it.
    pub llvm: &'static str,
    /// Features that LLVM is told.
    pub features: &'static str,
    /// How it rounds.
    pub rounding: Rounding,
}

/// How numbers are rounded down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// It has an instruction.
    Instruction,
    /// Nearly all machines have an instruction (SSE4.1, of 2008): traces that round are used where it is there.
    Required,
    /// By arithmetic.
    Arithmetic,
}

const fn row(
    arch: &'static str,
    name: &'static str,
    llvm: &'static str,
    features: &'static str,
    rounding: Rounding,
) -> Cpu {
    Cpu { arch, name, llvm, features, rounding }
}

/// All CPUs, the baseline of each target first.
pub const CPUS: &[Cpu] = &[
    row("x86_64", "baseline", "x86-64", "", Rounding::Required),
    row("x86_64", "x86-64-v2", "x86-64-v2", "", Rounding::Instruction),
    row("x86_64", "x86-64-v3", "x86-64-v3", "", Rounding::Instruction),
    row("aarch64", "baseline", "generic", "", Rounding::Instruction),
    row("aarch64", "neoverse-n1", "neoverse-n1", "", Rounding::Instruction),
    // A generic CPU means soft float, which the linker refuses.
    row("loongarch64", "baseline", "loongarch64", "+f,+d", Rounding::Arithmetic),
];

impl Cpu {
    /// Returns what every machine of a target has.
    pub fn baseline(target: &Target) -> &'static Cpu {
        CPUS.iter().find(|c| c.arch == target.arch).unwrap_or(&CPUS[0])
    }

    /// Finds the CPU that `--cpu` names.
    pub fn find(target: &Target, name: &str) -> Result<&'static Cpu, String> {
        if name == "native" {
            return match Target::host() {
                Some(host) if host == target => Ok(native(target)),
                _ => Err(format!("--cpu native is for builds for this machine, not for {}", target.arch)),
            };
        }
        CPUS.iter().find(|c| c.arch == target.arch && c.name == name).ok_or_else(|| {
            let names = CPUS.iter().filter(|c| c.arch == target.arch).map(|c| c.name);
            let names = names.chain(["native"]).collect::<Vec<_>>().join(", ");
            format!("unknown CPU '{name}' for {}: there are {names}", target.arch)
        })
    }
}

fn native(target: &Target) -> &'static Cpu {
    // Elsewhere it cannot be found out what the machine has.
    if !cfg!(target_arch = "x86_64") {
        return Cpu::baseline(target);
    }
    CPUS.iter().rfind(|c| c.arch == target.arch && abi::cpu::runs(c.name)).unwrap_or(Cpu::baseline(target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ll::{Compiler, Level, Settings};
    use crate::target::TARGETS;

    /// A string that LLVM does not know would end the process here.
    #[test]
    fn llvm_knows_every_row() {
        let text = format!(
            "define double @f(double %x) {} {{\n  %y = call double @kiln.floor(double %x)\n  ret double %y\n}}\n",
            crate::prelude::ROUNDS
        );
        for cpu in CPUS {
            let target = TARGETS.iter().find(|t| t.arch == cpu.arch).expect("a target");
            assert_eq!(Cpu::find(target, cpu.name), Ok(cpu));
            for level in [Level::O0, Level::O1, Level::O2, Level::O3] {
                let object = Compiler::new(Settings { target, cpu, level })
                    .and_then(|c| c.compile(&text, level))
                    .expect(cpu.name);
                let elf = goblin::elf::Elf::parse(&object).expect("ELF");
                let symbols: Vec<_> = elf.syms.iter().filter_map(|s| elf.strtab.get_at(s.st_name)).collect();
                let called = |s: &&str| s.starts_with("kiln.") || *s == "floor";
                assert!(!symbols.iter().any(called), "{}: not inlined: {symbols:?}", cpu.name);
                // Hard float, doubles in registers: what linkers ask for.
                assert_eq!(elf.header.e_flags & 7, if cpu.arch == "loongarch64" { 3 } else { 0 }, "{}", cpu.name);
            }
        }
    }

    #[test]
    fn names() {
        for target in TARGETS {
            assert_eq!(Cpu::baseline(target).name, "baseline");
            assert!(Cpu::find(target, "+avx").is_err_and(|e| e.contains("there are baseline")));
            assert_eq!(Cpu::find(target, "native").is_ok(), Target::host() == Some(target));
        }
    }
}
