//! Tests of the matcher, by cases and against the oracle.

use super::*;
use crate::oracle::{Random, literal, luajit};

fn find(src: &str, pat: &str) -> Result<Option<(usize, usize)>, PatternError> {
    search(&mut State::new(), src.as_bytes(), effective(pat.as_bytes()), 0)
}

#[test]
fn items() {
    assert_eq!(find("hello world", "o w"), Ok(Some((4, 7))));
    assert_eq!(find("hello", "l+"), Ok(Some((2, 4))));
    assert_eq!(find("key = value", "%w+%s*=%s*%w+"), Ok(Some((0, 11))));
    assert_eq!(find("a]b", "[]]"), Ok(Some((1, 2))));
    assert_eq!(find("x-y", "[a-]+"), Ok(Some((1, 2))));
    assert_eq!(find("f(a(b)c)d", "%b()"), Ok(Some((1, 8))));
    assert_eq!(find("THE (quick) fox", "%f[%a]%a+%f[%A]"), Ok(Some((0, 3))));
    assert_eq!(find("abc", ".-c$"), Ok(Some((0, 3))));
    assert_eq!(find("", "^*"), Ok(Some((0, 0))));
    assert_eq!(find("a\0b", "%z"), Ok(Some((1, 2))));
}

/// A state that is taken again serves what it is asked for, whatever it served before.
#[test]
fn kept_states() {
    let text = b"^[b-d]+".to_vec();
    let matched = |anchors: bool, src: &[u8]| {
        let mut fresh = fresh(&text, anchors);
        let st = fresh.state();
        assert!(st.is_special());
        let (anchored, pat) = st.parts(&text);
        assert_eq!(anchored, anchors);
        search(st, src, pat, 0)
    };
    for _ in 0..3 {
        assert_eq!(matched(true, b"abcd"), Ok(Some((1, 4))));
        assert_eq!(matched(false, b"abcd"), Ok(None));
        assert_eq!(matched(false, b"a^bc"), Ok(Some((1, 4))));
    }
    let mut long = vec![b'x'; KEPT_TEXT];
    long.extend_from_slice(b"[ab]\0[");
    for _ in 0..2 {
        let mut fresh = fresh(&long, true);
        let st = fresh.state();
        let src = [&[b'x'; KEPT_TEXT][..], b"b"].concat();
        let (_, pat) = st.parts(&long);
        assert_eq!(search(st, &src, pat, 0), Ok(Some((0, KEPT_TEXT + 1))));
    }
}

#[test]
fn errors() {
    assert_eq!(find("a", "%"), Err(PatternError::Escape));
    assert_eq!(find("a", "[a"), Err(PatternError::Bracket));
    assert_eq!(find("a", "[%"), Err(PatternError::Bracket));
    assert_eq!(find("a", "%f"), Err(PatternError::Frontier));
    assert_eq!(find("a", "%b"), Err(PatternError::Balance));
    assert_eq!(find("a", "a)"), Err(PatternError::Close));
    assert_eq!(find("a", "%1"), Err(PatternError::Index));
    assert_eq!(find("a", &"()".repeat(33)), Err(PatternError::TooMany));
    assert_eq!(find(&"a".repeat(300), &"a?".repeat(250)), Err(PatternError::Complex));
}

/// Describes a match as the oracle's program does.
fn describe(src: &[u8], pat: &[u8]) -> String {
    let mut st = State::new();
    let pat = effective(pat);
    let found = match pat.strip_prefix(b"^") {
        Some(rest) => match_at(&mut st, src, rest, 0).map(|e| e.map(|e| (0, e))),
        None => search(&mut st, src, pat, 0),
    };
    let (s, e) = match found {
        Ok(Some(range)) => range,
        Ok(None) => return "nil".to_owned(),
        Err(error) => return error.message().to_owned(),
    };
    let mut text = format!("{} {}", s + 1, e);
    for i in 0..st.level() {
        match st.capture(i, s, e) {
            Ok(Captured::Position(p)) => text += &format!(" @{p}"),
            Ok(Captured::Range(a, b)) => {
                text += " ";
                text.extend(src[a..b].iter().map(|c| format!("{c:02x}")));
            }
            Err(error) => return error.message().to_owned(),
        }
    }
    text
}

const ORACLE: &str = r##"
local function show(ok, s, e, ...)
  if not ok then io.write(s, "\n") return end
  if not s then io.write("nil\n") return end
  io.write(s, " ", e)
  for i = 1, select("#", ...) do
    local c = select(i, ...)
    io.write(" ", type(c) == "number" and "@"..c or (c:gsub(".", function(b) return ("%02x"):format(b:byte()) end)))
  end
  io.write("\n")
end
for i = 1, #cases, 2 do show(pcall(string.find, cases[i], cases[i+1])) end
"##;

#[test]
fn random_patterns_match_like_the_oracle() {
    let pieces: &[&str] = &[
        "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%W", "%p", "%x", "%g", "%z", "%u", "[ab]", "[^a]", "[%w_]",
        "[a-c1-2]", "[]a]", "[^%s]", "*", "+", "-", "?", "(", ")", "()", "%1", "%2", "$", "^", "%bab", "%f[%a]",
        "%f[%W]", "%.", "%%", "[", "%", "%b", "%f", "-", "*", "(", ")", "(", ")",
    ];
    let letters = b"aabbcc12 _.%A()\0\t\xe4-";
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut program = "local cases = {\n".to_owned();
    let mut expected = String::new();
    for _ in 0..4000 {
        let src: Vec<u8> = (0..random.below(14)).map(|_| random.pick(letters)).collect();
        let pat: String = (0..1 + random.below(7)).map(|_| random.pick(pieces)).collect();
        // Without one of these the search is a plain one.
        let pat = if has_specials(pat.as_bytes()) { pat } else { pat + "." };
        program += &format!("{}, {},\n", literal(&src), literal(pat.as_bytes()));
        expected += &describe(&src, pat.as_bytes());
        expected.push('\n');
    }
    program += "}\n";
    let Some(got) = luajit(&(program.clone() + ORACLE)) else { return };
    let got = String::from_utf8(got).expect("the oracle prints ASCII");
    let cases: Vec<&str> = program.lines().skip(1).collect();
    for (i, (ours, theirs)) in expected.lines().zip(got.lines()).enumerate() {
        assert_eq!(ours, theirs, "case {}", cases[i]);
    }
    assert_eq!(expected.lines().count(), got.lines().count());
}
