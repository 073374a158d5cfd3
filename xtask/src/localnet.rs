//! `cargo xtask localnet`: a validator on this machine with the program, markets, prices, traders, a keeper and the
//! page.

use crate::{build, npm, process, repo::Repo};
use anyhow::{Context, Result};
use std::{env, os::unix::process::CommandExt, process::Command};

/// Said before the build, so that nobody takes its first ten minutes for a fault.
const FIRST_BUILD: &str = "building the local validator (the first time takes about ten minutes, afterwards it is a matter of seconds)";

/// Leaves the keeper out; the validator's own attendant does what a market needs then.
const NO_KEEPER: &str = "--no-keeper";
/// Leaves the page out.
const NO_PAGE: &str = "--no-page";
/// Where the page is served; the validator's own options come after these two.
const PAGE_PORT: &str = "--page-port";
const PAGE_PORT_DEFAULT: &str = "8080";
/// With these the caller has decided about keepers, or only asks.
const DECIDED: [&str; 4] = ["--keeper", "--no-attendant", "--help", "-h"];

pub(crate) fn command(repo: &Repo, args: &[String]) -> Result<()> {
    // Whoever only asks for the options need not wait for the program.
    let only_asks = args.iter().any(|arg| arg == "--help" || arg == "-h");
    if !only_asks {
        build::command(repo)?;
        build::stand_in(repo)?;
    }
    let (page_port, args) = page_port(args)?;
    println!("{FIRST_BUILD}");
    // The packages are selected as `cargo xtask test` does, so that both use the same compiled dependencies.
    let mut cargo = process::cargo(repo);
    cargo.args(["build", "--locked", "--workspace", "--exclude", "xtask", "--bin", "bulkhead-localnet"]);
    cargo.args(["--bin", "bulkhead-keeper"]);
    process::run(&mut cargo, "The local validator does not compile; the lines above say why.")?;
    if let Some(port) = page_port.filter(|_| !only_asks) {
        serve_page(repo, &port, &args)?;
    }
    // It runs where the caller is, so that relative paths mean what the caller meant.
    let mut localnet = Command::new(repo.built_binary("bulkhead-localnet"));
    localnet.args(args.iter().filter(|arg| *arg != NO_KEEPER));
    if wants_keeper(&args) {
        localnet.arg("--keeper").arg(repo.built_binary("bulkhead-keeper"));
    }
    process::forget_own_package(&mut localnet);
    // In the place of xtask: an interrupt goes to one process, and the prompt returns when that has stopped everything.
    Err(localnet.exec()).context("cannot start the local validator")
}

/// The port of the page, none if it is left out, and the arguments that are the validator's.
fn page_port(args: &[String]) -> Result<(Option<String>, Vec<String>)> {
    let mut port = Some(PAGE_PORT_DEFAULT.to_string());
    let mut rest = Vec::new();
    let mut all = args.iter();
    while let Some(arg) = all.next() {
        if arg == NO_PAGE {
            port = None;
        } else if arg == PAGE_PORT {
            port = Some(all.next().with_context(|| format!("{PAGE_PORT} is followed by a number"))?.clone());
        } else if let Some(number) = arg.strip_prefix(PAGE_PORT).and_then(|rest| rest.strip_prefix('=')) {
            port = Some(number.to_string());
        } else {
            rest.push(arg.clone());
        }
    }
    Ok((port, rest))
}

/// Starts the page's server. It looks up the validator's ports when it is asked, and ends with it.
fn serve_page(repo: &Repo, port: &str, args: &[String]) -> Result<()> {
    if !npm::has_node() {
        println!("the page is not served: that needs Node.js 20 or later, with npm");
        return Ok(());
    }
    npm::packages(repo)?;
    npm::build_page(repo)?;
    let named = args.iter().position(|arg| arg == "--state").and_then(|place| args.get(place + 1));
    let named =
        named.map(String::as_str).or_else(|| args.iter().find_map(|arg| arg.strip_prefix("--state=")));
    let state = match named {
        Some(dir) => env::current_dir()?.join(dir),
        None => repo.join("target/localnet"),
    };
    npm::page_server(repo, port, &state).spawn().context("cannot start the page's server")?;
    Ok(())
}

fn wants_keeper(args: &[String]) -> bool {
    let decides = |arg: &String| {
        let name = arg.split('=').next().unwrap_or(arg);
        name == NO_KEEPER || DECIDED.contains(&name)
    };
    !args.iter().any(decides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_port_unless_it_is_left_out() {
        let port = |args: &[&str]| {
            let args: Vec<_> = args.iter().map(|arg| arg.to_string()).collect();
            page_port(&args).map(|(port, rest)| (port, rest.join(" ")))
        };
        assert_eq!(port(&["--seed", "1"]).unwrap(), (Some("8080".into()), "--seed 1".into()));
        assert_eq!(port(&["--page-port", "0", "--surge=5"]).unwrap(), (Some("0".into()), "--surge=5".into()));
        assert_eq!(port(&["--page-port=9000"]).unwrap(), (Some("9000".into()), String::new()));
        assert_eq!(port(&["--no-page", "-h"]).unwrap(), (None, "-h".into()));
        assert!(port(&["--page-port"]).is_err());
    }

    #[test]
    fn a_keeper_runs_unless_the_caller_decides_otherwise() {
        let wants = |args: &[&str]| wants_keeper(&args.iter().map(|arg| arg.to_string()).collect::<Vec<_>>());
        assert!(wants(&[]) && wants(&["--surge", "100"]));
        let decided =
            [["--no-keeper"], ["--keeper=mine"], ["--keeper"], ["--no-attendant"], ["--help"], ["-h"]];
        assert!(decided.iter().all(|args| !wants(args)));
    }
}
