//! The machine as the recorder sees it: `jit::subject::Subject` over `&Vm`.
//!
//! Invariant: nothing here writes to the machine. The only state is [`Names`], which maps symbols (prototype keys, shapes) to
//! objects and back.

use abi::content::{Content, Item, Template};
use abi::hash::FastMap;
use abi::metamethod::Mm;
use abi::tag;
use bytecode::Ins;
use bytecode::proto::{ProtoFlags, UpvalDesc};
use heap::{FuncObj, Node, ProtoObj, StrObj, TabObj, Value, Vm};
use ir::{ProtoKey, Shape};
use jit::subject::{P, ProtoInfo, Subject, TabInfo, Upval, V};
use std::cell::RefCell;
use std::sync::Arc;

/// Symbols of a machine.
#[derive(Default)]
pub struct Names {
    keys: FastMap<u64, ProtoKey>,
    protos: FastMap<ProtoKey, u64>,
    /// Hashes of prototypes that have no name yet: who hashes a prototype hashes those in it, whose turn mostly comes next.
    hashes: FastMap<u64, u64>,
    shapes: FastMap<u32, Arc<Shape>>,
    shape_ids: FastMap<Arc<Shape>, u32>,
    strings: FastMap<u64, Arc<[u8]>>,
    locals: FastMap<(u64, u32), Option<u32>>,
}

impl Names {
    /// Returns the address of a prototype that was named.
    pub fn proto(&self, key: ProtoKey) -> Option<*mut ProtoObj> {
        self.protos.get(&key).map(|p| *p as *mut ProtoObj)
    }

    /// Returns the name of a prototype, if it has one.
    pub fn key_of(&self, proto: u64) -> Option<ProtoKey> {
        self.keys.get(&proto).copied()
    }

    /// Returns the id of a shape that was named.
    pub fn shape_id(&self, shape: &Arc<Shape>) -> Option<u32> {
        self.shape_ids.get(shape).copied()
    }

    /// Returns the id of a shape and the node of each of its keys; it gets its name if it has none. `None` where there is no such shape.
    pub fn nodes_of(&mut self, vm: &Vm, shape: &Arc<Shape>) -> Option<(u32, Vec<u32>)> {
        let keys: Option<Vec<_>> = shape.keys.iter().map(|k| Some(vm.str(k).ok()?.raw())).collect();
        let (id, nodes) = heap::shape::from_keys(vm, shape.nodes, &keys?).ok()??;
        self.shapes.insert(id, shape.clone());
        self.shape_ids.insert(shape.clone(), id);
        Some((id, nodes))
    }

    /// Visits all prototypes that have names.
    pub fn visit(&self, f: &mut dyn FnMut(u64)) {
        self.keys.keys().for_each(|p| f(*p));
    }

    /// Visits all strings that are known by their address.
    pub fn strings(&self, f: &mut dyn FnMut(Value)) {
        self.strings.keys().for_each(|s| f(Value(*s)));
    }

    /// Forgets what the collector is about to free: prototypes that are not alive, and strings, unless a recording keeps them.
    pub fn sweep(&mut self, alive: impl Fn(u64) -> bool, keep_strings: bool) {
        if !keep_strings {
            self.strings.clear();
        }
        self.hashes.clear();
        self.keys.retain(|p, _| alive(*p));
        self.protos.retain(|_, p| alive(*p));
        self.locals.retain(|(p, _), _| alive(*p));
    }
}

/// What the recorder is given.
pub struct View<'a> {
    /// The machine.
    pub vm: &'a Vm,
    /// Its symbols.
    pub names: &'a RefCell<Names>,
    /// Root traces: prototype and instruction to number, and whether it returns.
    pub roots: &'a FastMap<(u64, u32), (u32, bool)>,
    /// Loops that were often left early.
    pub left: &'a FastMap<(u64, u32), u32>,
    /// The machine's `pc` is at the instruction that is about to run, not behind it.
    pub restored: bool,
}

fn tab(v: V) -> *mut TabObj {
    (v.0 & tag::PTR_MASK) as *mut TabObj
}
fn val(v: V) -> Value {
    Value(v.0)
}
fn proto_ptr(p: P) -> *mut ProtoObj {
    p.0 as *mut ProtoObj
}

