//! Writes the manual pages of `kiln` into a folder.

#[path = "../src/cli/definition.rs"]
mod definition;

fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&folder)?;
    for command in [definition::kiln(), definition::run(), definition::explain()] {
        clap_mangen::Man::new(command).generate_to(&folder)?;
    }
    // With a page for each of its tools.
    clap_mangen::generate_to(definition::profile(), &folder)
}
