//! A chunk that may be run, and who says so.
//!
//! Idea: the loader asks for a [`Sound`], never for a [`Chunk`], and there are two ways to get one. The verifier looks at what was read or
//! changed; the compiler of the same process vouches for what it has just made. So the type says that somebody answers for the chunk, and
//! nothing is looked at twice.
//!
//! Invariant: the chunk inside cannot be changed; whoever takes it out to change it has the verifier look at it again.
//! Invariant: what the compiler makes passes the verifier. Builds with debug assertions ask it each time.

use crate::bad::BadBytecode;
use crate::proto::Chunk;
use crate::verify::verify;
use std::ops::Deref;

/// A chunk that the verifier accepts.
#[derive(Clone, PartialEq, Debug)]
pub struct Sound(Chunk);

impl Sound {
    /// Asks the verifier.
    pub fn verified(chunk: Chunk) -> Result<Sound, BadBytecode> {
        verify(&chunk)?;
        Ok(Sound(chunk))
    }

    /// Takes the word of the compiler, which alone may give it (a test of the repository's structure looks for others).
    pub fn compiled(chunk: Chunk) -> Sound {
        #[cfg(debug_assertions)]
        verify(&chunk).expect("what the compiler makes is sound");
        Sound(chunk)
    }

    /// Takes the chunk out; nobody answers for it from here on.
    pub fn into_chunk(self) -> Chunk {
        self.0
    }
}

impl Deref for Sound {
    type Target = Chunk;

    fn deref(&self) -> &Chunk {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{DebugInfo, ProtoFlags};
    use crate::{Ins, Op, Proto};

    fn chunk(last: Ins) -> Chunk {
        let head = Ins::ad(Op::FUNCF, 1, 0);
        let debug = DebugInfo { lines: vec![1], ..DebugInfo::default() };
        let main = Proto {
            flags: ProtoFlags(0),
            num_params: 0,
            frame_size: 1,
            bc: vec![head, last],
            upvalues: Vec::new(),
            kgc: Vec::new(),
            knum: Vec::new(),
            debug: Some(debug),
        };
        Chunk { name: b"=x".to_vec(), main }
    }

    #[test]
    fn the_verifier_decides_what_is_sound() {
        let good = chunk(Ins::ad(Op::RET0, 0, 1));
        assert_eq!(Sound::verified(good.clone()).map(Sound::into_chunk), Ok(good));
        assert!(Sound::verified(chunk(Ins::ad(Op::RET1, 7, 2))).is_err());
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "what the compiler makes is sound")]
    fn tests_do_not_take_the_word_of_the_compiler() {
        Sound::compiled(chunk(Ins::ad(Op::MOV, 0, 0)));
    }
}