/// Hashes what a prototype contains.
///
/// # Safety
/// The prototype is live.
unsafe fn hash_of(vm: &Vm, names: &mut Names, p: *const ProtoObj) -> u64 {
    let named = names.keys.get(&(p as u64)).map(|k| k.hash);
    if let Some(hash) = named.or_else(|| names.hashes.get(&(p as u64)).copied()) {
        return hash;
    }
    // SAFETY: sizes and pointers of a live prototype describe its own memory; constants are live.
    unsafe {
        let pt = &*p;
        let vararg = ProtoFlags(pt.flags).has(ProtoFlags::VARARG);
        let mut h = Content::new(pt.num_params, vararg, pt.size_bc);
        h = h.code((0..pt.size_bc).map(|i| interp::jit::original_ins(vm, p, i)));
        for i in 0..usize::from(pt.nup) {
            h = h.word((*pt.uv.add(i)).into());
        }
        for i in 0..pt.size_kn as usize {
            h = h.word(*pt.k.add(i));
        }
        for i in 0..pt.size_kgc as usize {
            let v = Value(*pt.k.sub(1 + i));
            h = match (v.as_str(), v.as_tab()) {
                (Some(s), _) => h.string(StrObj::bytes(s)),
                (_, Some(t)) => h.template(template_of(t)),
                _ => h.child(hash_of(vm, names, (v.0 & tag::PTR_MASK) as *const ProtoObj)),
            };
        }
        let hash = h.finish();
        names.hashes.insert(p as u64, hash);
        hash
    }
}

/// Hashes a template.
///
/// # Safety
/// The table is live.
unsafe fn template_of(t: *const TabObj) -> Template {
    let item = |v: Value| match v.as_str() {
        // SAFETY: contents of a live table.
        Some(s) => Item::Str(unsafe { StrObj::bytes(s) }),
        None if v.is_nil() => Item::Nil,
        None if v.0 == tag::FALSE_BITS || v.0 == tag::TRUE_BITS => Item::Bool(v.0 == tag::TRUE_BITS),
        None => Item::Num(v.0),
    };
    let mut out = Template::default();
    // SAFETY: the parts of a live table have the sizes that it says.
    unsafe {
        for i in 0..(*t).asize {
            out = out.entry(Item::Num(f64::from(i).to_bits()), item(Value(*(*t).array.add(i as usize))));
        }
        for i in 0..=(*t).hmask {
            let n = &*(*t).node.add(i as usize);
            out = out.entry(item(Value(n.key)), item(Value(n.val)));
        }
    }
    out
}

impl<'a> View<'a> {
    /// Makes one of a machine that runs.
    pub fn of(vm: &'a Vm, e: &'a super::Engine) -> View<'a> {
        View { vm, names: &e.names, roots: &e.roots, left: &e.left, restored: false }
    }

    /// Returns about how many instructions a unit of a hot counter at an instruction stands for.
    pub fn steps(&self, p: P, at: u32) -> u64 {
        let (first, last) = super::place::extent(proto_ptr(p), at, self.code(p, at));
        // Loops count by two; of a function perhaps half is run.
        (u64::from(last.saturating_sub(first)) / 2).clamp(2, 100)
    }

    fn running(&self) -> *mut FuncObj {
        // SAFETY: base[-2] is the function of the running frame (frame layout).
        unsafe { (*self.vm.base.sub(2) & tag::PTR_MASK) as *mut FuncObj }
    }
}

