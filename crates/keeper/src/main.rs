//! `bulkhead-keeper`: keeps markets running. docs/keeper.md is its manual.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use bulkhead_keeper::config::Config;
use bulkhead_keeper::run::Keeper;
use bulkhead_keeper::{http, telemetry};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::info;

/// Keeps Bulkhead's markets running: updates, orders, liquidations
#[derive(Parser, Debug)]
#[command(name = "bulkhead-keeper", version)]
struct Args {
    /// Configuration; crates/keeper/keeper.example.toml shows every key
    #[arg(long, value_name = "FILE", default_value = "keeper.toml")]
    config: PathBuf,
    /// Check the configuration and the keypair, and end
    #[arg(long)]
    check_config: bool,
    /// Decide and simulate, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Do what is due now, and end
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<()> {
    let mut config = Config::load(&args.config)?;
    config.dry_run |= args.dry_run;
    let listen = config.http;
    telemetry::start_logs(&config.log)?;
    let keeper = Keeper::new(config)?;
    if args.check_config {
        println!("{} is valid", args.config.display());
        return Ok(());
    }
    let metrics = telemetry::start_metrics()?;
    if args.once {
        return keeper.once().await;
    }
    if let Some(address) = listen {
        let bound = http::serve(address, keeper.health(), metrics).await?;
        info!(address = %bound, "serving /healthz, /readyz and /metrics");
    }
    let (stop, stopped) = watch::channel(false);
    let mut terminated = signal(SignalKind::terminate()).context("signals")?;
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        info!("asked to end");
        let _ = stop.send(true);
        // Kept: a channel without its sender would look like another request.
        std::future::pending::<()>().await;
    });
    keeper.run(stopped).await
}
