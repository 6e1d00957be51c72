//! Dumps written and read: round trips of every kind of content, and input that lies.

use bytecode::dump::dump_whole;
use bytecode::proto::{Bytes, DebugInfo, InternalVar, ProtoFlags, TabConst, TabTemplate, UpvalDesc, VarInfo, VarName};
use bytecode::{Chunk, DumpOptions, GcConst, Ins, Op, Proto, Sound, dump, load, undump};

fn text(s: &str) -> Bytes {
    s.as_bytes().into()
}

fn sample(num_lines: u32) -> Chunk {
    let template = TabTemplate {
        array: vec![TabConst::Nil, TabConst::Num(1.0), TabConst::Str(text("x")), TabConst::False],
        hash: vec![
            (TabConst::Str(text("key\0")), TabConst::Num(-2.5)),
            (TabConst::Num(-7.0), TabConst::True),
            (TabConst::True, TabConst::Num(f64::INFINITY)),
        ],
    };
    let child = Proto {
        flags: ProtoFlags(0),
        num_params: 1,
        frame_size: 3,
        bc: vec![Ins::ad(Op::FUNCF, 3, 0), Ins::ad(Op::UGET, 0, 0), Ins::ad(Op::RET1, 0, 2)],
        upvalues: vec![UpvalDesc(UpvalDesc::LOCAL | UpvalDesc::IMMUTABLE | 1)],
        kgc: Vec::new(),
        knum: Vec::new(),
        debug: Some(DebugInfo {
            first_line: 3,
            num_lines: 1,
            lines: vec![3, 4],
            upvalue_names: vec![text("up")],
            vars: vec![
                VarInfo { name: VarName::Name(text("a")), start: 0, end: 3 },
                VarInfo { name: VarName::Internal(InternalVar::ForCtl), start: 1, end: 2 },
            ],
        }),
    };
    let main = Proto {
        flags: ProtoFlags(ProtoFlags::CHILD | ProtoFlags::VARARG),
        num_params: 0,
        frame_size: 4,
        bc: vec![
            Ins::ad(Op::FUNCV, 4, 0),
            Ins::ad(Op::FNEW, 2, 2),
            Ins::ad(Op::TDUP, 3, 1),
            Ins::aj(Op::UCLO, 0, 0),
            Ins::ad(Op::RET0, 0, 1),
        ],
        upvalues: Vec::new(),
        kgc: vec![GcConst::Str(text(&"long ".repeat(60))), GcConst::Tab(template), GcConst::Proto(Box::new(child))],
        knum: vec![0.0, -0.0, 1.0, -1.0, 2147483647.0, -2147483648.0, 2147483648.0, 0.1, f64::MIN_POSITIVE, 1e308],
        debug: Some(DebugInfo {
            first_line: 0,
            num_lines,
            lines: vec![3, num_lines, 0, num_lines],
            upvalue_names: Vec::new(),
            vars: Vec::new(),
        }),
    };
    Chunk { name: b"@sample.lua".to_vec(), main }
}

fn strip(proto: &mut Proto) {
    proto.debug = None;
    for k in &mut proto.kgc {
        if let GcConst::Proto(child) = k {
            strip(child);
        }
    }
}

#[test]
fn everything_comes_back() {
    for num_lines in [5, 255, 256, 65535, 65536, 1 << 30] {
        let chunk = sample(num_lines);
        assert_eq!(load(&dump(&chunk, &DumpOptions { strip: false }), b"=other").map(Sound::into_chunk), Ok(chunk));
    }
    let mut chunk = sample(5);
    // Equality of numbers does not tell the zeros apart.
    let read = load(&dump(&chunk, &DumpOptions::default()), b"=").unwrap();
    assert!(read.main.knum[1].is_sign_negative() && read.main.knum[0].is_sign_positive());
    let stripped = dump(&chunk, &DumpOptions { strip: true });
    strip(&mut chunk.main);
    chunk.name = b"=given".to_vec();
    assert_eq!(load(&stripped, b"=given").map(Sound::into_chunk), Ok(chunk));
}

/// Entries of templates that are nil are written on demand.
#[test]
fn templates_come_back_whole() {
    let mut chunk = sample(5);
    let template = TabTemplate {
        array: vec![TabConst::Nil, TabConst::True, TabConst::Nil],
        hash: vec![(TabConst::Str(text("x")), TabConst::Nil), (TabConst::True, TabConst::False)],
    };
    let Some(GcConst::Tab(t)) = chunk.main.kgc.iter_mut().find(|k| matches!(k, GcConst::Tab(_))) else {
        panic!("no template")
    };
    *t = template.clone();
    let read = load(&dump_whole(&chunk, &DumpOptions::default()), b"=").expect("a dump");
    assert_eq!(*read, chunk);
    let less = load(&dump(&chunk, &DumpOptions::default()), b"=").expect("a dump");
    let Some(GcConst::Tab(t)) = less.main.kgc.iter().find(|k| matches!(k, GcConst::Tab(_))) else {
        panic!("no template")
    };
    assert_eq!((t.array.len(), t.hash.len()), (2, 1));
}

#[test]
fn patched_loops_are_written_as_compiled() {
    let mut chunk = sample(5);
    chunk.main.bc.insert(1, Ins::aj(Op::ILOOP, 0, 0));
    chunk.main.debug = None;
    let read = load(&dump(&chunk, &DumpOptions::default()), b"=").unwrap();
    assert_eq!(read.main.bc[1], Ins::aj(Op::LOOP, 0, 0));
}

