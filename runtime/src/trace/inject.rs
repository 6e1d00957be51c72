//! Fault injection: `KILN_INJECT=kind@n` makes the n-th point of a kind fail, or fire, while something is compiled.
//!
//! Kinds: `grow` (a buffer of the recording), `alloc` (constants bound to objects), `code` (code memory), `hook` (a hook gets active
//! during a recording), `event` (all traces are flushed during a recording). Without the variable a point costs one test, and no
//! point is in compiled code.

/// A kind of point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// A buffer of the recording grows.
    Grow,
    /// Constants become objects.
    Alloc,
    /// Code memory is reserved.
    Code,
    /// A hook becomes active.
    Hook,
    /// Somebody flushes.
    Event,
}

/// What is to fail: the kind, and how many points of it are left until then.
pub(crate) struct Inject {
    point: Point,
    left: u64,
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
        Some(Inject { point, left })
    }

    /// Passes a point; says whether it is the one to fail.
    pub fn fails(&mut self, point: Point) -> bool {
        if self.point != point || self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.left == 0
    }
}
