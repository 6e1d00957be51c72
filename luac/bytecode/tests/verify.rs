//! The verifier, rule by rule: functions written as listings, each wrong in one way.

use bytecode::listing::parse_line;
use bytecode::proto::{DebugInfo, ProtoFlags, TabConst, TabTemplate, UpvalDesc, VarInfo, VarName};
use bytecode::{Chunk, GcConst, Ins, Op, Proto, verify};

/// Makes a function of 6 slots with constants of every kind; `vararg` where the code uses `VARG`.
fn function(code: &str) -> Proto {
    let vararg = code.contains("VARG");
    let head = Ins::ad(if vararg { Op::FUNCV } else { Op::FUNCF }, 6, 0);
    let lines = code.split(';').enumerate().map(|(i, text)| {
        let line = format!("{:04}    {}", i + 1, text.trim());
        parse_line(&line).unwrap_or_else(|| panic!("{line}")).1
    });
    Proto {
        flags: ProtoFlags(ProtoFlags::CHILD | if vararg { ProtoFlags::VARARG } else { 0 }),
        num_params: 1,
        frame_size: 6,
        bc: [head].into_iter().chain(lines).collect(),
        upvalues: vec![UpvalDesc(UpvalDesc::LOCAL)],
        kgc: vec![
            GcConst::Str(b"name"[..].into()),
            GcConst::Tab(TabTemplate::default()),
            GcConst::Proto(Box::new(child(&[]))),
            GcConst::Proto(Box::new(child(&[UpvalDesc(UpvalDesc::LOCAL | 3)]))),
        ],
        knum: vec![1.5, 4_503_599_627_370_497.0],
        debug: None,
    }
}

fn child(upvalues: &[UpvalDesc]) -> Proto {
    Proto {
        flags: ProtoFlags(0),
        num_params: 0,
        frame_size: 1,
        bc: vec![Ins::ad(Op::FUNCF, 1, 0), Ins::ad(Op::RET0, 0, 1)],
        upvalues: upvalues.to_vec(),
        kgc: Vec::new(),
        knum: Vec::new(),
        debug: None,
    }
}

fn verdict(main: Proto) -> Result<(), String> {
    verify(&Chunk { name: b"=test".to_vec(), main }).map_err(|e| e.to_string())
}

#[track_caller]
fn accepts(code: &str) {
    assert_eq!(verdict(function(code)), Ok(()), "{code}");
}

/// Children come first, so the function under test has number 3.
#[track_caller]
fn refuses(code: &str, what: &str, pc: u32) {
    let expected = format!("bad bytecode: {what} at function 3, instruction {pc:04}");
    assert_eq!(verdict(function(code)), Err(expected), "{code}");
}

#[track_caller]
fn refuses_function(change: impl FnOnce(&mut Proto), what: &str) {
    let mut proto = function("RET0 0 1");
    change(&mut proto);
    assert_eq!(verdict(proto), Err(format!("bad bytecode: {what} at function 3")));
}

#[test]
fn operands_have_ranges() {
    accepts("MOV 5 0; KSTR 1 0; KNUM 2 0; TDUP 3 1; FNEW 4 2; UGET 0 0; KPRI 1 2; RET0 0 1");
    refuses("MOV 6 0; RET0 0 1", "slot out of range", 1);
    refuses("MOV 0 6; RET0 0 1", "slot out of range", 1);
    refuses("ADDVV 0 6 0; RET0 0 1", "slot out of range", 1);
    refuses("ADDVV 0 0 6; RET0 0 1", "slot out of range", 1);
    refuses("UCLO 7 => 0002; RET0 0 1", "slot out of range", 1);
    refuses("KSTR 1 1; RET0 0 1", "operand is not a string constant", 1);
    refuses("KSTR 1 9; RET0 0 1", "operand is not a string constant", 1);
    refuses("TGETS 1 1 2; RET0 0 1", "operand is not a string constant", 1);
    refuses("TDUP 1 0; RET0 0 1", "operand is not a template table", 1);
    refuses("FNEW 1 0; RET0 0 1", "operand is not a child function", 1);
    refuses("KNUM 1 2; RET0 0 1", "number constant out of range", 1);
    refuses("ADDVN 1 1 2; RET0 0 1", "number constant out of range", 1);
    refuses("UGET 1 1; RET0 0 1", "upvalue out of range", 1);
    refuses("USETV 1 0; RET0 0 1", "upvalue out of range", 1);
    refuses("KPRI 1 3; RET0 0 1", "unknown primitive", 1);
    refuses("TNEW 0 65535; RET0 0 1", "wrong operands", 1);
}

