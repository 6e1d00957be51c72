//! Functions in LLVM's language that every lowered tree may use, and that differ from CPU to CPU. They are inlined.
//!
//! `kiln.floor(x, has)` rounds down as the interpreter does; `has` is not 0 if the machine that runs the program has an instruction for it.

use crate::cpu::Rounding;

const INSTRUCTION: &str = "
define internal double @kiln.floor(double %x, i64 %has) alwaysinline nounwind {
  %r = call double @llvm.floor.f64(double %x)
  ret double %r
}
declare double @llvm.floor.f64(double)
";

/// Adding and taking away 2^52 rounds, then it is corrected down. The sign of zero is kept.
const ARITHMETIC: &str = "
define internal double @kiln.floor.slow(double %x) alwaysinline nounwind {
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

const ALONE: &str = "
define internal double @kiln.floor(double %x, i64 %has) alwaysinline nounwind {
  %r = call double @kiln.floor.slow(double %x)
  ret double %r
}
";

const ASKED: &str = "
define internal double @kiln.floor(double %x, i64 %has) alwaysinline nounwind {
  %yes = icmp ne i64 %has, 0
  br i1 %yes, label %fast, label %slow, !prof !41
fast:
  %a = call double asm \"roundsd $$9, $1, $0\", \"=x,x\"(double %x)
  ret double %a
slow:
  %b = call double @kiln.floor.slow(double %x)
  ret double %b
}
";

/// Returns the functions for a CPU.
pub fn of(rounding: Rounding) -> String {
    match rounding {
        Rounding::Instruction => INSTRUCTION.into(),
        Rounding::Arithmetic => [ARITHMETIC, ALONE].concat(),
        Rounding::Asked => [ARITHMETIC, ASKED].concat(),
    }
}
