//! Sibling calls are not emitted at opt-level 0: there the handlers run behind a trampoline.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(trampoline)");
    println!("cargo::rerun-if-changed=build.rs");
    let threaded =
        matches!(std::env::var("CARGO_CFG_TARGET_ARCH").as_deref(), Ok("x86_64" | "aarch64" | "loongarch64"));
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|o| o != "0");
    if !threaded || !optimised || std::env::var_os("KILN_TRAMPOLINE").is_some() {
        println!("cargo::rustc-cfg=trampoline");
    }
    println!("cargo::rerun-if-env-changed=KILN_TRAMPOLINE");
}
