//! Finds the file of a module, as `require` would.
//!
//! Each template of the search path is tried as it stands (relative to the current folder) and, if relative, below the
//! script's folder. The file name that was found is the chunk name that messages show, so messages read as they do when the
//! program is run from source.
//!
//! Absent: modules in C; `package.path` as the program changes it (`--path` says the same).

use abi::paths::LUA_PATH;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Modules that the runtime has, or that `require` answers without a file.
const BUILTIN: &[&[u8]] = &[
    b"_G",
    b"bit",
    b"coroutine",
    b"debug",
    b"ffi",
    b"io",
    b"jit",
    b"math",
    b"os",
    b"package",
    b"string",
    b"string.buffer",
    b"table",
    b"table.clear",
    b"table.new",
];

/// Says whether the runtime itself has the module.
pub fn is_builtin(name: &[u8]) -> bool {
    BUILTIN.contains(&name) || name.starts_with(b"jit.")
}

/// Where modules are looked for.
#[derive(Debug, Default)]
pub struct Finder {
    templates: Vec<Vec<u8>>,
    named: BTreeMap<Vec<u8>, PathBuf>,
}

impl Finder {
    /// Makes a finder for a script. `paths` are more templates, tried first; `lua_path` is the value of `LUA_PATH`.
    pub fn new(script: &Path, paths: &[Vec<u8>], lua_path: Option<&OsStr>) -> Finder {
        let default = LUA_PATH.as_bytes();
        let base = match lua_path {
            Some(path) => expand_default(path.as_bytes(), default),
            None => default.to_vec(),
        };
        let folder = script.parent().filter(|p| !p.as_os_str().is_empty() && *p != Path::new("."));
        let mut templates = Vec::new();
        let all = paths.iter().map(Vec::as_slice).chain([base.as_slice()]);
        for template in all.flat_map(|p| p.split(|&b| b == b';')).filter(|t| !t.is_empty()) {
            let mut add = |t: Vec<u8>| {
                if !templates.contains(&t) {
                    templates.push(t);
                }
            };
            add(template.to_vec());
            if let (Some(folder), true) = (folder, !template.starts_with(b"/")) {
                let relative = template.strip_prefix(b"./").unwrap_or(template);
                add(folder.join(OsStr::from_bytes(relative)).into_os_string().into_vec());
            }
        }
        Finder { templates, named: BTreeMap::new() }
    }

    /// Says where a module is, before any search.
    pub fn name(&mut self, module: Vec<u8>, path: PathBuf) {
        self.named.insert(module, path);
    }

    /// Names every `.lua` file below `folder` after its place: `a/b.lua` is `a.b`, `a/init.lua` is `a`.
    pub fn include(&mut self, folder: &Path) -> Result<usize, String> {
        let mut count = 0;
        for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|e| match e.io_error() {
                Some(io) => format!("cannot read '{}': {io}", e.path().unwrap_or(folder).display()),
                None => e.to_string(),
            })?;
            let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            if entry.file_type().is_dir() || relative.extension() != Some(OsStr::new("lua")) {
                continue;
            }
            if let Some(name) = module_name(relative) {
                self.name(name, entry.path().to_path_buf());
                count += 1;
            }
        }
        Ok(count)
    }

    /// Returns the modules named before, in order of their names.
    pub fn named(&self) -> impl Iterator<Item = &[u8]> {
        self.named.keys().map(Vec::as_slice)
    }

    /// Returns the modules named before with their files.
    pub fn files(&self) -> impl Iterator<Item = (&[u8], &Path)> {
        self.named.iter().map(|(n, f)| (n.as_slice(), f.as_path()))
    }

    /// Returns the search path as `LUA_PATH` has it.
    pub fn path(&self) -> Vec<u8> {
        self.templates.join(&b';')
    }

    /// Returns the file of a module.
    pub fn find(&self, module: &[u8]) -> Option<PathBuf> {
        if let Some(path) = self.named.get(module) {
            return Some(path.clone());
        }
        let file: Vec<u8> = module.iter().map(|&b| if b == b'.' { b'/' } else { b }).collect();
        self.templates.iter().map(|t| PathBuf::from(OsStr::from_bytes(&substitute(t, &file)))).find(|p| p.is_file())
    }
}

/// Replaces `;;` by the default path.
fn expand_default(path: &[u8], default: &[u8]) -> Vec<u8> {
    match path.windows(2).position(|w| w == b";;") {
        Some(i) => [&path[..i], default, &path[i + 2..]].join(&b';'),
        None => path.to_vec(),
    }
}

fn substitute(template: &[u8], file: &[u8]) -> Vec<u8> {
    template.split(|&b| b == b'?').collect::<Vec<_>>().join(file)
}

fn module_name(relative: &Path) -> Option<Vec<u8>> {
    let stem = relative.with_extension("");
    let mut parts: Vec<&[u8]> = stem.iter().map(OsStrExt::as_bytes).collect();
    if parts.last() == Some(&&b"init"[..]) {
        parts.pop();
    }
    (!parts.is_empty()).then(|| parts.join(&b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_names_of_files() {
        let name = |p: &str| module_name(Path::new(p)).map(|n| String::from_utf8(n).expect("ASCII"));
        assert_eq!(name("a/b.lua").as_deref(), Some("a.b"));
        assert_eq!(name("a/init.lua").as_deref(), Some("a"));
        assert_eq!(name("init.lua"), None);
    }

    #[test]
    fn templates_below_the_script() {
        let finder = Finder::new(Path::new("src/app.lua"), &[b"lib/?.lua".to_vec()], Some(OsStr::new("./?.lua;/x/?")));
        let shown: Vec<_> = finder.templates.iter().map(|t| String::from_utf8_lossy(t)).collect();
        assert_eq!(shown, ["lib/?.lua", "src/lib/?.lua", "./?.lua", "src/?.lua", "/x/?"]);
    }

    #[test]
    fn two_semicolons_are_the_default_path() {
        assert_eq!(expand_default(b"a;;b", b"d;e"), b"a;d;e;b");
        assert_eq!(expand_default(b"a;b", b"d"), b"a;b");
    }
}
