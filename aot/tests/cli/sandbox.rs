//! A folder of its own for a test, with a small runtime archive; starts programs in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Stands for the runtime: shows that `main` passes image and arguments on, and that its result is the exit status.
const RUNTIME: &str = r#"
#include <stdio.h>
struct image { char magic[8]; };
int rt_main(int argc, char **argv, const struct image *image)
{
    printf("%s ", image->magic);
    for (int i = 1; i < argc; i++)
        printf("%s|", argv[i]);
    printf("\n");
    return 7;
}
"#;

pub struct Sandbox {
    folder: PathBuf,
}

/// What a program left behind.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn new(output: Output) -> Ran {
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn succeeds(self) -> Ran {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self
    }

    pub fn succeeds_silently(self) -> Ran {
        assert_eq!((self.status, &*self.stdout, &*self.stderr), (0, "", ""));
        self
    }

    pub fn fails_with(self, message: &str) -> Ran {
        assert_eq!(self.status, 1, "{}", self.stderr);
        let first = self.stderr.lines().find(|l| !l.contains("warning")).unwrap_or_default();
        let text = first.split_once(": ").map_or("", |(_, text)| text);
        assert!(text.starts_with(message), "expected '{message}', got: {}", self.stderr);
        self
    }
}

impl Sandbox {
    pub fn new() -> Sandbox {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{n}", std::process::id()));
        std::fs::create_dir_all(folder.join("tmp")).expect("a folder for the test");
        std::fs::create_dir_all(folder.join("work")).expect("a folder for the test");
        let s = Sandbox { folder };
        std::fs::write(s.folder.join("rt.c"), RUNTIME).expect("write");
        let made = Command::new("sh")
            .args(["-c", "cc -c -o rt.o rt.c && ar rcs work/libruntime.a rt.o"])
            .current_dir(&s.folder)
            .status()
            .expect("sh");
        assert!(made.success(), "these tests need cc and ar");
        s
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join("work").join(name)
    }

    pub fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("folder");
        std::fs::write(path, text).expect("write");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("read")
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).expect("remove");
    }

    /// Asserts which files the folder holds.
    pub fn has_only(&self, names: &[&str]) {
        assert_eq!(names_in(&self.path("")), names);
    }

    /// Returns what is left in the folder for temporary files.
    pub fn temporary_files(&self) -> Vec<String> {
        names_in(&self.folder.join("tmp"))
    }

    /// Returns a program to be started in the folder.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env("TMPDIR", self.folder.join("tmp"))
            .env_remove("LUA_PATH");
        command.env("XDG_CACHE_HOME", self.folder.join("cache"));
        command.env("LC_ALL", "C").env("KILN_LIB", self.path("no-such-folder")).stdin(Stdio::null());
        command
    }

    /// Starts a program in the folder.
    pub fn run(&self, program: &Path, arguments: &[&str]) -> Ran {
        Ran::new(self.command(program, arguments).output().expect("start"))
    }

    /// Starts an executable in the folder with options in its environment.
    pub fn run_with(&self, options: &str, program: &Path, arguments: &[&str]) -> Ran {
        Ran::new(self.command(program, arguments).env("KILN_OPTIONS", options).output().expect("start"))
    }

    /// Starts a program in a folder below.
    pub fn run_in(&self, folder: &str, program: &Path, arguments: &[&str]) -> Ran {
        Ran::new(self.command(program, arguments).current_dir(self.path(folder)).output().expect("start"))
    }

    /// Starts `kiln-aot`.
    pub fn aot(&self, arguments: &[&str]) -> Ran {
        self.run(Path::new(env!("CARGO_BIN_EXE_kiln-aot")), arguments)
    }

    /// Starts `kiln-aot` with a full disk as standard output.
    pub fn aot_full(&self, arguments: &[&str]) -> Ran {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let child = self
            .command(Path::new(env!("CARGO_BIN_EXE_kiln-aot")), arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .expect("start");
        Ran::new(child.wait_with_output().expect("wait"))
    }

    /// Starts `kiln-aot build` with the real runtime, which is built first.
    pub fn build_real(&self, arguments: &[&str]) -> Ran {
        let archive = real_runtime().to_str().expect("a path that is text");
        self.aot(&[&["build", "--runtime-lib", archive], arguments].concat())
    }

    /// Starts `kiln-aot build` with the small runtime and without a summary.
    pub fn build(&self, arguments: &[&str]) -> Ran {
        self.aot(&[&["build", "--quiet", "--runtime-lib", "libruntime.a"], arguments].concat())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A test's folder that stays is below the build folder, and does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Builds `libruntime.a` and `kiln` beside `kiln-aot`, in the same profile; returns the archive's path.
pub fn real_runtime() -> &'static Path {
    static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_BIN_EXE_kiln-aot")).parent().expect("a folder");
        let profile = match folder.file_name().and_then(|n| n.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "-q", "-p", "runtime", "--profile", profile, "--target-dir"])
            .arg(folder.parent().expect("a target folder"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo");
        assert!(built.success(), "the runtime does not build");
        folder.join("libruntime.a")
    })
}

/// Returns the real `kiln`, of the same build.
pub fn kiln() -> PathBuf {
    real_runtime().with_file_name("kiln")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("folder");
    let mut names: Vec<_> = entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
