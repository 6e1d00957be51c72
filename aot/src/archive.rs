//! Static libraries: the members of another archive and one more object, with an index of their symbols, in the format of GNU `ar`.
//!
//! Invariant: equal inputs give equal bytes: no time, no owner.

use goblin::elf::Elf;
use goblin::elf::section_header::SHN_UNDEF;
use goblin::elf::sym::STB_LOCAL;

const MAGIC: &[u8] = b"!<arch>\n";
const HEAD: usize = 60;

/// A file in an archive.
struct Member<'a> {
    name: &'a [u8],
    data: &'a [u8],
}

/// Makes an archive of an object and the members of `other`.
pub fn extend(other: &[u8], name: &str, object: &[u8]) -> Result<Vec<u8>, String> {
    let mut members = vec![Member { name: name.as_bytes(), data: object }];
    members.extend(read(other).ok_or("malformed archive")?);
    Ok(write(&members))
}

/// Takes an archive apart. Names may be in a table of their own.
fn read(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let (mut members, mut names) = (Vec::new(), &b""[..]);
    while !rest.is_empty() {
        let (head, tail) = rest.split_at_checked(HEAD)?;
        let size: usize = std::str::from_utf8(&head[48..58]).ok()?.trim_end().parse().ok()?;
        let (data, tail) = tail.split_at_checked(size)?;
        rest = tail.strip_prefix(b"\n").filter(|_| size % 2 == 1).unwrap_or(tail);
        let name = head[..16].trim_ascii_end();
        match name {
            b"/" | b"/SYM64/" => {}
            b"//" => names = data,
            [b'/', at @ ..] => {
                let at: usize = std::str::from_utf8(at).ok()?.parse().ok()?;
                let name = names.get(at..)?.split(|b| *b == b'\n').next()?;
                members.push(Member { name: name.strip_suffix(b"/").unwrap_or(name), data });
            }
            _ => members.push(Member { name: name.strip_suffix(b"/").unwrap_or(name), data }),
        }
    }
    Some(members)
}

fn write(members: &[Member<'_>]) -> Vec<u8> {
    let mut names = Vec::new();
    let labels: Vec<String> = members
        .iter()
        .map(|m| {
            if m.name.len() < 16 && !m.name.contains(&b'/') {
                return format!("{}/", String::from_utf8_lossy(m.name));
            }
            let at = names.len();
            names.extend_from_slice(m.name);
            names.extend_from_slice(b"/\n");
            format!("/{at}")
        })
        .collect();
    let symbols: Vec<Vec<String>> = members.iter().map(|m| defined(m.data)).collect();
    let count: usize = symbols.iter().map(Vec::len).sum();
    let index = 4 + 4 * count + symbols.iter().flatten().map(|s| s.len() + 1).sum::<usize>();
    let padded = |n: usize| HEAD + n + n % 2;
    let mut at = MAGIC.len() + padded(index) + if names.is_empty() { 0 } else { padded(names.len()) };
    let (mut offsets, mut texts) = (Vec::new(), Vec::new());
    for (m, symbols) in members.iter().zip(&symbols) {
        for s in symbols {
            offsets.extend_from_slice(&(at as u32).to_be_bytes());
            texts.extend_from_slice(s.as_bytes());
            texts.push(0);
        }
        at += padded(m.data.len());
    }
    let mut out = MAGIC.to_vec();
    member(&mut out, "/", &[&(count as u32).to_be_bytes()[..], &offsets, &texts].concat());
    if !names.is_empty() {
        member(&mut out, "//", &names);
    }
    for (m, label) in members.iter().zip(&labels) {
        member(&mut out, label, m.data);
    }
    out
}

fn member(out: &mut Vec<u8>, label: &str, data: &[u8]) {
    out.extend_from_slice(format!("{label:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, data.len()).as_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(b'\n');
    }
}

/// Returns the names that an object defines for others.
fn defined(object: &[u8]) -> Vec<String> {
    let Ok(elf) = Elf::parse(object) else { return Vec::new() };
    let open = elf.syms.iter().filter(|s| s.st_bind() != STB_LOCAL && s.st_shndx != SHN_UNDEF as usize);
    open.filter_map(|s| elf.strtab.get_at(s.st_name)).map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let long = "a name of more than fifteen bytes.o";
        let one = extend(MAGIC, long, b"odd").expect("an archive");
        let two = extend(&one, "short.o", b"even").expect("an archive");
        let members = read(&two).expect("an archive");
        let shown: Vec<_> = members.iter().map(|m| (m.name, m.data)).collect();
        assert_eq!(shown, [(&b"short.o"[..], &b"even"[..]), (long.as_bytes(), b"odd")]);
        for n in 0..two.len() {
            // An archive may end behind each of its members.
            assert!(read(&two[..n]).is_none_or(|m| m.len() < 2) || n + 1 == two.len(), "{n} bytes");
        }
        assert_eq!(extend(b"no archive", "a.o", b"").expect_err("an error"), "malformed archive");
    }
}