impl Subject for View<'_> {
    fn at(&self) -> Option<(P, u32)> {
        let f = self.running();
        // SAFETY: the running function is live; `pc` is behind the instruction that is about to run, which is in its prototype.
        unsafe {
            if (*f).builtin != 0 {
                return None;
            }
            let p = FuncObj::proto(f);
            let at = self.vm.pc.offset_from(ProtoObj::bc(p)) - isize::from(!self.restored);
            (at >= 0 && at < (*p).size_bc as isize).then_some((P(p as u64), at as u32))
        }
    }
    fn base(&self) -> i64 {
        // SAFETY: base points into the running coroutine's stack.
        unsafe { self.vm.base.offset_from((*self.vm.cur).stack) as i64 }
    }
    fn thread(&self) -> u64 {
        self.vm.cur as u64
    }
    fn slot(&self, i: i32) -> V {
        // SAFETY: the recorder asks for slots of frames that exist; the stack has a reserve behind its last frame.
        unsafe { V(*self.vm.base.offset(i as isize)) }
    }
    fn multres(&self) -> u32 {
        self.vm.multres as u32
    }
    fn proto(&self, f: V) -> Option<P> {
        let f = val(f).as_func()?;
        // SAFETY: a live function.
        unsafe { ((*f).builtin == 0).then(|| P(FuncObj::proto(f) as u64)) }
    }
    fn builtin(&self, f: V) -> u32 {
        // SAFETY: a live function.
        val(f).as_func().map_or(0, |f| unsafe { if (*f).builtin != 0 { (*f).id } else { 0 } })
    }
    fn key(&self, p: P) -> ProtoKey {
        let mut names = self.names.borrow_mut();
        if let Some(k) = names.keys.get(&p.0) {
            return *k;
        }
        // SAFETY: prototypes the recorder has are live.
        let hash = unsafe { hash_of(self.vm, &mut names, proto_ptr(p)) };
        names.hashes.remove(&p.0);
        let mut key = ProtoKey { hash, instance: 0 };
        while names.protos.contains_key(&key) {
            key.instance += 1;
        }
        names.protos.insert(key, p.0);
        names.keys.insert(p.0, key);
        key
    }
    fn info(&self, p: P) -> ProtoInfo {
        // SAFETY: prototypes the recorder has are live.
        let pt = unsafe { &*proto_ptr(p) };
        ProtoInfo {
            params: pt.num_params,
            frame_size: pt.frame_size,
            vararg: pt.flags & ProtoFlags::VARARG != 0,
            no_jit: pt.flags & ProtoFlags::NOJIT != 0,
            size: pt.size_bc,
        }
    }
    fn code(&self, p: P, pc: u32) -> Ins {
        // SAFETY: prototypes the recorder has are live, and indices are those of their instructions.
        unsafe {
            if pc >= (*proto_ptr(p)).size_bc {
                return Ins(u32::MAX);
            }
            Ins(interp::jit::original_ins(self.vm, proto_ptr(p), pc))
        }
    }
    fn trace_at(&self, p: P, pc: u32) -> Option<u32> {
        self.roots.get(&(p.0, pc)).map(|t| t.0)
    }
    fn locals_at(&self, p: P, pc: u32) -> Option<u32> {
        let mut names = self.names.borrow_mut();
        *names.locals.entry((p.0, pc)).or_insert_with(|| {
            // SAFETY: prototypes the recorder has are live; debug information lives as long.
            let debug = unsafe { (*proto_ptr(p)).debug.as_ref() }?;
            Some(debug.vars.iter().take_while(|v| v.start <= pc).filter(|v| pc < v.end).count() as u32)
        })
    }
    fn loop_left(&self, p: P, pc: u32) -> bool {
        self.left.get(&(p.0, pc)).is_some_and(|n| *n > 0)
    }
    fn pc_of(&self, link: u64, f: V) -> Option<(P, u32)> {
        let p = self.proto(f)?;
        // SAFETY: a live prototype; the address is compared with its code before it is used.
        unsafe {
            let first = ProtoObj::bc(proto_ptr(p)) as u64;
            let at = link.checked_sub(first)? / 4;
            (at > 0 && at < u64::from((*proto_ptr(p)).size_bc)).then_some((p, at as u32))
        }
    }
    fn call_before(&self, link: u64) -> Ins {
        // SAFETY: a Lua link points behind a call of a live prototype (frame layout).
        unsafe { Ins(*(link as *const u32).sub(1)) }
    }
    fn returns(&self, trace: u32) -> bool {
        self.roots.values().any(|t| t.0 == trace && t.1)
    }
    fn knum(&self, p: P, i: u32) -> f64 {
        // SAFETY: operands of verified bytecode.
        unsafe { f64::from_bits(*(*proto_ptr(p)).k.add(i as usize)) }
    }
    fn kstr(&self, p: P, i: u32) -> V {
        // SAFETY: operands of verified bytecode.
        unsafe { V(*(*proto_ptr(p)).k.sub(1 + i as usize)) }
    }
    fn kproto(&self, p: P, i: u32) -> P {
        P(self.kstr(p, i).0 & tag::PTR_MASK)
    }
    fn captured(&self, p: P) -> [u64; 4] {
        let mut slots = [0; 4];
        // SAFETY: prototypes the recorder has are live, so are their constants, children and descriptors.
        unsafe {
            let pt = &*proto_ptr(p);
            for i in 0..pt.size_kgc as usize {
                let v = Value(*pt.k.sub(1 + i));
                if v.tag() != tag::PROTO {
                    continue;
                }
                let child = (v.0 & tag::PTR_MASK) as *const ProtoObj;
                for j in 0..(*child).nup as usize {
                    let d = UpvalDesc(*(*child).uv.add(j));
                    if d.is_local() {
                        slots[usize::from(d.index()) / 64] |= 1 << (d.index() % 64);
                    }
                }
            }
        }
        slots
    }
    fn captures(&self, p: P) -> Vec<u16> {
        // SAFETY: a live prototype and its descriptors.
        unsafe {
            let pt = proto_ptr(p);
            (0..usize::from((*pt).nup)).map(|i| *(*pt).uv.add(i)).collect()
        }
    }
    fn highest_open(&self) -> Option<i64> {
        // SAFETY: the running coroutine is live, and so are its open upvalues.
        unsafe {
            let first = (*self.vm.cur).open_upvals;
            (!first.is_null()).then(|| (*first).v.offset_from(self.vm.base) as i64)
        }
    }
    fn upvalue(&self, f: V, i: u32) -> Option<Upval> {
        let f = val(f).as_func()?;
        // SAFETY: a live Lua function and its upvalues; slots of open ones are in a live stack.
        unsafe {
            if (*f).builtin != 0 || i >= (*f).nup.into() {
                return None;
            }
            let uv = *FuncObj::upvals(f).add(i as usize);
            let th = self.vm.cur;
            let (first, last) = ((*th).stack, (*th).stack.add((*th).stack_size as usize));
            let mine = (*uv).closed == 0 && (*uv).v >= first && (*uv).v < last;
            Some(Upval {
                value: V(*(*uv).v),
                open: mine.then(|| (*uv).v.offset_from(self.vm.base) as i64),
                foreign: (*uv).closed == 0 && !mine,
            })
        }
    }
    fn env(&self, f: V) -> V {
        // SAFETY: a live function.
        val(f).as_func().map_or(V::NIL, |f| unsafe { V(Value::from_tab((*f).env).0) })
    }
    fn builtin_upvalue(&self, f: V, i: u32) -> V {
        let Some(f) = val(f).as_func() else { return V::NIL };
        // SAFETY: a live function; the index is checked.
        unsafe {
            if (*f).builtin == 0 || i >= (*f).nup.into() {
                return V::NIL;
            }
            V(*FuncObj::builtin_upvals(f).add(i as usize))
        }
    }
    fn bytes(&self, s: V) -> Arc<[u8]> {
        let mut names = self.names.borrow_mut();
        names
            .strings
            .entry(s.0)
            .or_insert_with(|| match val(s).as_str() {
                // SAFETY: a live string.
                Some(p) => unsafe { StrObj::bytes(p).into() },
                None => Arc::from(&[][..]),
            })
            .clone()
    }
    fn tab(&self, t: V) -> TabInfo {
        // SAFETY: a live table.
        let t = unsafe { &*tab(t) };
        TabInfo {
            asize: t.asize,
            hmask: t.hmask,
            shape: t.shape,
            meta: if t.meta.is_null() { V::NIL } else { V(Value::from_tab(t.meta).0) },
        }
    }
    fn get(&self, t: V, k: V) -> V {
        // SAFETY: live table and key.
        unsafe { V(heap::table::get(tab(t), val(k)).0) }
    }
    fn node_of(&self, t: V, k: V) -> Option<u32> {
        // SAFETY: live table and key; an address inside the hash part is that of a node's value, its first field.
        unsafe {
            let t = tab(t);
            let at = match val(k).as_str() {
                Some(s) => heap::table::find_str(t, s),
                None => heap::table::find(t, val(k)),
            };
            if at.is_null() {
                return None;
            }
            let first = (*t).node as u64;
            let offset = (at as u64).checked_sub(first)?;
            let i = offset / size_of::<Node>() as u64;
            (i <= (*t).hmask.into()).then_some(i as u32)
        }
    }
    fn len(&self, t: V) -> u32 {
        // SAFETY: a live table.
        unsafe { heap::table::len(tab(t)) }
    }
    fn next(&self, t: V, at: u32) -> Option<(u32, V, V)> {
        // SAFETY: a live table.
        unsafe { heap::table::entry_from(tab(t), at).map(|(behind, k, v)| (behind - 1, V(k.0), V(v.0))) }
    }
    fn shape(&self, id: u32) -> Option<Arc<Shape>> {
        let mut names = self.names.borrow_mut();
        if let Some(s) = names.shapes.get(&id) {
            return Some(s.clone());
        }
        let (nodes, keys) = heap::shape::keys(self.vm, id)?;
        // SAFETY: keys of shapes are roots.
        let keys = keys.into_iter().map(|k| unsafe { StrObj::bytes(k).into() }).collect();
        let shape = Arc::new(Shape { nodes, keys });
        names.shapes.insert(id, shape.clone());
        names.shape_ids.insert(shape.clone(), id);
        Some(shape)
    }
    fn metatable(&self, v: V) -> V {
        let t = heap::metatable::of(self.vm, val(v));
        if t.is_null() { V::NIL } else { V(Value::from_tab(t).0) }
    }
    fn mm_name(&self, mm: Mm) -> V {
        V(Value::from_str(self.vm.mm_names[mm as usize]).0)
    }
}
