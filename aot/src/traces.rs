//! From a profile to objects: which trees are compiled, and how they are called.

use crate::target::Target;
use crate::{ll, lower};
use abi::hash::Fnv1a;
use ir::profile::Profile;
use ir::tree::{self, Tree};
use std::path::Path;

/// The compiled trees of a build.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Text for the image.
    pub text: String,
    /// Symbol of each tree.
    pub names: Vec<String>,
    /// Object of each tree.
    pub objects: Vec<Vec<u8>>,
}

/// Compiles the trees of a profile.
pub fn compile(target: &Target, file: &Path) -> Result<Compiled, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read '{}': {e}", file.display()))?;
    let (profile, wrong) = Profile::parse(&text).map_err(|e| format!("'{}': {e}", file.display()))?;
    for w in wrong {
        eprintln!("kiln build: warning: '{}': {w}", file.display());
    }
    let mut out = Compiled::default();
    for tree in profile.trees.into_values() {
        let name = name_of(&tree);
        let lowered = match lower::lower(&tree, &name, &crate::lines::Lines::default()) {
            Ok(l) => l,
            Err(why) => {
                eprintln!("kiln build: tree {} left out: {}", tree.key, why.0);
                continue;
            }
        };
        for (b, why) in &lowered.refused {
            eprintln!("kiln build: branch {b} of {} left out: {}", tree.key, why.0);
        }
        if std::env::var_os("KILN_LL").is_some() {
            std::fs::write(format!("{name}.ll"), &lowered.text).map_err(|e| e.to_string())?;
        }
        out.objects.push(ll::compile(target, &lowered.text)?);
        out.names.push(name);
        let compiled = tree::Compiled { tree, items: lowered.items, exits: lowered.exits };
        tree::write_compiled(&mut out.text, &compiled);
    }
    Ok(out)
}

fn name_of(tree: &Tree) -> String {
    let mut text = String::new();
    tree::write(&mut text, tree);
    format!("kiln_t{:016x}", Fnv1a::new().bytes(text.as_bytes()).finish())
}