#[test]
fn only_what_a_compiler_emits() {
    for code in ["TGETR 0 0 0", "TSETR 0 0 0", "ISTYPE 0 0", "ISNUM 0 0", "FUNCF 0", "FUNCC 0", "JLOOP 0 1"] {
        refuses(&format!("{code}; RET0 0 1"), "invalid opcode", 1);
    }
    for code in ["ILOOP 0 => 0002", "IFORL 0 => 0002", "IITERL 0 => 0002", "JFORI 0 => 0002"] {
        refuses(&format!("{code}; RET0 0 1"), "invalid opcode", 1);
    }
    refuses("KCDATA 0 0; RET0 0 1", "cdata constants are not supported", 1);
    let mut proto = function("RET0 0 1");
    proto.bc.insert(1, Ins(0xff));
    assert_eq!(verdict(proto), Err("bad bytecode: invalid opcode at function 3, instruction 0001".to_string()));
}

#[test]
fn control_stays_inside() {
    accepts("JMP 0 => 0001");
    accepts("ISLT 0 1; JMP 0 => 0003; RET0 0 1");
    refuses("JMP 0 => 0000; RET0 0 1", "jump out of the function", 1);
    refuses("JMP 0 => 0003; RET0 0 1", "jump out of the function", 1);
    refuses("LOOP 0 => 9999; RET0 0 1", "jump out of the function", 1);
    refuses("MOV 0 1", "control runs off the end", 1);
    refuses("RET0 0 1; ISLT 0 1", "control runs off the end", 2);
    refuses("ISLT 0 1; JMP 0 => 0001", "control runs off the end", 1);
    refuses("IST 1; MOV 0 1; RET0 0 1", "test without a jump", 1);
    refuses("ISTC 0 1; UCLO 0 => 0003; RET0 0 1", "test without a jump", 1);
}

#[test]
fn groups_of_slots_fit() {
    accepts("CALL 0 1 1; CALL 4 1 1; CALL 0 7 5; CALLT 0 5");
    refuses("CALL 5 1 1; RET0 0 1", "wrong operands", 1);
    refuses("CALL 0 1 0; RET0 0 1", "wrong operands", 1);
    refuses("CALL 0 1 6; RET0 0 1", "wrong operands", 1);
    refuses("CALL 0 8 1; RET0 0 1", "wrong operands", 1);
    refuses("CALLT 0 6", "wrong operands", 1);
    refuses("CALLT 5 1", "wrong operands", 1);
    refuses("CALLT 0 0", "wrong operands", 1);
    accepts("KNIL 0 5; CAT 0 0 5; RET 0 7");
    refuses("KNIL 1 0; RET0 0 1", "wrong operands", 1);
    refuses("KNIL 0 6; RET0 0 1", "slot out of range", 1);
    refuses("CAT 0 1 1; RET0 0 1", "wrong operands", 1);
    refuses("CAT 0 0 6; RET0 0 1", "wrong operands", 1);
    refuses("RET 0 8", "wrong operands", 1);
    refuses("RET 0 0", "wrong operands", 1);
    refuses("RET0 0 2", "wrong operands", 1);
    refuses("RET1 6 2", "wrong operands", 1);
    accepts("VARG 0 7 1; RET0 0 1");
    refuses("VARG 0 8 1; RET0 0 1", "wrong operands", 1);
    refuses("VARG 0 2 0; RET0 0 1", "wrong operands", 1);
    let mut proto = function("VARG 0 2 1; RET0 0 1");
    proto.flags = ProtoFlags(ProtoFlags::CHILD);
    proto.bc[0] = Ins::ad(Op::FUNCF, 6, 0);
    assert_eq!(verdict(proto), Err("bad bytecode: wrong operands at function 3, instruction 0001".to_string()));
}

#[test]
fn multiple_results_are_used_at_once() {
    accepts("CALL 2 0 1; CALLM 0 1 0; CALL 2 0 1; CALLMT 0 0");
    refuses("CALL 3 0 1; CALLMT 0 0", "multiple results are used from another slot", 1);
    accepts("CALL 2 0 1; UCLO 0 => 0003; RETM 1 1");
    accepts("CALL 2 0 1; UCLO 0 => 0004; RET0 0 1; RETM 1 1");
    accepts("VARG 1 0 1; TSETM 1 1; RET0 0 1");
    refuses("VARG 1 0 1; TSETM 1 0; RET0 0 1", "wrong operands", 2);
    refuses("VARG 0 0 1; TSETM 0 1; RET0 0 1", "wrong operands", 2);
    refuses("CALL 2 0 1; MOV 0 1; RETM 2 0", "multiple results are not used", 1);
    refuses("RETM 0 0", "multiple results are missing", 1);
    refuses("CALLM 0 1 0; RET0 0 1", "multiple results are missing", 1);
    refuses("JMP 0 => 0003; CALL 2 0 1; RETM 2 0", "multiple results are missing after the instruction", 1);
    refuses("IST 1; JMP 0 => 0004; CALL 2 0 1; RETM 2 0", "multiple results are missing after the instruction", 2);
    // The pending results must not be met by a path that enters at the start either.
    refuses("UCLO 0 => 0003; CALL 2 0 1; UCLO 0 => 0001", "multiple results are not used", 2);
    refuses("RETM 2 0; CALL 2 0 1; UCLO 0 => 0001", "multiple results are missing", 1);
}