#[test]
fn every_truncation_and_every_changed_byte_is_survived() {
    let bytes = dump(&sample(5), &DumpOptions::default());
    for len in 0..bytes.len() {
        assert!(undump(&bytes[..len], b"=cut").is_err(), "{len}");
    }
    assert!(undump(&[&bytes[..], b"\0"].concat(), b"=long").is_err());
    let mut accepted = 0;
    for i in 0..bytes.len() {
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[i] = value;
            accepted += usize::from(load(&changed, b"=changed").is_ok());
        }
    }
    assert!(accepted > 0);
}

#[test]
fn other_formats_are_incompatible() {
    let bytes = dump(&sample(5), &DumpOptions::default());
    let with = |i: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[i] = value;
        undump(&bytes, b"=old").map_err(|e| e.message(b"@old.luac"))
    };
    let refused = Err("old.luac: cannot load incompatible bytecode".to_string());
    assert_eq!(with(1, b'M'), refused);
    assert_eq!(with(3, 1), refused);
    assert_eq!(with(4, 0x00), refused);
    assert_eq!(with(4, 0x18), refused);
    assert_eq!(undump(b"\x1bLua", b"=puc").map_err(|e| e.to_string()), Err("cannot load incompatible bytecode".into()));
}

#[test]
fn messages_have_the_name_as_it_is() {
    let bad = undump(b"\x1bLua", b"=puc").unwrap_err();
    let shown = |name: &[u8]| bad.message_bytes(name);
    assert_eq!(shown(b"@a\xff.luac"), b"a\xff.luac: cannot load incompatible bytecode");
    assert_eq!(shown(b"=\xc8"), b"\xc8: cannot load incompatible bytecode");
    assert_eq!(shown(b"text"), b"text: cannot load incompatible bytecode");
    assert_eq!(shown(b"\x1bLua"), b"(binary): cannot load incompatible bytecode");
    assert_eq!(bad.message(b"@a\xff.luac"), "a\u{fffd}.luac: cannot load incompatible bytecode");
}

#[test]
fn big_endian_words_are_swapped() {
    // header (big-endian, stripped, FR2), one function: no flags, 0 params, 1 slot, 1 upvalue, RET0 0 1.
    let little = *b"\x1bLJ\x02\x0a\x0d\x00\x00\x01\x01\x00\x00\x01\x4b\x00\x01\x00\x00\xc0\x00";
    let big = *b"\x1bLJ\x02\x0b\x0d\x00\x00\x01\x01\x00\x00\x01\x00\x01\x00\x4b\xc0\x00\x00";
    let chunk = load(&little, b"=swapped").unwrap();
    assert_eq!(chunk.main.bc[1], Ins::ad(Op::RET0, 0, 1));
    assert_eq!(load(&big, b"=swapped"), Ok(chunk));
}

#[test]
fn claims_larger_than_the_input_cost_nothing() {
    // A function whose counts of constants, numbers or instructions claim more than there is.
    for counts in [
        &b"\xff\xff\x03\x00\x00"[..],
        b"\x00\xff\xff\x03\x00",
        b"\x00\x00\xff\xff\xff\x1f",
        b"\xff\xff\xff\xff\x0f\x00\x00",
    ] {
        let body = [b"\x00\x00\x01\x00", counts].concat();
        let bytes = [b"\x1bLJ\x02\x0a", &[body.len() as u8][..], &body, b"\0"].concat();
        let message = undump(&bytes, b"=").unwrap_err().to_string();
        assert!(
            message.starts_with("bad bytecode: counts exceed")
                || message.starts_with("bad bytecode: too many constants"),
            "{message}"
        );
    }
    let table = b"\x1bLJ\x02\x0a\x10\x00\x00\x01\x00\x01\x00\x00\x01\xff\xff\xff\xff\x0f\x00\x00\x00\x00";
    assert_eq!(
        undump(table, b"=").unwrap_err().to_string(),
        "bad bytecode: template table exceeds the function's length at byte 20"
    );
}

#[test]
fn template_keys_are_checked() {
    let with = |hash: Vec<(TabConst, TabConst)>| {
        let mut chunk = sample(5);
        let array = vec![TabConst::Nil, TabConst::True];
        chunk.main.kgc[1] = GcConst::Tab(TabTemplate { array, hash });
        undump(&dump(&chunk, &DumpOptions::default()), b"=").map(|chunk| chunk.main.kgc[1].clone())
    };
    let pair = |key| (key, TabConst::True);
    let refused = |keys: Vec<TabConst>| with(keys.into_iter().map(pair).collect()).unwrap_err().to_string();
    assert!(refused(vec![TabConst::Nil]).starts_with("bad bytecode: nil key in a template table"));
    assert!(refused(vec![TabConst::Num(f64::NAN)]).starts_with("bad bytecode: number constant is a NaN"));
    assert!(refused(vec![TabConst::Num(1.0)]).starts_with("bad bytecode: duplicate key"));
    assert!(refused(vec![TabConst::True, TabConst::True]).starts_with("bad bytecode: duplicate key"));
    assert!(refused(vec![TabConst::Num(0.5), TabConst::Num(0.5)]).starts_with("bad bytecode: duplicate key"));
    // Hidden values are not written, and no key is negative zero.
    let Ok(GcConst::Tab(t)) = with(vec![(TabConst::Str(text("hidden")), TabConst::Nil), pair(TabConst::Num(2.0))])
    else {
        panic!("a valid table");
    };
    assert_eq!(t.hash, [pair(TabConst::Num(2.0))]);
}

#[test]
fn nan_constants_are_refused() {
    let mut chunk = sample(5);
    chunk.main.knum.push(f64::from_bits(0xfffc_0000_0000_1234));
    let message = undump(&dump(&chunk, &DumpOptions::default()), b"=").unwrap_err().to_string();
    assert!(message.starts_with("bad bytecode: number constant is a NaN at byte "), "{message}");
}
