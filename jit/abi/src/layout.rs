//! The table of object layouts: what compiled code reads and writes directly.
//!
//! A row is a field: name, type, byte offset, alias class. The crate `heap` expands the table into `#[repr(C)]` structs and
//! asserts sizes and offsets; this crate expands it into plain numbers for compilers, which know no heap.
//!
//! Invariant: two fields of different alias classes never overlap in memory.

/// Calls the macro `$m` with every object layout.
#[macro_export]
macro_rules! for_each_layout {
    ($m:ident) => {
        $m! {
            /// What every collectable object starts with.
            Header: 8 {
                /// Object type, an [`abi::objtype`](crate::objtype).
                gct: u8, 0, Header;
                /// Epoch in which the collector traversed the object (see the collector).
                marked: u8, 1, Header;
                /// Two bytes each object type uses in its own way.
                extra: u16, 2, Header;
                /// Four more.
                extra2: u32, 4, Header;
            }
            /// An interned string; the bytes follow, and a NUL that `len` does not count.
            StrObj: 16 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// Nonzero for names of metamethods: their index plus one.
                meta: u8, 2, Header;
                /// Not used.
                pad: u8, 3, Header;
                /// Number by which tables hash the string: in order of creation.
                hash: u32, 4, Header;
                /// Number of bytes.
                len: u32, 8, StrLen;
                /// Hash of the bytes, for the intern table.
                bits: u32, 12, Header;
            }
            /// A table.
            TabObj: 48 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// Negative cache: bit `n` says that metamethod `n` is absent from this (meta)table.
                nomm: u8, 2, TabNomm;
                /// Bits of [`tabflag`](crate::tabflag).
                flags: u8, 3, Header;
                /// Shape of the hash part; 0 is "none".
                shape: u32, 4, TabShape;
                /// Array part: values of the indices `0 .. asize`.
                array: *mut u64, 8, TabArray;
                /// Hash part: `hmask + 1` nodes.
                node: *mut Node, 16, TabNode;
                /// Metatable or null.
                meta: *mut TabObj, 24, TabMeta;
                /// Number of slots of the array part.
                asize: u32, 32, TabAsize;
                /// Number of nodes less one; a power of two less one.
                hmask: u32, 36, TabHmask;
                /// Nodes at and above this index are taken.
                freetop: u32, 40, TabFree;
                /// A guess at the border of the array part, any number.
                border: u32, 44, Header;
            }
            /// A node of a hash part.
            Node: 24 {
                /// Value.
                val: u64, 0, NodeVal;
                /// Key; dead keys keep their bits.
                key: u64, 8, NodeKey;
                /// Byte distance to the next node of the chain; 0 ends it.
                next: i32, 16, NodeNext;
                /// Hash of the key while entries move to a new part; else any number.
                pad: u32, 20, NodeNext;
            }
            /// A shape of hash parts; no object of the heap. Its latest transition, which compiled code repeats, comes first.
            ShapeRecord: 64 {
                /// The latest transition: by this key, boxed (0: there is none) …
                last_key: u64, 0, Header;
                /// … to this shape …
                last: u32, 8, Header;
                /// … which begins the free nodes here …
                last_freetop: u32, 12, Header;
                /// … has the key at this byte of the part …
                last_at: u32, 16, Header;
                /// … and this [`link`](ShapeRecord::link).
                last_link: u32, 20, Header;
                /// The latest key; null in roots.
                key: *mut StrObj, 24, Header;
                /// The shape before it.
                parent: u32, 32, Header;
                /// First node of those taken from the end.
                freetop: u32, 36, Header;
                /// Byte of the part at which the latest key's node is.
                at: u32, 40, Header;
                /// The node at the head of the chain that it was linked into: its byte, or [`NO_LINK`](abi::shape::NO_LINK),
                /// or [`MOVED`](abi::shape::MOVED).
                link: u32, 44, Header;
                /// Number of keys.
                count: u8, 48, Header;
                /// Binary logarithm of the number of nodes; 0 is an empty part.
                bits: u8, 49, Header;
                /// Number of transitions.
                children: u16, 50, Header;
                /// Number of the plan for growing, plus one.
                plan: u32, 52, Header;
                /// The guess for tables that begin with the same key.
                guess: u32, 56, Header;
                /// Not used.
                pad: u32, 60, Header;
            }
            /// A function. A Lua function's upvalues (`*mut UpvalObj`) follow; a builtin's are [`BuiltinObj`].
            FuncObj: 24 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// 0 for Lua functions, 1 for builtins.
                builtin: u8, 2, Header;
                /// Number of upvalues.
                nup: u8, 3, Header;
                /// Builtin number (an index of the builtin table); 0 for Lua functions.
                id: u32, 4, Header;
                /// First instruction: `FUNCF`, `FUNCV`, or a builtin's head.
                pc: *const u32, 8, FuncPc;
                /// Environment.
                env: *mut TabObj, 16, FuncEnv;
            }
            /// A builtin function; its upvalues (values) follow.
            BuiltinObj: 32 {
                /// The common part.
                func: FuncObj, 0, Header;
                /// The Rust function: a `heap::builtin::BuiltinFn`, or null where the head instruction does all.
                call: *const (), 24, FuncPc;
            }
            /// An upvalue.
            UpvalObj: 32 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// 1 if the value is in `tv`.
                closed: u8, 2, Header;
                /// 1 if the variable is never assigned again.
                immutable: u8, 3, Header;
                /// Not used.
                pad: u32, 4, Header;
                /// Where the value is: a slot of a var stack, or `tv`.
                v: *mut u64, 8, UpvalV;
                /// The value, once closed.
                tv: u64, 16, UpvalTv;
                /// Next open upvalue of the thread, with a lower slot.
                next: *mut UpvalObj, 24, UpvalV;
            }
            /// A prototype. Instructions follow at once, then collectable and number constants.
            ProtoObj: 72 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// `bytecode::proto::ProtoFlags`.
                flags: u8, 2, Header;
                /// Number of fixed parameters.
                num_params: u8, 3, Header;
                /// Number of slots of a frame.
                frame_size: u8, 4, Header;
                /// Number of upvalues.
                nup: u8, 5, Header;
                /// Not used.
                pad: u16, 6, Header;
                /// Number of instructions, the head included.
                size_bc: u32, 8, Header;
                /// Number of collectable constants.
                size_kgc: u32, 12, Header;
                /// Number of number constants.
                size_kn: u32, 16, Header;
                /// First line.
                first_line: u32, 20, Header;
                /// Number of lines.
                num_lines: u32, 24, Header;
                /// Byte size of the whole object.
                size: u32, 28, Header;
                /// Number constant 0; collectable constant `i`, a tagged value, is at `-1 - i`.
                k: *mut u64, 32, Header;
                /// Upvalue descriptors.
                uv: *const u16, 40, Header;
                /// Chunk name.
                chunk_name: *mut StrObj, 48, Header;
                /// Debug information: a leaked `Box`, freed when the prototype is swept; null if stripped.
                debug: *mut bytecode::proto::DebugInfo, 56, Header;
                /// Number of the root trace at the head; 0 is none.
                trace: u32, 64, Header;
                /// Not used.
                pad2: u32, 68, Header;
            }
            /// A userdata. Its payload belongs to the library that made it.
            UdataObj: 40 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// 1 once its `__gc` was called or is due.
                finalized: u8, 2, Header;
                /// Not used.
                pad: u8, 3, Header;
                /// Not used.
                pad2: u32, 4, Header;
                /// Metatable or null.
                meta: *mut TabObj, 8, UdataMeta;
                /// Environment.
                env: *mut TabObj, 16, Header;
                /// Payload: a leaked `Box<Box<dyn Any>>`, freed when the userdata is swept; or null.
                host: *mut Box<dyn std::any::Any>, 24, Header;
                /// Next userdata of the collector's list.
                next: *mut UdataObj, 32, Header;
            }
            /// A coroutine.
            ThreadObj: 96 {
                /// Object type.
                gct: u8, 0, Header;
                /// Epoch.
                marked: u8, 1, Header;
                /// State, a [`costatus`](crate::costatus).
                status: u8, 2, Header;
                /// 1 if it is resumed through `coroutine.wrap`.
                wrapped: u8, 3, Header;
                /// Number of native calls that run inside it: it cannot yield across them.
                nested: u32, 4, Header;
                /// Var stack.
                stack: *mut u64, 8, Header;
                /// End of what frames may use (a reserve lies behind it).
                stack_max: *mut u64, 16, Header;
                /// Saved base while it does not run.
                base: *mut u64, 24, Header;
                /// Saved top while it does not run.
                top: *mut u64, 32, Header;
                /// Open upvalues, highest slot first.
                open_upvals: *mut UpvalObj, 40, Header;
                /// Environment.
                env: *mut TabObj, 48, Header;
                /// The coroutine that resumed it.
                resumer: *mut ThreadObj, 56, Header;
                /// Saved program counter while it does not run.
                pc: *const u32, 64, Header;
                /// Number of slots, reserve included.
                stack_size: u32, 72, Header;
                /// 1 if the collector's list of coroutines with open upvalues has it.
                listed: u32, 76, Header;
                /// Value of multiple results while it does not run.
                multres: u64, 80, Header;
                /// Number of coroutines below it that wait for it.
                depth: u32, 88, Header;
                /// Not used.
                pad2: u32, 92, Header;
            }
        }
    };
}

