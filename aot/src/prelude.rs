//! What differs from CPU to CPU of what lowered trees use, in LLVM's language: functions, which are inlined, and attributes.
//!
//! `kiln.floor(x)` rounds down as the interpreter does. Functions that use it have the attributes [`ROUNDS`].

use crate::cpu::Rounding;

/// Attributes of functions that round.
pub const ROUNDS: &str = "#9";

const INSTRUCTION: &str = "
define internal double @kiln.floor(double %x) alwaysinline nounwind {
  %r = call double @llvm.floor.f64(double %x)
  ret double %r
}
declare double @llvm.floor.f64(double)
";

/// Adding and taking away 2^52 rounds, then it is corrected down. The sign of zero is kept.
const ARITHMETIC: &str = "
define internal double @kiln.floor(double %x) alwaysinline nounwind {
  %m = call double @llvm.fabs.f64(double %x)
  %small = fcmp olt double %m, 0x4330000000000000
  %up = fadd double %m, 0x4330000000000000
  %down = fsub double %up, 0x4330000000000000
  %r = call double @llvm.copysign.f64(double %down, double %x)
  %over = fcmp ogt double %r, %x
  %excess = select i1 %over, double 1.0, double 0.0
  %less = fsub double %r, %excess
  %out = select i1 %small, double %less, double %x
  ret double %out
}
";

/// What baseline machines may lack: the tree says so, and is used where it is there.
const REQUIRED: &str = "attributes #9 = { \"target-features\"=\"+sse4.1\" }\n";

const NOTHING: &str = "attributes #9 = { nounwind }\n";

/// Returns functions and attributes for a CPU.
pub fn of(rounding: Rounding) -> String {
    match rounding {
        Rounding::Instruction => [INSTRUCTION, NOTHING].concat(),
        Rounding::Required => [INSTRUCTION, REQUIRED].concat(),
        Rounding::Arithmetic => [ARITHMETIC, NOTHING].concat(),
    }
}
