//! A keeper as a child process: started with a configuration for this chain, stopped before it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use bulkhead_localnet::Localnet;
use tokio::process::{Child, Command};

/// A keeper that has not ended by then is killed.
const STOP_MAX: Duration = Duration::from_secs(10);

pub(crate) struct Keeper {
    child: Child,
    pub(crate) log: PathBuf,
}

impl Keeper {
    /// Starts `program --config FOLDER/keeper.toml`; what it says goes to `FOLDER/keeper.log`.
    pub(crate) fn start(program: &Path, net: &Localnet, folder: &Path) -> Result<Self> {
        let config = folder.join("keeper.toml");
        fs::write(&config, configuration(net, folder)?)
            .with_context(|| format!("cannot write {}", config.display()))?;
        let log = folder.join("keeper.log");
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(program)
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log })
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Asks it to end, and waits.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(id) = self.child.id() {
            // The gentle signal: tokio knows only the other one.
            let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            asked.context("cannot start kill")?;
        }
        match tokio::time::timeout(STOP_MAX, self.child.wait()).await {
            Ok(status) => println!("the keeper has ended ({})", status?),
            Err(_) => {
                println!("the keeper did not end within {} s: killed", STOP_MAX.as_secs());
                self.child.kill().await?;
            }
        }
        Ok(())
    }
}

fn configuration(net: &Localnet, folder: &Path) -> Result<String> {
    let mut table = toml::Table::new();
    table.insert("rpc_url".into(), net.rpc_url.clone().into());
    table.insert("ws_url".into(), net.ws_url.clone().into());
    table.insert("keypair".into(), folder.join("keeper.json").display().to_string().into());
    if let Some(url) = &net.hermes_url {
        let hermes = toml::Table::from_iter([("url".to_owned(), toml::Value::from(url.as_str()))]);
        table.insert("hermes".into(), hermes.into());
    }
    // The duties that pay nothing are off by default; here nobody else does them.
    let enabled = toml::Table::from_iter([("enabled".to_owned(), toml::Value::from(true))]);
    let unpaid = ["refresh", "collect_fees"].map(|duty| (duty.to_owned(), enabled.clone().into()));
    table.insert("duties".into(), toml::Table::from_iter(unpaid).into());
    let written = toml::to_string(&table)?;
    Ok(format!("# Written anew at every start of the local chain.\n{written}"))
}
