//! `luajit` as an oracle: what it makes of sources, and whether we make the same of them.
//!
//! Where `luajit` is not installed, tests that ask it say so and pass.
#![allow(dead_code, reason = "each test program uses a part")]

use bytecode::proto::{TabConst, TabTemplate};
use bytecode::{Chunk, GcConst, Proto, Sound};
use luac::Options;
use std::io::Write;
use std::process::{Command, Stdio};

/// The name of every chunk.
pub const NAME: &[u8] = b"@test.lua";

/// Reads records `<length>\n<source>` and writes records `<1 or 0> <length>\n<dump or message>`.
const DRIVER: &str = r#"
while true do
  local n = tonumber(io.read("*l") or "")
  if not n then break end
  local source = n == 0 and "" or io.read(n)
  local f, message = loadstring(source, "@test.lua")
  local answer = f and string.dump(f) or message
  io.write(f and 1 or 0, " ", #answer, "\n", answer)
end
"#;

/// Compiles sources with `luajit`; an answer is a chunk or a message. `None` if there is no `luajit`.
pub fn ask(sources: &[Vec<u8>]) -> Option<Vec<Result<Chunk, Vec<u8>>>> {
    let child = Command::new("luajit").args(["-e", DRIVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: luajit is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // Written beside reading: neither side waits for the other.
        scope.spawn(move || {
            for source in sources {
                stdin.write_all(format!("{}\n", source.len()).as_bytes()).unwrap();
                stdin.write_all(source).unwrap();
            }
        });
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "luajit: {}", output.status);
    let mut rest = &*output.stdout;
    let answers: Vec<_> = sources
        .iter()
        .map(|_| {
            let line = rest.iter().position(|&b| b == b'\n').unwrap();
            let (head, tail) = (std::str::from_utf8(&rest[..line]).unwrap(), &rest[line + 1..]);
            let (good, length) = head.split_once(' ').unwrap();
            let (answer, after) = tail.split_at(length.parse().unwrap());
            rest = after;
            if good == "1" { Ok(bytecode::undump::undump(answer, b"?").unwrap()) } else { Err(answer.to_vec()) }
        })
        .collect();
    Some(answers)
}

/// Compiles a source ourselves.
pub fn compile(source: &[u8]) -> Result<Chunk, Vec<u8>> {
    luac::compile(source, NAME, &Options::default()).map(Sound::into_chunk).map_err(|e| e.message().to_vec())
}

/// Fails unless we make the same of every source as `luajit`: the same message, or the same code, constants, lines and names.
pub fn compare<S: AsRef<[u8]>>(sources: &[S]) {
    let sources: Vec<Vec<u8>> = sources.iter().map(|s| s.as_ref().to_vec()).collect();
    let Some(answers) = ask(&sources) else { return };
    let differ = |source: &[u8], what: String| -> ! {
        let shown = &source[..source.len().min(2000)];
        panic!("{what}\nin the source\n{}", String::from_utf8_lossy(shown));
    };
    for (source, answer) in sources.iter().zip(answers) {
        let (ours, stock) = match (compile(source), answer) {
            (Ok(mut ours), Ok(mut stock)) => {
                normalise(&mut ours.main);
                normalise(&mut stock.main);
                match first_difference(&ours.main, &stock.main) {
                    Some(difference) => differ(source, difference),
                    None => continue,
                }
            }
            (Err(ours), Err(stock)) if ours == stock => continue,
            (ours, stock) => (ours.err(), stock.err()),
        };
        let shown = |e: Option<Vec<u8>>| e.map_or("no error".to_owned(), |e| String::from_utf8_lossy(&e).into_owned());
        differ(source, format!("ours:   {}\nluajit: {}", shown(ours), shown(stock)));
    }
}

/// Removes from templates what no dump shows, and sorts their keys, whose order in a dump is accidental.
fn normalise(proto: &mut Proto) {
    for constant in &mut proto.kgc {
        match constant {
            GcConst::Proto(child) => normalise(child),
            GcConst::Tab(TabTemplate { array, hash }) => {
                while array.last() == Some(&TabConst::Nil) {
                    array.pop();
                }
                hash.retain(|(_, value)| *value != TabConst::Nil);
                hash.sort_by_key(|pair| format!("{pair:?}"));
            }
            GcConst::Str(_) => {}
        }
    }
}

fn first_difference(ours: &Proto, stock: &Proto) -> Option<String> {
    let children = |p: &Proto| -> Vec<Proto> { (0..p.kgc.len()).filter_map(|i| p.child(i).cloned()).collect() };
    for (ours, stock) in children(ours).iter().zip(&children(stock)) {
        if let Some(difference) = first_difference(ours, stock) {
            return Some(difference);
        }
    }
    let line = ours.debug.as_ref().map_or(0, |d| d.first_line);
    for pc in 0..ours.bc.len().max(stock.bc.len()) {
        let (ours, stock) = (ours.bc.get(pc), stock.bc.get(pc));
        if ours != stock {
            return Some(format!("function of line {line}, pc {pc}: ours {ours:?}, luajit {stock:?}"));
        }
    }
    (ours != stock).then(|| format!("function of line {line}: ours\n{ours:?}\nluajit\n{stock:?}"))
}

/// Compares expectations that hold without an oracle, too.
pub fn expect_message(source: impl AsRef<[u8]>, message: &str) {
    let error = compile(source.as_ref()).expect_err("an error");
    assert_eq!(String::from_utf8_lossy(&error), message);
}