#[test]
fn numeric_loops_are_whole() {
    accepts("FORI 0 => 0004; MOV 5 3; FORL 0 => 0002; RET0 0 1");
    refuses("FORI 3 => 0003; FORL 3 => 0002; RET0 0 1", "wrong operands", 1);
    refuses("FORI 0 => 0003; FORL 1 => 0002; RET0 0 1", "half of a numeric loop", 1);
    refuses("FORI 0 => 0003; FORL 0 => 0001; RET0 0 1", "half of a numeric loop", 1);
    refuses("FORI 0 => 0003; MOV 0 1; RET0 0 1", "half of a numeric loop", 1);
    refuses("MOV 0 1; FORL 0 => 0001; RET0 0 1", "half of a numeric loop", 2);
    refuses("JMP 0 => 0003; FORI 0 => 0004; FORL 0 => 0003; RET0 0 1", "jump into a loop", 1);
    refuses("FORI 0 => 0004; MOV 5 3; FORL 0 => 0002; JMP 0 => 0002", "jump into a loop", 4);
    let overlapping = "FORI 0 => 0005; FORI 0 => 0006; MOV 0 1; FORL 0 => 0002; FORL 0 => 0003; RET0 0 1";
    refuses(overlapping, "loops overlap", 2);
}

#[test]
fn generic_loops_are_whole() {
    // Slots: 0 generator, 1 state, 2 control; 3 is the first variable. The call needs 3, 4, 5 and 6.
    let wide = |code: &str| {
        let mut proto = function(code);
        proto.frame_size = 7;
        proto.bc[0] = proto.bc[0].with_a(7);
        verdict(proto)
    };
    let refused = |code: &str, what: &str, pc: u32| {
        assert_eq!(wide(code), Err(format!("bad bytecode: {what} at function 3, instruction {pc:04}")), "{code}");
    };
    assert_eq!(wide("ISNEXT 3 => 0003; MOV 0 3; ITERN 3 2 3; ITERL 3 => 0002; RET0 0 1"), Ok(()));
    assert_eq!(wide("JMP 3 => 0003; MOV 0 3; ITERC 3 2 3; ITERL 3 => 0002; RET0 0 1"), Ok(()));
    refused("ISNEXT 2 => 0002; ITERN 2 2 3; ITERL 2 => 0002; RET0 0 1", "wrong operands", 1);
    refused("ISNEXT 4 => 0002; ITERN 4 2 3; ITERL 4 => 0002; RET0 0 1", "wrong operands", 1);
    refused("ISNEXT 3 => 0002; ITERN 3 0 3; ITERL 3 => 0002; RET0 0 1", "wrong operands", 2);
    refused("ISNEXT 3 => 0002; ITERN 3 6 3; ITERL 3 => 0002; RET0 0 1", "wrong operands", 2);
    refused("ISNEXT 3 => 0002; ITERN 3 2 2; ITERL 3 => 0002; RET0 0 1", "wrong operands", 2);
    refused("ISNEXT 3 => 0002; ITERC 3 2 3; ITERL 3 => 0002; RET0 0 1", "part of a generic loop", 1);
    refused("JMP 3 => 0002; ITERN 3 2 3; ITERL 3 => 0002; RET0 0 1", "part of a generic loop", 2);
    refused("JMP 3 => 0002; ITERC 3 2 3; MOV 0 1; RET0 0 1", "part of a generic loop", 2);
    refused("MOV 0 1; ITERL 3 => 0001; RET0 0 1", "part of a generic loop", 2);
    refused("JMP 3 => 0003; ISNEXT 3 => 0003; ITERN 3 2 3; ITERL 3 => 0003; RET0 0 1", "jump into a loop", 1);
    let into_group = "JMP 3 => 0004; JMP 3 => 0003; ITERC 3 2 3; ITERL 3 => 0003; RET0 0 1";
    refused(into_group, "jump into a group of instructions", 1);
}

