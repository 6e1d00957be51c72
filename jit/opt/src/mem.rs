//! Forwarding of memory: what a load finds, because an earlier instruction of the trace stored or loaded it.

use crate::Builder;
use ir::Ins;

/// What stands for a memory operation.
pub(crate) enum Forward {
    /// Nothing known: it is appended.
    None,
    /// This value or address.
    #[allow(dead_code)]
    Ref(ir::Ref),
    /// It need not be executed.
    #[allow(dead_code)]
    Drop,
}

/// Looks for what stands for a load, a store or an address.
pub(crate) fn forward(_b: &mut Builder, _ins: Ins) -> Forward {
    Forward::None
}
