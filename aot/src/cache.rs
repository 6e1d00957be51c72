//! Compiled trees of earlier builds, by what they were made of.
//!
//! An entry's file holds the key (the lowered text and everything else that the object depends on), then the object and a checksum. Its name
//! is a hash of the key; the key itself is compared, so that no hash has to be trusted. Because the key is what LLVM is given, a change
//! of Kiln that lowers a tree otherwise is another key, and a tree whose counts alone changed is the same.
//!
//! ```text
//! magic[8] key_len:u64 object_len:u64 checksum:u64 key object        (little endian)
//! ```
//!
//! Invariant: nothing in the folder is believed: what does not fit is as if it were not there, and is written anew.
//! Invariant: entries appear by renaming, whole or not at all. Builds at the same time do not disturb each other.
//! Invariant: a cache that cannot be used costs time, never the build.

use crate::ll::{self, Level, Settings};
use abi::hash::Sum;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

const MAGIC: &[u8; 8] = b"KilnObj1";
const HEAD: usize = 32;
/// Bytes that the folder may hold; beyond, what was not used for the longest time goes, down to three quarters.
pub const LIMIT: u64 = 256 << 20;

/// A folder of compiled trees.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    prefix: String,
    stored: AtomicU64,
}

/// Returns the folder that is used if none is named: `kiln` in `XDG_CACHE_HOME` or in `~/.cache`.
pub fn default_folder() -> Option<PathBuf> {
    let absolute = |v: Option<OsString>| v.map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute(std::env::var_os("XDG_CACHE_HOME"));
    let base = base.or_else(|| absolute(std::env::var_os("HOME")).map(|h| h.join(".cache")))?;
    Some(base.join("kiln"))
}

impl Cache {
    /// Opens a folder, made if it is not there. Says why not.
    pub fn open(folder: &Path, settings: Settings) -> Result<Cache, String> {
        let fail = |e: std::io::Error| format!("cache '{}': {}", folder.display(), crate::plan::os_message(&e));
        fs::create_dir_all(folder).map_err(fail)?;
        let prefix = format!(
            "kiln {}\nllvm {}\ntarget {}\ncpu {} {}\n{}\n",
            env!("CARGO_PKG_VERSION"),
            ll::version(),
            settings.target.triple,
            settings.cpu.llvm,
            settings.cpu.features,
            crate::prelude::of(settings.cpu.rounding)
        );
        Ok(Cache { folder: folder.to_path_buf(), prefix, stored: AtomicU64::new(0) })
    }

    fn file(&self, key: &[u8]) -> PathBuf {
        let one = Sum::new().bytes(key).finish();
        let two = Sum::new().u64(one).bytes(key).finish();
        self.folder.join(format!("{one:016x}{two:016x}.o"))
    }

    fn key(&self, text: &str, level: Level) -> Vec<u8> {
        format!("{}level {}\n{}\n{text}", self.prefix, level.number(), ll::recipe(level)).into_bytes()
    }

    /// Returns the object of a lowered tree.
    pub fn find(&self, text: &str, level: Level) -> Option<Vec<u8>> {
        let key = self.key(text, level);
        let file = self.file(&key);
        let bytes = fs::read(&file).ok()?;
        let word = |i: usize| Some(u64::from_le_bytes(bytes.get(8 * i..8 * i + 8)?.try_into().ok()?));
        let object = bytes.get(HEAD..)?.strip_prefix(key.as_slice())?;
        let fits = bytes.starts_with(MAGIC)
            && word(1)? == key.len() as u64
            && word(2)? == object.len() as u64
            && word(3)? == Sum::new().bytes(object).finish();
        if !fits {
            return None;
        }
        // When it was used; a folder that is not ours to write keeps its order.
        let _ = fs::File::options().append(true).open(&file).and_then(|f| f.set_modified(SystemTime::now()));
        Some(object.to_vec())
    }

