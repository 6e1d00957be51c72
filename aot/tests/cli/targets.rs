//! Objects for every target: what linkers and loaders find in them, and which instructions they must not have.

use crate::sandbox::{Sandbox, kiln};
use goblin::elf::Elf;
use std::collections::BTreeSet;

/// Reads and writes of tables and fields, floor and modulo, bits, an allocation that stays, calls of helpers; products that are summed.
const PROGRAM: &str = "local n, t, s, q = 400, {}, 0, {}
for i = 1, n do t[i] = i % 7 == 0 and i / 3 or i * 2.5 end
for r = 1, 9 do for i = 1, n do s = s + t[i] * 0.7 - t[i] % 5 + math.floor(t[i] / 3) * 1.5 + bit.bxor(i, r) end end
for i = 1, n do q[#q + 1] = { x = i * 0.5, y = -i, s = 'k' .. i % 9 } end
for i = 1, n do s = s * 0.25 + q[i].x - q[i].y + #q[i].s end
local p = { x = 1, y = 2 }
for i = 1, n do p = { x = p.x * 0.5 + p.y, y = p.x - i * 0.25 } end
print(s, p.x, p.y)";

fn sandbox_with_profile() -> Sandbox {
    let s = Sandbox::new();
    s.file("app.lua", PROGRAM);
    s.run(&kiln(), &["--profile-out", "app.kprof", "app.lua"]).succeeds();
    s
}

/// What code refers to other places by: names of relocations, and their numbers in ELF files.
struct Expected {
    target: &'static str,
    machine: u16,
    /// `e_flags` where the ABI of floats is a matter of them: doubles in registers, objects of version 1.
    flags: u32,
    code: &'static [(&'static str, u32)],
    /// Words in data, and the distances of tables of frames and lines.
    data: &'static [(&'static str, u32)],
}

const EXPECTED: [Expected; 3] = [
    Expected {
        target: "x86_64",
        machine: 62,
        flags: 0,
        code: &[("PC32", 2), ("PLT32", 4), ("GOTPCREL", 9), ("GOTPCRELX", 41), ("REX_GOTPCRELX", 42)],
        data: &[("64", 1), ("PC32", 2), ("32", 10)],
    },
    Expected {
        target: "aarch64",
        machine: 183,
        flags: 0,
        code: &[
            ("ADR_PREL_PG_HI21", 275),
            ("ADD_ABS_LO12_NC", 277),
            ("LDST8_ABS_LO12_NC", 278),
            ("JUMP26", 282),
            ("CALL26", 283),
            ("LDST16_ABS_LO12_NC", 284),
            ("LDST32_ABS_LO12_NC", 285),
            ("LDST64_ABS_LO12_NC", 286),
            ("LDST128_ABS_LO12_NC", 299),
            ("ADR_GOT_PAGE", 311),
            ("LD64_GOT_LO12_NC", 312),
        ],
        data: &[("ABS64", 257), ("ABS32", 258), ("PREL64", 260), ("PREL32", 261)],
    },
    Expected {
        target: "loongarch64",
        machine: 258,
        flags: 0x43,
        code: &[("B26", 66), ("PCALA_HI20", 71), ("PCALA_LO12", 72), ("GOT_PC_HI20", 75), ("GOT_PC_LO12", 76)],
        data: &[("32", 1), ("64", 2), ("32_PCREL", 99)],
    },
];

#[test]
fn objects_are_what_linkers_of_their_machine_expect() {
    let s = sandbox_with_profile();
    for e in &EXPECTED {
        s.aot(&[
            "build",
            "-q",
            "app.lua",
            "--profile",
            "app.kprof",
            "--emit",
            "obj",
            "--target",
            e.target,
            "-o",
            "a.o",
        ])
        .succeeds_silently();
        let object = s.read("a.o");
        let elf = Elf::parse(&object).expect("ELF");
        assert_eq!((elf.header.e_machine, elf.header.e_flags), (e.machine, e.flags), "{}", e.target);
        assert!(elf.little_endian && elf.is_64);
        let mut code = 0;
        for (i, list) in &elf.shdr_relocs {
            let header = &elf.section_headers[*i];
            let section = &elf.section_headers[header.sh_info as usize];
            let name = elf.shdr_strtab.get_at(section.sh_name).unwrap_or_default();
            let is_code = section.sh_flags & u64::from(goblin::elf::section_header::SHF_EXECINSTR) != 0;
            let allowed = if is_code { e.code } else { e.data };
            for r in list.iter() {
                code += usize::from(is_code);
                assert!(allowed.iter().any(|a| a.1 == r.r_type), "{}: relocation {} in {name}", e.target, r.r_type);
            }
        }
        assert!(code >= 20, "{}: only {code} relocations in code: was anything compiled?", e.target);
        let undefined: BTreeSet<&str> = elf
            .syms
            .iter()
            .filter(|s| s.st_shndx == 0 && s.st_name != 0)
            .filter_map(|s| elf.strtab.get_at(s.st_name))
            .collect();
        assert_eq!(undefined, BTreeSet::from(["rt_main"]), "{}", e.target);
    }
}

/// A product and a sum in one instruction are rounded once, and the interpreter rounds twice.
#[test]
fn no_product_and_sum_become_one_instruction() {
    let s = sandbox_with_profile();
    let builds = [
        ("x86_64", "x86-64-v3", "mulsd"),
        ("aarch64", "baseline", "fmul"),
        ("aarch64", "neoverse-n1", "fmul"),
        ("loongarch64", "baseline", "fmul.d"),
    ];
    for (target, cpu, product) in builds {
        let options = ["--emit", "asm", "--target", target, "--cpu", cpu, "-o", "a.s"];
        s.aot(&[&["build", "-q", "app.lua", "--profile", "app.kprof"][..], &options].concat()).succeeds_silently();
        let text = String::from_utf8(s.read("a.s")).expect("text");
        let mnemonics = || text.lines().filter_map(|l| l.strip_prefix('\t')?.split_whitespace().next());
        assert!(mnemonics().any(|m| m.ends_with(product)), "{target} {cpu}: no {product}");
        let fused = |m: &&str| {
            m.starts_with("vfm")
                || m.starts_with("vfn")
                || ["fmadd", "fmsub", "fnm", "fmla", "fmls"].iter().any(|f| m.starts_with(f))
        };
        assert_eq!(mnemonics().find(fused), None, "{target} {cpu}");
    }
}
