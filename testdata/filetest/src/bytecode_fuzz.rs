//! Mutates dumps, and checks what the reader and the verifier make of the result.
//!
//! Half of the mutations are blind (bits, bytes, splices, ULEB128 continuations). The other half read the dump, change one fact of one
//! function (an operand, an opcode, a count, an upvalue) and write it again: these get past the format and test the verifier. Each
//! mutation is a function of a seed, so a failure is reproduced from its number.

use bytecode::listing::{Detail, list};
use bytecode::proto::{ProtoFlags, UpvalDesc};
use bytecode::{DumpOptions, GcConst, Ins, Op, Proto, Sound, dump, load, undump};

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    /// Starts the sequence of a seed.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `n`, or 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Returns a mutation of `input`; the same for the same seed.
pub fn mutate(seed: u64, input: &[u8]) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(3) {
        bytes = match random.below(2) {
            0 => mutate_function(&mut random, &bytes).unwrap_or(bytes),
            _ => mutate_bytes(&mut random, bytes),
        };
    }
    bytes
}

fn mutate_bytes(random: &mut Random, mut bytes: Vec<u8>) -> Vec<u8> {
    let len = bytes.len();
    let at = random.below(len);
    match random.below(7) {
        _ if len == 0 => bytes.push(random.next() as u8),
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = random.next() as u8,
        3 => bytes[at] ^= 0x80,
        4 => {
            let end = (at + random.below(16)).min(len);
            let piece = bytes[at..end].to_vec();
            let to = random.below(len);
            bytes.splice(to..to, piece);
        }
        5 => {
            bytes.drain(at..(at + 1 + random.below(8)).min(len));
        }
        _ => {
            let bytes_from = random.below(len);
            let count = random.below(8).min(len - at.max(bytes_from));
            bytes.copy_within(bytes_from..bytes_from + count, at);
        }
    }
    bytes
}

/// Changes one fact of one function.
fn mutate_function(random: &mut Random, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut chunk = undump(bytes, b"=fuzz").ok()?;
    let strip = random.below(2) == 0;
    let count = count_functions(&chunk.main);
    let mut chosen = random.below(count);
    let proto = nth_function(&mut chunk.main, &mut chosen)?;
    change(random, proto);
    Some(dump(&chunk, &DumpOptions { strip }))
}

fn change(random: &mut Random, proto: &mut Proto) {
    let pc = 1 + random.below(proto.bc.len().saturating_sub(1));
    let other = 1 + random.below(proto.bc.len().saturating_sub(1));
    let Some(&ins) = proto.bc.get(pc) else { return };
    let near = |random: &mut Random, v: u8| v.wrapping_add(random.below(5) as u8).wrapping_sub(2);
    match random.below(16) {
        0 => proto.bc[pc] = ins.with_a(near(random, ins.a())),
        1 => proto.bc[pc] = ins.with_b(near(random, ins.b())),
        2 => proto.bc[pc] = ins.with_c(near(random, ins.c())),
        3 => proto.bc[pc] = ins.with_d(ins.d().wrapping_add(random.below(9) as u16).wrapping_sub(4)),
        4 => proto.bc[pc] = ins.with_d(random.next() as u16),
        5 => proto.bc[pc] = ins.with_op(Op::ALL[random.below(Op::ALL.len())]),
        6 => proto.bc[pc] = Ins(ins.0 & !0xff | (ins.0 & 0xff ^ 1)),
        7 => proto.bc.swap(pc, other),
        8 => proto.bc[pc] = proto.bc[other],
        9 => proto.frame_size = near(random, proto.frame_size),
        10 => proto.num_params = near(random, proto.num_params),
        11 => proto.flags = ProtoFlags(proto.flags.0 ^ 1 << random.below(4)),
        12 => {
            let i = random.below(proto.upvalues.len());
            if let Some(uv) = proto.upvalues.get_mut(i) {
                *uv = UpvalDesc(uv.0 ^ if random.below(2) == 0 { UpvalDesc::LOCAL } else { 1 << random.below(8) });
            }
        }
        13 => {
            let i = random.below(proto.kgc.len());
            let j = random.below(proto.kgc.len());
            if !proto.kgc.is_empty() {
                proto.kgc.swap(i, j);
            }
        }
        14 => {
            let i = random.below(proto.knum.len());
            if let Some(n) = proto.knum.get_mut(i) {
                *n = f64::from_bits(random.next() | random.next() << 52);
            }
        }
        _ => {
            proto.upvalues.pop();
        }
    }
}

fn count_functions(proto: &Proto) -> usize {
    1 + (0..proto.kgc.len()).filter_map(|i| proto.child(i)).map(count_functions).sum::<usize>()
}

/// Returns the function that is `n` further on in preorder.
fn nth_function<'a>(proto: &'a mut Proto, n: &mut usize) -> Option<&'a mut Proto> {
    if *n == 0 {
        return Some(proto);
    }
    *n -= 1;
    proto.kgc.iter_mut().find_map(|k| match k {
        GcConst::Proto(child) => nth_function(child, n),
        _ => None,
    })
}

/// Loads `bytes`. What passes is written, read again and listed.
///
/// # Panics
/// Panics if what was written is not what was read: a bug.
pub fn check(bytes: &[u8]) -> Option<Sound> {
    let chunk = load(bytes, b"=fuzz").ok()?;
    let mut out = Vec::new();
    list(&chunk, Detail::Encoding, &mut out).expect("writing to memory");
    for strip in [false, true] {
        let written = dump(&chunk, &DumpOptions { strip });
        let read = load(&written, &chunk.name).expect("what was verified can be read again");
        assert_eq!(dump(&read, &DumpOptions { strip }), written);
    }
    Some(chunk)
}
