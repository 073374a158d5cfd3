//! `cargo xtask localnet`: one command to a running system.

mod args;
mod control;
mod keeper;
mod show;
mod surge;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bulkhead_localnet::Localnet;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use args::Args;
use control::Command;
use keeper::Keeper;

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
    let folder = args.state_folder()?;
    println!("starting the chain, deploying the program, creating the markets");
    let begun = Instant::now();
    let net = Arc::new(Localnet::start(args.options()?).await?);
    println!("ready after {} ms", begun.elapsed().as_millis());
    net.wallets.write(&folder)?;
    show::write(&net, &folder)?;
    show::print(&net, &folder);
    let mut keeper = None;
    if let Some(program) = &args.keeper {
        let started = Keeper::start(program, &net, &folder)?;
        println!("the keeper {} runs; its log is {}", program.display(), started.log.display());
        keeper = Some(started);
    }
    println!("Ctrl-C stops everything; commands are read here, `help` lists them");
    let mut work = JoinSet::new();
    let crash = Arc::new(Notify::new());
    work.spawn(act(Arc::clone(&net), args, Arc::clone(&crash)));
    let outcome = attend(&net, &mut keeper, &mut work, &crash).await;
    println!("stopping");
    if let Some(keeper) = keeper {
        keeper.stop().await?;
    }
    work.shutdown().await;
    drop(net);
    println!("stopped");
    outcome
}

/// What happens on the chain by itself: the traders' positions, then the surge.
async fn act(net: Arc<Localnet>, args: Args, crash: Arc<Notify>) -> Result<()> {
    if args.traders > 0 && !net.is_past {
        let resting = net.open_resting_positions().await.context("the traders")?;
        println!("{} traders hold {} positions", args.traders, resting.len());
    }
    if let Some(count) = args.surge {
        let after = (!args.crash_on_command).then(|| Duration::from_secs(args.crash_after));
        let trigger = surge::Trigger { after, notice: crash };
        surge::run(net, args.surge_market.to_ascii_uppercase(), count, trigger).await?;
    }
    Ok(())
}

/// Until somebody stops it.
async fn attend(
    net: &Localnet,
    keeper: &mut Option<Keeper>,
    work: &mut JoinSet<Result<()>>,
    crash: &Notify,
) -> Result<()> {
    let mut lines = read_lines()?;
    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
            _ = terminated.recv() => return Ok(()),
            Some(done) = work.join_next() => {
                if let Err(error) = done? {
                    eprintln!("localnet: {error:#}");
                }
            }
            status = ended(keeper) => {
                let log = keeper.take().map(|keeper| keeper.log).unwrap_or_default();
                println!("the keeper ended by itself ({}); see {}", status?, log.display());
            }
            // The input's end stops nothing: a service has no input.
            Some(line) = lines.recv() => match line.parse() {
                Ok(Command::Quit) => return Ok(()),
                Ok(Command::Crash) => crash.notify_one(),
                Ok(command) => match control::run(net, &command).await {
                    Ok(said) => println!("{said}"),
                    Err(error) => println!("{error:#}"),
                },
                Err(_) if line.trim().is_empty() => {}
                Err(error) => println!("{error:#}"),
            },
        }
    }
}

/// The keeper's end; never, where there is none.
async fn ended(keeper: &mut Option<Keeper>) -> Result<std::process::ExitStatus> {
    match keeper {
        Some(keeper) => keeper.ended().await,
        None => std::future::pending().await,
    }
}

/// Lines of standard input as they come. On a thread of its own, which nothing waits for at the end: a read
/// from a terminal cannot be called off.
fn read_lines() -> Result<UnboundedReceiver<String>> {
    let (line, lines) = unbounded_channel();
    let read =
        move || std::io::stdin().lines().map_while(|read| read.ok()).all(|read| line.send(read).is_ok());
    thread::Builder::new().name("localnet-input".into()).spawn(read)?;
    Ok(lines)
}