#[test]
fn captured_variables_are_closed_in_time() {
    // Constant 3 is a function that captures slot 3.
    accepts("FNEW 0 3; UCLO 0 => 0003; RET0 0 1");
    accepts("FNEW 0 3; CALL 4 1 1; UCLO 3 => 0004; CALL 2 1 1; RET0 0 1");
    refuses("FNEW 0 3; RET0 0 1", "captured variable is not closed", 2);
    refuses("FNEW 0 3; UCLO 4 => 0003; RET0 0 1", "captured variable is not closed", 3);
    refuses("FNEW 0 3; CALLT 4 1", "captured variable is not closed", 2);
    refuses("FNEW 0 3; CALL 3 1 1; UCLO 0 => 0004; RET0 0 1", "captured variable is not closed", 2);
    refuses("FNEW 0 3; CALL 2 1 1; UCLO 0 => 0004; RET0 0 1", "captured variable is not closed", 2);
    refuses("FNEW 0 3; CAT 0 2 4; UCLO 0 => 0004; RET0 0 1", "captured variable is not closed", 2);
    // One path closes, the other does not.
    refuses("FNEW 0 3; IST 1; JMP 0 => 0005; UCLO 3 => 0005; RET0 0 1", "captured variable is not closed", 5);
    // The second round of a loop meets what the first left open.
    refuses("CALL 2 1 1; FNEW 0 3; JMP 0 => 0001", "captured variable is not closed", 1);
    accepts("CALL 2 1 1; FNEW 0 3; UCLO 3 => 0001");
}

#[test]
fn functions_as_a_whole() {
    refuses_function(|p| p.bc.truncate(1), "function without instructions, or with too many");
    refuses_function(|p| p.flags.0 |= ProtoFlags::ILOOP, "unknown function flags");
    refuses_function(|p| p.flags = ProtoFlags(0), "wrong flag for child functions");
    refuses_function(|p| p.flags.0 |= ProtoFlags::VARARG, "wrong function head");
    refuses_function(|p| p.bc[0] = p.bc[0].with_a(5), "wrong function head");
    // A frame of no slots has nothing that a child could capture.
    refuses_function(|p| (p.frame_size, p.kgc[3]) = (0, GcConst::Proto(Box::new(child(&[])))), "wrong frame size");
    refuses_function(|p| p.frame_size = 251, "wrong frame size");
    refuses_function(|p| p.num_params = 7, "wrong frame size");
    refuses_function(|p| p.upvalues = vec![UpvalDesc(0); 61], "wrong upvalues");
    refuses_function(|p| p.upvalues[0] = UpvalDesc(0x2000), "wrong upvalues");
    refuses_function(|p| p.knum[0] = f64::NAN, "number constant is a NaN");
    let key = |key| TabTemplate { array: Vec::new(), hash: vec![(key, TabConst::True)] };
    refuses_function(|p| p.kgc[1] = GcConst::Tab(key(TabConst::Nil)), "nil or NaN in a template table");
    refuses_function(|p| p.kgc[1] = GcConst::Tab(key(TabConst::Num(f64::NAN))), "nil or NaN in a template table");
}

#[test]
fn children_capture_what_there_is() {
    let with_child = |uv: u16| {
        let mut main = function("RET0 0 1");
        main.kgc[2] = GcConst::Proto(Box::new(child(&[UpvalDesc(uv)])));
        verdict(main)
    };
    let refused = Err("bad bytecode: upvalue that the enclosing function does not have at function 1".to_string());
    assert_eq!(with_child(UpvalDesc::LOCAL | 5), Ok(()));
    assert_eq!(with_child(UpvalDesc::LOCAL | 6), refused);
    assert_eq!(with_child(0), Ok(()));
    assert_eq!(with_child(1), refused);
}

#[test]
fn debug_information_fits() {
    let var = |start, end| VarInfo { name: VarName::Name(b"v"[..].into()), start, end };
    let with = |vars: Vec<VarInfo>, lines: usize| {
        let mut main = function("RET0 0 1");
        let upvalue_names = vec![b"u"[..].into()];
        main.debug = Some(DebugInfo { first_line: 1, num_lines: 1, lines: vec![1; lines], upvalue_names, vars });
        verdict(main)
    };
    let refused = |what: &str| Err(format!("bad bytecode: {what} at function 3"));
    assert_eq!(with(vec![var(1, 2); 6], 1), Ok(()));
    assert_eq!(with(vec![var(1, 2); 7], 1), refused("more variables than slots"));
    assert_eq!(with([vec![var(0, 1); 6], vec![var(1, 2); 6]].concat(), 1), Ok(()));
    assert_eq!(with(vec![var(1, 3)], 1), refused("wrong variable scope"));
    assert_eq!(with(vec![var(1, 0)], 1), refused("wrong variable scope"));
    assert_eq!(with(vec![], 2), refused("debug information of another function"));
}

#[test]
fn nesting_is_bounded() {
    let mut main = child(&[]);
    for _ in 0..300 {
        main = Proto { flags: ProtoFlags(ProtoFlags::CHILD), kgc: vec![GcConst::Proto(Box::new(main))], ..child(&[]) };
    }
    assert_eq!(verdict(main), Err("bad bytecode: functions nested too deeply at function 1".to_string()));
}
