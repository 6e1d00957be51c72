//! Several chunks as one: a main function that calls each in turn, without arguments, as PUC Lua's `luac` does.
//!
//! A dump has one chunk name for all its functions, so messages from a combined chunk name it and not the file.

use bytecode::op::Op;
use bytecode::proto::{DebugInfo, ProtoFlags};
use bytecode::undump::MAX_DEPTH;
use bytecode::{Chunk, GcConst, Ins, Proto};

/// The most constants an operand can name.
const MAX_CHUNKS: usize = 1 << 16;

/// Combines chunks; one alone stays as it is.
pub(super) fn combine(mut chunks: Vec<Chunk>) -> Result<Chunk, String> {
    if chunks.len() == 1 {
        return chunks.pop().ok_or_else(|| "no chunk".to_string());
    }
    if chunks.len() > MAX_CHUNKS {
        return Err("too many files to combine".to_string());
    }
    if chunks.iter().any(|chunk| depth(&chunk.main) >= MAX_DEPTH) {
        return Err("functions nested too deeply to combine".to_string());
    }
    let debug = chunks.iter().any(|chunk| chunk.main.debug.is_some());
    let mut bc = vec![Ins::ad(Op::FUNCV, 2, 0)];
    for i in 0..chunks.len() {
        bc.push(Ins::ad(Op::FNEW, 0, i as u16));
        bc.push(Ins::abc(Op::CALL, 0, 1, 1));
    }
    bc.push(Ins::ad(Op::RET0, 0, 1));
    let lines = vec![0; bc.len() - 1];
    let main = Proto {
        flags: ProtoFlags(ProtoFlags::CHILD | ProtoFlags::VARARG),
        num_params: 0,
        frame_size: 2,
        bc,
        upvalues: Vec::new(),
        kgc: chunks.into_iter().map(|chunk| GcConst::Proto(Box::new(chunk.main))).collect(),
        knum: Vec::new(),
        debug: debug.then(|| DebugInfo { lines, ..DebugInfo::default() }),
    };
    Ok(Chunk { name: b"=(luac)".to_vec(), main })
}

fn depth(proto: &Proto) -> usize {
    1 + (0..proto.kgc.len()).filter_map(|i| proto.child(i)).map(depth).max().unwrap_or(0)
}
