//! `bulkhead`: the command line.

use std::process::ExitCode;

use bulkhead_cli::args::Cli;
use bulkhead_cli::{output, run};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.globals.output;
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&error, format);
            ExitCode::from(error.exit_code())
        }
    }
}
