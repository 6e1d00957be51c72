//! What a machine begins with: coroutine, registry, globals, names of metamethods.

use crate::value::Value;
use crate::vm::{Raise, Vm};
use crate::{stack, strtab, table};
use abi::costatus;
use abi::metamethod::Mm;

/// Entries the global table has room for at first.
const GLOBALS: u32 = 64;

impl Vm {
    /// Creates the main coroutine, registry, globals, metamethod names.
    pub(crate) fn init_roots(&mut self) {
        if self.try_init_roots().is_err() {
            // There is no machine to report anything: the limit is too low for an empty one.
            panic!("no memory for an empty machine");
        }
    }

    fn try_init_roots(&mut self) -> Result<(), Raise> {
        // First of all: strings created one after the other have different main positions in the global table.
        for name in abi::builtins::GLOBALS {
            strtab::intern(self, name.as_bytes())?;
        }
        self.oom = strtab::intern(self, b"not enough memory")?;
        let th = stack::new_thread(self)?;
        let globals = table::new(self, 0, GLOBALS)?;
        self.registry = table::new(self, 0, 4)?;
        // SAFETY: the coroutine is new and live.
        unsafe {
            (*th).env = globals;
            (*th).status = costatus::RUNNING;
            self.base = (*th).base;
            self.top.set((*th).top);
            self.stack_max = (*th).stack_max;
        }
        self.main = th;
        self.cur = th;
        for (i, mm) in Mm::ALL.iter().enumerate() {
            let s = strtab::intern(self, mm.key().as_bytes())?;
            // SAFETY: the string is new and live.
            unsafe { (*s).meta = i as u8 + 1 };
            self.mm_names[i] = s;
        }
        const NAMES: [&str; 14] = [
            "nil", "boolean", "boolean", "userdata", "string", "upval", "thread", "proto", "function", "trace",
            "cdata", "table", "userdata", "number",
        ];
        for (i, name) in NAMES.iter().enumerate() {
            self.type_names[i] = Value::from_str(strtab::intern(self, name.as_bytes())?);
        }
        super::first_goal(self);
        Ok(())
    }
}
