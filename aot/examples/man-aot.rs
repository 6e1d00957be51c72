//! Writes the manual pages of `kiln build`, `kiln rebuild`, `kiln inspect` and `luac` into a folder.

fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    std::fs::create_dir_all(&folder)?;
    let mut aot = aot::cli::command();
    aot.build();
    let mut commands = vec![luac::cli::command()];
    for (name, page) in [("build", "kiln-build"), ("rebuild", "kiln-rebuild"), ("inspect", "kiln-inspect")] {
        commands.extend(aot.find_subcommand(name).map(|c| c.clone().name(page).display_name(page)));
    }
    for command in commands {
        clap_mangen::Man::new(command).generate_to(&folder)?;
    }
    Ok(())
}