    /// Keeps an object. What cannot be written is not kept.
    pub fn keep(&self, text: &str, level: Level, object: &[u8]) {
        let key = self.key(text, level);
        let mut bytes = MAGIC.to_vec();
        for n in [key.len() as u64, object.len() as u64, Sum::new().bytes(object).finish()] {
            bytes.extend_from_slice(&n.to_le_bytes());
        }
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(object);
        let file = self.file(&key);
        let n = self.stored.fetch_add(1, Ordering::Relaxed);
        let part = self.folder.join(format!("{}-{n}.part", std::process::id()));
        if fs::write(&part, &bytes).and_then(|()| fs::rename(&part, &file)).is_err() {
            // It may not exist.
            let _ = fs::remove_file(&part);
        }
    }

    /// Removes what was not used for the longest time if the folder holds more than `limit` bytes; returns how many entries.
    pub fn trim(&self, limit: u64) -> usize {
        if self.stored.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        let Ok(entries) = fs::read_dir(&self.folder) else { return 0 };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .flatten()
            .filter(|e| matches!(e.path().extension().and_then(|x| x.to_str()), Some("o" | "part")))
            .filter_map(|e| {
                let m = e.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((m.modified().ok()?, m.len(), e.path()))
            })
            .collect();
        let mut size: u64 = files.iter().map(|f| f.1).sum();
        if size <= limit {
            return 0;
        }
        files.sort();
        let mut removed = 0;
        for (_, bytes, path) in files {
            if size <= limit / 4 * 3 {
                break;
            }
            removed += usize::from(fs::remove_file(path).is_ok());
            size -= bytes;
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::TARGETS;
    use Level::O2;

    struct Folder(PathBuf);
    impl Drop for Folder {
        fn drop(&mut self) {
            // A folder that stays is below the system's temporary one.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn folder(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("kiln-cache-test-{}-{name}", std::process::id())))
    }

    #[test]
    fn what_was_kept_is_found_for_the_same_settings() {
        let f = folder("same");
        let settings = Settings::of(&TARGETS[0]);
        let cache = Cache::open(&f.0, settings).expect("a folder");
        assert_eq!(cache.find("text", O2), None);
        cache.keep("text", O2, b"object");
        assert_eq!(cache.find("text", O2).as_deref(), Some(&b"object"[..]));
        assert_eq!(cache.find("texu", O2), None);
        assert_eq!(cache.find("text", Level::O3), None);
        let target = Cache::open(&f.0, Settings::of(&TARGETS[1])).expect("a folder");
        assert_eq!(target.find("text", O2), None);
    }

    #[test]
    fn damaged_entries_are_not_there() {
        let f = folder("damaged");
        let cache = Cache::open(&f.0, Settings::of(&TARGETS[0])).expect("a folder");
        cache.keep("text", O2, b"object");
        let file = cache.file(&cache.key("text", O2));
        let whole = fs::read(&file).expect("entry");
        for n in 0..whole.len() {
            fs::write(&file, &whole[..n]).expect("write");
            assert_eq!(cache.find("text", O2), None, "{n} bytes");
            let mut bytes = whole.clone();
            bytes[n] ^= 0x10;
            fs::write(&file, &bytes).expect("write");
            assert_eq!(cache.find("text", O2), None, "byte {n}");
        }
        cache.keep("text", O2, b"object");
        assert!(cache.find("text", O2).is_some());
    }

    #[test]
    fn the_folder_stays_small() {
        let f = folder("small");
        let cache = Cache::open(&f.0, Settings::of(&TARGETS[0])).expect("a folder");
        for i in 0..20 {
            cache.keep(&format!("text {i:02}"), O2, &[7; 1000]);
            let file = cache.file(&cache.key(&format!("text {i:02}"), O2));
            let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 + i);
            fs::File::options().append(true).open(file).and_then(|f| f.set_modified(old)).expect("time");
        }
        assert_eq!(cache.trim(1 << 20), 0);
        assert!(cache.find("text 00", O2).is_some(), "it was used, so it stays");
        assert!(cache.trim(12_000) >= 11);
        assert!(
            cache.find("text 00", O2).is_some()
                && cache.find("text 01", O2).is_none()
                && cache.find("text 19", O2).is_some()
        );
    }
}
