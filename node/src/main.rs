//! The daemon and the command line of Knotwork: the one place where the parts meet.

mod addresses;
mod caller;
mod cli;
mod clock;
mod config;
mod daemon;
mod demo;
mod deriving;
mod driver;
mod failure;
mod folder;
mod keys;
mod logging;
mod measurements;
mod membership;
mod opening;
mod private_file;
mod reach;
mod voice;

fn main() -> std::process::ExitCode {
    private_file::keep_to_owner();
    cli::main()
}
