//! Tests of directives, by cases and against the oracle.

use super::*;
use crate::oracle::{Random, literal, luajit};

fn format(format: &str, n: f64) -> String {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some((piece, next)) = next_piece(format.as_bytes(), at) {
        at = next;
        match piece {
            Piece::Literal(text) => out.extend_from_slice(text),
            Piece::Invalid(text) => return format!("invalid {}", String::from_utf8_lossy(text)),
            Piece::Directive(d) => match d.conversion {
                Conversion::Int => put_int(&mut out, &d, to_i64(n) as u64),
                Conversion::Uint | Conversion::Hex | Conversion::Octal => put_int(&mut out, &d, to_u64(n)),
                Conversion::Char => put_char(&mut out, &d, n as u8),
                Conversion::Str => put_str(&mut out, &d, b"string"),
                Conversion::Quoted => put_quoted(&mut out, b"a\n\0b\x011\x7f"),
                Conversion::Pointer => put_pointer(&mut out, n as u64),
                _ => put_float(&mut out, &d, n),
            },
        }
    }
    String::from_utf8(out).expect("text")
}

#[test]
fn cases() {
    assert_eq!(format("100%% %5d|%-5d|%05d|%+d", 42.0), "100%    42|42   |00042|+42");
    assert_eq!(format("%x %X %#x %o %#o", 255.0), "ff FF 0xff 377 0377");
    assert_eq!(format("%.3f %e %g %G", 1e-10), "0.000 1.000000e-10 1e-10 1E-10");
    assert_eq!(format("%g %#g %.3g %.10g", 123456.0), "123456 123456. 1.23e+05 123456");
    assert_eq!(format("%g|%#.3g|%.0f|%#.0f", 0.0), "0|0.00|0|0.");
    assert_eq!(format("%5.1f|%05.1f|%-6.1f|", f64::INFINITY), "  inf|  inf|inf   |");
    assert_eq!(format("%f% f%+f", f64::NAN), "nan nannan");
    assert_eq!(format("%a %.2a", 0.1), "0x1.999999999999ap-4 0x1.9ap-4");
    assert_eq!(format("%d %u", -1.0), "-1 18446744073709551615");
    assert_eq!(format("%10.3s|%q", 0.0), "       str|\"a\\\n\\0b\\0011\\127\"");
    assert_eq!(format("%p %p", 0.0), "NULL NULL");
    assert_eq!(format("%p", 4096.0), "0x00001000");
    assert_eq!(format("%y", 0.0), "invalid %y");
    assert_eq!(format("%123d", 0.0), "invalid %123");
    assert_eq!(format("%", 0.0), "invalid %");
    assert_eq!(format("%.0f %.0e %.1g", 9.5), "10 1e+01 1e+01");
    assert_eq!(format("%.0f %.0e %.1g", 2.5), "3 3e+00 3");
    assert_eq!(format("%.14g %.1f", 1000000000000.25), "1000000000000.3 1000000000000.3");
    assert_eq!(format("%.2e %.1f", 125500000.0), "1.26e+08 125500000.0");
    assert_eq!(format("%.99f", 1e308).len(), 309 + 1 + 99);
}

#[test]
fn random_directives_format_like_the_oracle() {
    let mut random = Random(0xdead_beef_1234_5677);
    let flags = ["", "-", "+", "0", " ", "#", "-0", "+#", "# ", "0#"];
    let widths = ["", "1", "7", "20", "45"];
    let precisions = ["", ".", ".0", ".1", ".3", ".7", ".13", ".14", ".17", ".40", ".99"];
    let specials = [
        0.0,
        -0.0,
        0.5,
        1.5,
        2.5,
        0.125,
        1e15,
        1e16,
        123456789.0,
        9.5,
        99.5,
        0.95,
        1e100,
        5e-324,
        f64::MAX,
        0.1,
        1e22,
        1e23,
        -2147483648.5,
    ];
    let mut program = "local cases = {\n".to_owned();
    let mut expected = Vec::new();
    for i in 0..20000 {
        let letter = random.pick(b"diuxXoaAeEfFgGgef") as char;
        let directive = format!("%{}{}{}{letter}", random.pick(&flags), random.pick(&widths), random.pick(&precisions));
        let n = match i % 6 {
            0 => random.pick(&specials),
            1 => random.below(1_000_000) as f64 / 1000.0,
            4 => (random.below(1 << 53) >> random.below(53)) as f64 / (1u64 << random.below(20)) as f64,
            5 => (random.below(20000) * 5) as f64 * 10f64.powi(random.below(18) as i32),
            2 => (random.below(1 << 40) as f64 - (1u64 << 39) as f64) / 8.0,
            _ => f64::from_bits(random.below(1 << 53) << 11 | random.below(1 << 11)),
        };
        if n.is_nan() || n.is_infinite() {
            continue;
        }
        program += &format!("{}, {n:e},\n", literal(directive.as_bytes()));
        expected.push((format(&directive, n), directive, n));
    }
    program += "}\nfor i = 1, #cases, 2 do print(string.format(cases[i], cases[i+1])) end";
    // More constants than one function may hold are not met: they are in one table.
    let Some(got) = luajit(&program) else { return };
    let got = String::from_utf8(got).expect("the oracle prints ASCII");
    assert_eq!(got.lines().count(), expected.len());
    for ((ours, directive, n), theirs) in expected.iter().zip(got.lines()) {
        assert_eq!(ours, theirs, "{directive} of {n:e}");
    }
}
