//! Names of processors that code may be compiled for, and whether this machine runs such code.
//!
//! Precompiled code for another processor than this is not used: an instruction that the machine lacks would end the process.

/// Runs on every machine of a target.
pub const BASELINE: &str = "baseline";

/// How the manifest of an image begins the line that names its processor.
pub const FACT: &str = "option cpu ";

/// Returns the processor that an image's code is for.
pub fn of_manifest(manifest: &[u8]) -> &str {
    let named = manifest.split(|b| *b == b'\n').find_map(|l| l.strip_prefix(FACT.as_bytes()));
    named.and_then(|n| std::str::from_utf8(n).ok()).unwrap_or(BASELINE)
}

/// Says whether this machine has all that code for a processor may use.
#[cfg(target_arch = "x86_64")]
pub fn runs(name: &str) -> bool {
    macro_rules! has {
        ($($feature:tt)*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
    }
    let second = || has!("cmpxchg16b" "popcnt" "sse3" "ssse3" "sse4.1" "sse4.2");
    match name {
        BASELINE => true,
        "x86-64-v2" => second(),
        "x86-64-v3" => second() && has!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe"),
        _ => false,
    }
}

/// Says whether this machine has all that code for a processor may use. Whoever asked for more than the baseline of another target knows.
#[cfg(not(target_arch = "x86_64"))]
pub fn runs(_name: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_manifests_say() {
        assert_eq!(of_manifest(b"kiln 1\noption cpu x86-64-v3\noption level 2\n"), "x86-64-v3");
        assert_eq!(of_manifest(b"kiln 1\n"), BASELINE);
        assert!(runs(BASELINE));
        assert_eq!(runs("no such processor"), cfg!(not(target_arch = "x86_64")));
    }
}
