//! `knotwork completions`: for the shell.

use clap::Args;
use clap_complete::Shell;

use super::output;
use crate::failure::Failure;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "knotwork", &mut text);
        output::print_bytes(&text)
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork completions bash > ~/.local/share/bash-completion/completions/knotwork
  knotwork completions fish > ~/.config/fish/completions/knotwork.fish
  knotwork completions zsh > \"${fpath[1]}/_knotwork\"";
