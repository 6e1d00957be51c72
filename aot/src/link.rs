//! Links an object with the runtime archive through the system's C compiler.
//!
//! The compiler knows where start files and libc are; Kiln only names object, archive and the libraries that Rust's standard
//! library needs. Unused sections are dropped, which is most of the archive.
//!
//! For this machine libc is linked in where the compiler has it ([`Libc`]): looking up shared libraries, mapping them and relocating what refers to them
//! takes a third of the time that an executable needs to start.
//!
//! For another machine the compiler is, in this order: `--linker`, `KILN_CC`, an executable `cc` beside the runtime archive (`make cross` puts one there
//! where no package has a compiler), the compiler that Debian's package has.

use crate::plan::os_message;
use crate::target::Target;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a Rust static library needs on Linux. The unwinder, which only backtraces use, is linked in: one shared library less to look up and to
/// map at every start.
const LIBRARIES: &[&str] = &["-lgcc_eh", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];

/// Where libc comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Libc {
    /// Linked in if this machine is the target and its compiler has a static libc.
    #[default]
    Auto,
    /// Linked in.
    Static,
    /// Taken from the system when the program starts.
    Shared,
}

/// How to link.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// The compiler that links; `None` takes the target's own.
    pub linker: Option<OsString>,
    /// More arguments for it.
    pub extra: Vec<OsString>,
    /// Keeps the symbols of the runtime.
    pub keep_symbols: bool,
    /// Where libc comes from.
    pub libc: Libc,
    /// Prints the command to standard error.
    pub verbose: bool,
}

/// Links `object` and `archive` to the executable `output`. What comes back is worth saying.
pub fn link(
    target: &Target,
    object: &Path,
    archive: &Path,
    output: &Path,
    options: &LinkOptions,
) -> Result<Option<String>, String> {
    let own = Target::host() == Some(target);
    let asked = || std::env::var_os("KILN_CC").filter(|v| !v.is_empty());
    let linker = options.linker.clone().or_else(asked).unwrap_or_else(|| match (own, linker_beside(archive)) {
        (true, _) => "cc".into(),
        (false, Some(beside)) => beside.into_os_string(),
        (false, None) => target.cross_linker.into(),
    });
    let name = linker.to_string_lossy();
    let run = |statically: bool, script: Option<&Path>| {
        let mut command = Command::new(&linker);
        command.arg("-o").arg(output).arg(object).arg(archive).args([
            "-Wl,--gc-sections",
            "-Wl,--as-needed",
            "-Wl,-O1",
        ]);
        if target.arch == "loongarch64" {
            // What relaxation saves is small, and lld finds no end of it in some programs ("address assignment did not converge").
            command.arg("-Wl,--no-relax");
        }
        if !options.keep_symbols {
            command.arg("-Wl,-s");
        }
        if statically {
            command.arg("-static");
        }
        if let Some(script) = script {
            command.arg("-Wl,-T").arg(script);
        }
        command.args(&options.extra).args(LIBRARIES);
        if options.verbose {
            eprintln!("{command:?}");
        }
        let result = command.output().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                let package = if own { "gcc" } else { target.cross_package };
                format!(
                    "linker '{name}' not found: install it (Debian: apt install {package}) or name one with --linker"
                )
            }
            _ => format!("cannot start linker '{name}': {}", os_message(&e)),
        })?;
        if result.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&result.stderr);
        let text = text.trim_end();
        Err(format!("linker '{name}' failed ({}){}{text}", result.status, if text.is_empty() { "" } else { ":\n" }))
    };
    if options.libc == Libc::Shared || options.libc == Libc::Auto && !own {
        return run(false, None).map(|()| None);
    }
    let missing = options.libc == Libc::Auto && !has_static_libc(&linker);
    if !missing {
        let script = frameless(object, archive).filter(|_| !options.keep_symbols);
        // Not every linker knows such scripts.
        let done = match run(true, script.as_deref()) {
            Err(_) if script.is_some() => run(true, None),
            done => done,
        };
        if done.is_ok() || options.libc == Libc::Static {
            return done.map(|()| None);
        }
    }
    run(false, None)?;
    let why = if missing { "the linker has no libc.a" } else { "what is linked has no static libraries" };
    Ok(Some(format!("libc is not linked in, since {why}: the program starts a little later")))
}

