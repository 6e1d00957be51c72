//! Fault injection: `KILN_INJECT=kind@n` makes the n-th point of a kind fail, or fire, while something is compiled.
//!
//! Kinds: `grow` (a buffer of the recorder, the optimiser, the assembler or the queue of events grows: `abi::grow`), `alloc` (a constant becomes an
//! object), `code` (code memory is reserved, or an exit's jump written), `hook` (a hook gets active during a recording), `event` (all traces are
//! flushed during a recording). Without the variable a point costs one test, and no point is in compiled code.
//!
//! `KILN_INJECT_MARK=file` has the file made when the point is reached: so a test knows when there are no more.

use abi::grow::Growth;
use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;

/// A kind of point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// A buffer grows.
    Grow,
    /// A constant becomes an object.
    Alloc,
    /// Code memory is reserved or changed.
    Code,
    /// A hook becomes active.
    Hook,
    /// Somebody flushes.
    Event,
}

/// What is to fail: the kind, and how many points of it are left until then.
pub(crate) struct Inject {
    point: Point,
    left: Cell<u64>,
    mark: Option<PathBuf>,
}

impl Inject {
    /// Reads the environment. What it says and is none is an error, as a test that injects nothing would pass: the error is a message.
    pub fn from_environment() -> Result<Option<Inject>, String> {
        let Some(text) = std::env::var_os("KILN_INJECT") else { return Ok(None) };
        match text.to_str().and_then(Inject::parse) {
            Some(inject) => Ok(Some(inject)),
            None => Err(format!(
                "KILN_INJECT={}: not grow, alloc, code, hook or event, @ and a number above 0",
                text.display()
            )),
        }
    }

    fn parse(text: &str) -> Option<Inject> {
        let (kind, n) = text.split_once('@')?;
        let point = match kind {
            "grow" => Point::Grow,
            "alloc" => Point::Alloc,
            "code" => Point::Code,
            "hook" => Point::Hook,
            "event" => Point::Event,
            _ => return None,
        };
        let left = n.parse().ok().filter(|n| *n > 0)?;
        let mark = std::env::var_os("KILN_INJECT_MARK").map(PathBuf::from);
        Some(Inject { point, left: Cell::new(left), mark })
    }

    /// Passes a point; says whether it is the one to fail.
    pub fn fails(&self, point: Point) -> bool {
        if self.point != point || self.left.get() == 0 {
            return false;
        }
        self.left.set(self.left.get() - 1);
        let reached = self.left.get() == 0;
        if reached && let Some(Err(e)) = self.mark.as_ref().map(|path| std::fs::write(path, "reached")) {
            eprintln!("KILN_INJECT_MARK: {e}");
        }
        reached
    }

    /// Returns who decides whether buffers may grow.
    pub fn growth(this: Option<&Rc<Inject>>) -> Growth {
        match this.filter(|i| i.point == Point::Grow).cloned() {
            Some(inject) => Growth::asking(Rc::new(move || inject.fails(Point::Grow))),
            None => Growth::default(),
        }
    }
}