macro_rules! define_offsets {
    ($($(#[$doc:meta])* $name:ident: $size:literal { $($(#[$fdoc:meta])* $f:ident: $t:ty, $off:literal, $class:ident;)* })*) => {
        /// All layouts.
        pub const LAYOUTS: &[Layout] = &[$(Layout {
            name: stringify!($name), size: $size,
            fields: &[$(Field { name: stringify!($f), offset: $off, class: stringify!($class) }),*],
        }),*];
    };
}

/// One object layout as numbers.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Name of the struct.
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
    /// Fields in order.
    pub fields: &'static [Field],
}

/// One field of a layout.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Byte offset.
    pub offset: usize,
    /// Alias class.
    pub class: &'static str,
}

for_each_layout!(define_offsets);

/// Returns the byte offset of field `f` of the layout `name`; fails to compile (in constants) if there is none.
pub const fn offset(name: &str, f: &str) -> usize {
    let mut i = 0;
    while i < LAYOUTS.len() {
        if crate::same(LAYOUTS[i].name, name) {
            let mut j = 0;
            while j < LAYOUTS[i].fields.len() {
                if crate::same(LAYOUTS[i].fields[j].name, f) {
                    return LAYOUTS[i].fields[j].offset;
                }
                j += 1;
            }
        }
        i += 1;
    }
    panic!("no such field")
}

/// Returns the bytes of the layout `name`; fails to compile (in constants) if there is none.
pub const fn size(name: &str) -> usize {
    let mut i = 0;
    while i < LAYOUTS.len() {
        if crate::same(LAYOUTS[i].name, name) {
            return LAYOUTS[i].size;
        }
        i += 1;
    }
    panic!("no such layout")
}