/// Says whether a compiler has a libc to link in.
fn has_static_libc(linker: &OsString) -> bool {
    let said = Command::new(linker).arg("-print-file-name=libc.a").output().map(|o| o.stdout).unwrap_or_default();
    // One that has none repeats the name.
    Path::new(String::from_utf8_lossy(&said).trim_end()).is_absolute()
}

/// Writes a script that leaves out the tables of frames of what is known never to unwind: backtraces of panics alone would read them, and have no names
/// to show in what is stripped. They are a quarter of what libc adds.
fn frameless(object: &Path, archive: &Path) -> Option<PathBuf> {
    let script = object.with_extension("ld");
    let archives = [archive.file_name()?.to_str()?, "libc.a", "libm.a", "libm-*.a"];
    let sections = archives.map(|a| format!("*{a}:*(.eh_frame .gcc_except_table .gcc_except_table.*)")).join(" ");
    let text = format!("SECTIONS {{ /DISCARD/ : {{ {sections} }} }} INSERT AFTER .text;\n");
    std::fs::write(&script, text).is_ok().then_some(script)
}

/// Returns the compiler that lies beside the archive of another machine.
fn linker_beside(archive: &Path) -> Option<PathBuf> {
    // As a path with a folder: a bare name would be looked up among programs.
    let cc = std::path::absolute(archive).ok()?.with_file_name("cc");
    cc.is_file().then_some(cc)
}

/// Returns the archive of the runtime: the named one, that of `KILN_LIB` (a file or a folder), the installed one, or the one
/// that was built beside this program.
pub fn find_archive(target: &Target, named: Option<&Path>, no_jit: bool) -> Result<PathBuf, String> {
    // The smaller one lacks the trace compiler; with the other it is there and does nothing.
    let small = no_jit.then(|| find_file(target, named, "libruntime-nojit.a"));
    match small {
        Some(Ok(path)) => Ok(path),
        _ => find_file(target, named, "libruntime.a"),
    }
}

fn find_file(target: &Target, named: Option<&Path>, file: &str) -> Result<PathBuf, String> {
    if let Some(path) = named {
        return match std::fs::metadata(path) {
            Ok(m) if m.is_dir() => Err(format!("runtime archive '{}' is a directory", path.display())),
            Ok(_) => Ok(path.to_path_buf()),
            Err(e) => Err(format!("cannot read runtime archive '{}': {}", path.display(), os_message(&e))),
        };
    }
    let mut places = Vec::new();
    if let Some(lib) = std::env::var_os("KILN_LIB").map(PathBuf::from).filter(|p| !p.as_os_str().is_empty()) {
        places.extend([lib.join(target.triple).join(file), lib.join(file), lib]);
    } else if let Ok(exe) = std::env::current_exe().and_then(|e| e.canonicalize())
        && let Some(folder) = exe.parent()
        && let (Some(above), Some(profile)) = (folder.parent(), folder.file_name())
    {
        places.push(above.join("lib/kiln").join(target.triple).join(file));
        places.push(above.join(target.triple).join(profile).join(file));
        if Target::host() == Some(target) {
            places.push(folder.join(file));
        }
    }
    places.iter().find(|p| p.is_file()).cloned().ok_or_else(|| {
        let how = match Target::host() == Some(target) {
            true => "`make`",
            false => "`make cross`",
        };
        format!(
            "no runtime archive for {}: {how} in Kiln's source tree makes it (and `make install` installs it); \
             name one with --runtime-lib FILE, or set KILN_LIB to its folder",
            target.triple
        )
    })
}
