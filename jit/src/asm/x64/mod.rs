//! The x86-64 backend.

// `dynasm!` converts what it is given, whatever its type.
#![allow(clippy::useless_conversion)]

mod call;
mod emit;
mod encode;
mod object;
mod short;

#[cfg(test)]
pub use emit::enter_with;
pub use emit::{FRAME, REGS, name, slot_bits};

use super::alloc::allocate;
use super::check::check;
use super::place::{Machine, Reg, RegSet};
use super::select::{Cpu, select};
use super::snapmap;
use crate::backend::{Backend, Code, Counter, Counters, Env, Request};
use abi::abort::Abort;

const RCX: Reg = Reg::gpr(1);
const RDX: Reg = Reg::gpr(2);
const RBX: Reg = Reg::gpr(3);
const RSI: Reg = Reg::gpr(6);
const RDI: Reg = Reg::gpr(7);
const R8: Reg = Reg::gpr(8);
const R9: Reg = Reg::gpr(9);
const R10: Reg = Reg::gpr(10);
const R11: Reg = Reg::gpr(11);
const R12: Reg = Reg::gpr(12);
const R13: Reg = Reg::gpr(13);
const R15: Reg = Reg::gpr(15);

const fn fprs() -> [Reg; 15] {
    let mut out = [Reg(0); 15];
    let mut i = 0;
    while i < 15 {
        out[i] = Reg::fpr(i as u8);
        i += 1;
    }
    out
}
static FPRS: [Reg; 15] = fprs();

/// Values are in every register but `rsp`, `rbp` (base), `r14` (machine), `rax` and `xmm15` (scratch).
pub static MACHINE: Machine = Machine {
    gprs: &[RCX, RDX, RSI, RDI, RBX, R8, R9, R10, R11, R12, R13, R15],
    fprs: &FPRS,
    saved: RegSet::of(&[RBX, R12, R13, R15]),
    gpr_args: &[RDI, RSI, RDX, RCX, R8, R9],
    fpr_args: &FPRS,
};

/// Generates x86-64 code.
#[derive(Debug)]
pub struct X64 {
    /// What the CPU has.
    pub cpu: Cpu,
    exits: Exits,
    counters: Counters,
}

/// How traces are left.
#[derive(Clone, Debug, Default)]
struct Exits {
    /// Code that all exits share.
    shared: Option<u64>,
    /// How often an end in the interpreter goes through the runtime before it restores the frames itself.
    patience: Option<u32>,
    /// Side traces count their entries. The address of the machine that will run them.
    counted: Option<u64>,
    /// What the trace that is assembled counts them with.
    counter: Option<Counter>,
}

impl X64 {
    /// Makes a backend for this machine's CPU; elsewhere, for the least one.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn new() -> X64 {
        X64::baseline()
    }

    /// Makes a backend for this machine's CPU.
    #[cfg(target_arch = "x86_64")]
    pub fn new() -> X64 {
        X64 {
            cpu: Cpu {
                sse41: std::arch::is_x86_feature_detected!("sse4.1"),
                avx: std::arch::is_x86_feature_detected!("avx"),
                bmi2: std::arch::is_x86_feature_detected!("bmi2"),
            },
            exits: Exits::default(),
            counters: Counters::default(),
        }
    }

    /// Makes a backend for the least CPU.
    pub fn baseline() -> X64 {
        X64 {
            cpu: Cpu { sse41: false, avx: false, bmi2: false },
            exits: Exits::default(),
            counters: Counters::default(),
        }
    }
}

impl X64 {
    /// Returns code that all exits share. Without it (see [`X64::share_exit`]) every trace has its own copy of about 250 bytes.
    pub fn exit_code(&self, env: &Env) -> Vec<u8> {
        emit::exit_code(env)
    }

    /// Returns code that traces jump to as to the entry of another trace, and that goes on with a function called as the interpreter calls
    /// compiled code. It works at any address.
    pub fn bridge(&self, function: u64) -> Vec<u8> {
        emit::bridge(function)
    }

    /// From now on exits jump to the code of [`X64::exit_code`] at an address in reach, which stays as long as traces do; or to none.
    pub fn share_exit(&mut self, at: Option<u64>) {
        self.exits.shared = at;
    }

    /// From now on a trace that ends in the interpreter goes through the runtime so many times at its end, which may record what follows; then it
    /// restores the frames itself. `None`: always through the runtime.
    pub fn be_patient(&mut self, times: Option<u32>) {
        self.exits.patience = times;
    }

    /// From now on side traces, which run in the machine at an address, count how often they are entered
    /// ([`Code::entries`](crate::backend::Code::entries)).
    pub fn count_entries(&mut self, machine: u64) {
        self.exits.counted = Some(machine);
    }
}

impl Default for X64 {
    fn default() -> X64 {
        X64::new()
    }
}

impl Backend for X64 {
    fn assemble(&mut self, env: &Env, request: &Request<'_>) -> Result<Code, Abort> {
        let sel = select(request, self.cpu)?;
        let alloc = allocate(request.trace, &sel, &MACHINE, &request.growth)?;
        let maps = snapmap::build(request, &sel, &alloc)?;
        if cfg!(debug_assertions)
            && let Err(e) = check(request.trace, &sel, &alloc, &maps, &MACHINE)
        {
            debug_assert!(false, "wrong allocation: {e}");
            return Err(Abort::Inconsistent);
        }
        let counted = self.exits.counted.is_some() && request.parent.is_some();
        let counter = counted.then(|| self.counters.take());
        emit::emit(self.cpu, Exits { counter, ..self.exits.clone() }, env, request, &sel, &alloc, maps)
    }

    fn link_exit(&self, site: u64, target: u64) -> Option<Vec<u8>> {
        let distance = target.wrapping_sub(site.wrapping_add(4)) as i64;
        i32::try_from(distance).ok().map(|d| d.to_le_bytes().to_vec())
    }
}
