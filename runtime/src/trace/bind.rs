//! From symbolic constants to bits of this process.

use super::view::Names;
use abi::tag;
use heap::{Node, ProtoObj, TabObj, Value, Vm, shape};
use ir::tree::RootKey;
use ir::{Const, ProtoKey, Trace, Ty};
use jit::backend::Template;
use std::cell::RefCell;

/// Bits of a trace's constants.
pub struct Bound {
    /// As `jit::backend::Request::bits`.
    pub bits: Vec<u64>,
    /// As `jit::backend::Request::keys`.
    pub keys: Vec<u64>,
    /// As `jit::backend::Request::templates`.
    pub templates: Vec<Template>,
    /// Objects that the code refers to.
    pub roots: Vec<Value>,
}

/// Binds all constants of a trace. `None`: memory is short, an allocation was not allowed, or a symbol is not known here.
pub fn bind(vm: &Vm, names: &Names, trace: &Trace, nil_slot: u64, may_allocate: &dyn Fn() -> bool) -> Option<Bound> {
    let n = trace.consts.len();
    let mut b =
        Bound { bits: Vec::with_capacity(n), keys: Vec::with_capacity(n), templates: Vec::new(), roots: Vec::new() };
    for c in &trace.consts {
        let (bits, key) = one(vm, names, c, nil_slot, &mut b.roots, may_allocate)?;
        if let Const::Templ(..) = c {
            b.templates.extend(template(vm, bits));
        }
        b.bits.push(bits);
        b.keys.push(key);
    }
    b.roots.sort_unstable_by_key(|v| v.0);
    b.roots.dedup();
    Some(b)
}

/// Binds a constant as a register of compiled code has it: objects without their tags.
pub fn register_bits(vm: &Vm, names: &RefCell<Names>, c: &Const, nil_slot: u64, roots: &mut Vec<Value>) -> Option<u64> {
    if let Const::Shape(s) = c {
        names.borrow_mut().nodes_of(vm, s)?;
    }
    let bits = one(vm, &names.borrow(), c, nil_slot, roots, &|| true)?.0;
    Some(if matches!(c, Const::Str(_)) { bits & tag::PTR_MASK } else { bits })
}

/// Binds a constant as [`Bound`] has it: bits, and the key of a node.
pub fn bits_and_key(vm: &Vm, names: &RefCell<Names>, c: &Const, roots: &mut Vec<Value>) -> Option<(u64, u64)> {
    one(vm, &names.borrow(), c, 0, roots, &|| true)
}

/// Finds instructions, mostly of the function that the last one was in.
#[derive(Default)]
pub struct Places {
    last: Option<(ProtoKey, *mut ProtoObj)>,
}

impl Places {
    /// Returns the address of an instruction; `None` if its function is not there.
    pub fn find(&mut self, names: &RefCell<Names>, place: RootKey, roots: &mut Vec<Value>) -> Option<u64> {
        let p = match self.last {
            Some((key, p)) if key == place.proto => p,
            _ => {
                let p = root_proto(roots, names.borrow().proto(place.proto)?);
                self.last = Some((place.proto, p));
                p
            }
        };
        // SAFETY: the prototype is live and the index one of its instructions.
        Some(unsafe { ProtoObj::bc(p).add(place.pc as usize) as u64 })
    }
}

/// Describes a template, if its tables have a shape.
fn template(vm: &Vm, at: u64) -> Option<Template> {
    let t = at as *const TabObj;
    // SAFETY: a template of a live prototype, which nobody changes. (The collector declares keys of tables without a shape dead.)
    unsafe {
        let (nodes, keys) = shape::keys(vm, (*t).shape)?;
        Some(Template {
            table: t as u64,
            asize: (*t).asize,
            nodes,
            shape: (*t).shape,
            keys: keys.len() as u32,
            freetop: (*t).freetop,
            array: (*t).array as u64,
            node: (*t).node as u64,
        })
    }
}

/// Binds a constant; of a node's, the key comes second.
fn one(
    vm: &Vm,
    names: &Names,
    c: &Const,
    nil_slot: u64,
    roots: &mut Vec<Value>,
    may_allocate: &dyn Fn() -> bool,
) -> Option<(u64, u64)> {
    let mut key = 0;
    let bits = match c {
        Const::Pri(ty) => match ty {
            Ty::Nil => tag::NIL_BITS,
            Ty::False => tag::FALSE_BITS,
            _ => tag::TRUE_BITS,
        },
        Const::Num(n) => *n,
        Const::Int(i) => *i as u32 as u64,
        Const::Str(s) => {
            let v = may_allocate().then(|| string(vm, s))??;
            roots.push(v);
            v.0
        }
        Const::Proto(k) => root_proto(roots, names.proto(*k)?) as u64,
        Const::Pc(k, pc) => {
            let p = root_proto(roots, names.proto(*k)?);
            // SAFETY: the prototype is live and the index one of its instructions.
            unsafe { ProtoObj::bc(p).add(*pc as usize) as u64 }
        }
        Const::Frame(w) | Const::Cont(w) => *w,
        Const::Builtin(id) => u64::from(*id),
        Const::Shape(s) => u64::from(names.shape_id(s)?),
        Const::Slot(s, i) => {
            let v = may_allocate().then(|| string(vm, s))??;
            roots.push(v);
            key = v.0;
            u64::from(*i) * size_of::<Node>() as u64
        }
        Const::Templ(k, i) => {
            let p = root_proto(roots, names.proto(*k)?);
            // SAFETY: an operand of verified bytecode of a live prototype.
            unsafe { *(*p).k.sub(1 + *i as usize) & tag::PTR_MASK }
        }
        Const::BaseMeta(ty) => match vm.base_meta.get(*ty as usize & 15) {
            Some(m) if !m.is_null() => {
                // It may be replaced and come back.
                roots.push(Value(*m as u64 | tag::TAB << tag::SHIFT));
                *m as u64
            }
            _ => return None,
        },
        Const::Null => 0,
        Const::NilSlot => nil_slot,
    };
    Some((bits, key))
}

fn string(vm: &Vm, bytes: &[u8]) -> Option<Value> {
    vm.str(bytes).ok().map(|s| s.val().raw())
}

fn root_proto(roots: &mut Vec<Value>, p: *mut ProtoObj) -> *mut ProtoObj {
    roots.push(Value(p as u64 | tag::PROTO << tag::SHIFT));
    p
}
