//! The validator: surfpool in this process, with JSON-RPC and websocket on 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use solana_pubkey::Pubkey;
use surfpool_core::runloops::start_local_surfnet_runloop;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::{SurfnetSvm, SurfnetSvmConfig};
use surfpool_types::{
    BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig,
};

use crate::hermes;

/// Mainnet's slot time since SIMD-0525.
pub const SLOT_MS: u64 = 200;
const HOST: &str = "127.0.0.1";
/// Starting takes half a second; a machine under load gets more.
const START_MAX: Duration = Duration::from_secs(30);
/// Both servers say when they have closed.
const SERVERS: usize = 2;
const STOP_MAX: Duration = Duration::from_secs(3);
/// Free ports are taken by asking for them twice, and somebody may come in between.
const FREE_PORT_TRIES: usize = 3;

/// What the chain starts with.
pub(crate) struct Genesis {
    /// The program's ELF.
    pub(crate) program: Vec<u8>,
    pub(crate) upgrade_authority: Pubkey,
    /// The ELF that stands in for Pyth's programs, where there is a Hermes.
    pub(crate) stand_in: Option<Vec<u8>>,
    /// Who has lamports, and how many.
    pub(crate) funded: Vec<Pubkey>,
    pub(crate) lamports: u64,
    /// File that keeps the accounts.
    pub(crate) ledger: Option<PathBuf>,
}

impl Genesis {
    /// Whether the chain is there already and only goes on.
    pub(crate) fn is_past(&self) -> bool {
        self.ledger.as_ref().is_some_and(|file| file.exists())
    }
}

/// A running validator; dropping it stops it and frees its ports.
pub(crate) struct Chain {
    pub(crate) locker: SurfnetSvmLocker,
    pub(crate) rpc_port: u16,
    pub(crate) ws_port: u16,
    commands: Sender<SimnetCommand>,
    stopped: Receiver<()>,
}

impl Chain {
    /// Starts it on these ports; zero stands for any free one.
    pub(crate) fn start(rpc_port: u16, ws_port: u16, genesis: &Genesis) -> Result<Self> {
        let mut tries = if rpc_port == 0 && ws_port == 0 { FREE_PORT_TRIES } else { 1 };
        loop {
            tries -= 1;
            let (rpc, ws) = ports(rpc_port, ws_port)?;
            match Self::start_on(rpc, ws, genesis) {
                Err(_) if tries > 0 => {}
                outcome => return outcome,
            }
        }
    }

    fn start_on(rpc_port: u16, ws_port: u16, genesis: &Genesis) -> Result<Self> {
        let config = config(rpc_port, ws_port);
        let simnet = &config.simnets[0];
        let svm_config = SurfnetSvmConfig {
            surfnet_id: simnet.surfnet_id.clone(),
            slot_time: simnet.slot_time,
            instruction_profiling_enabled: simnet.instruction_profiling_enabled,
            max_profiles: simnet.max_profiles,
            log_bytes_limit: simnet.log_bytes_limit,
            ..SurfnetSvmConfig::default()
        };
        let is_past = genesis.is_past();
        let ledger =
            genesis.ledger.as_ref().map(|file| file.to_str().context("the ledger's path")).transpose()?;
        let (svm, events, geyser_events) = SurfnetSvm::new_with_db(ledger, svm_config)
            .map_err(|error| anyhow!("surfpool does not start: {error}"))?;
        let locker = SurfnetSvmLocker::new(svm);
        for address in genesis.funded.iter().filter(|_| !is_past) {
            let funded = locker.airdrop(address, genesis.lamports);
            funded
                .map_err(|error| anyhow!("cannot fund {address}: {error:?}"))?
                .map_err(|failed| anyhow!("cannot fund {address}: {}", failed.err))?;
        }
        let (commands, received_commands) = unbounded();
        let (ready, stopped) = watch(events)?;
        let running = locker.clone();
        let own_commands = commands.clone();
        let authority = genesis.upgrade_authority;
        let mut programs = vec![(bulkhead::ID, genesis.program.clone())];
        let stand_in =
            genesis.stand_in.iter().flat_map(|elf| hermes::program_ids().map(|id| (id, elf.clone())));
        programs.extend(stand_in);
        if genesis.stand_in.is_some() && !is_past {
            locker.with_svm_writer(write_accounts)?;
        }
        let (failed_tx, failed) = bounded::<anyhow::Error>(1);
        let run = move || -> Result<()> {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            runtime.block_on(async {
                for (id, elf) in programs {
                    let deployed = running.write_program(id, Some(authority), 0, &elf, &None).await;
                    deployed.map_err(|error| anyhow!("program {id} does not load: {error}"))?;
                }
                start_local_surfnet_runloop(running, config, own_commands, received_commands, geyser_events)
                    .await
                    .map_err(|error| anyhow!("surfpool: {error}"))
            })
        };
        let thread = thread::Builder::new().name("localnet-chain".into());
        thread.spawn(move || {
            if let Err(error) = run() {
                // Nobody waits for it once the chain has started; the servers' end tells of it then.
                let _ = failed_tx.send(error);
            }
        })?;
        let chain = Self { locker, rpc_port, ws_port, commands, stopped };
        crossbeam_channel::select! {
            recv(ready) -> outcome => outcome.context("surfpool ended while it started")??,
            recv(failed) -> error => return Err(error?),
            default(START_MAX) => bail!("surfpool did not start within {} s", START_MAX.as_secs()),
        }
        Ok(chain)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if self.commands.send(SimnetCommand::Terminate(None)).is_ok() {
            // Two receipts, one of each server: the ports are free then.
            for _ in 0..SERVERS {
                if self.stopped.recv_timeout(STOP_MAX).is_err() {
                    break;
                }
            }
        }
    }
}

/// Accounts of Pyth's programs.
fn write_accounts(svm: &mut SurfnetSvm) -> Result<()> {
    let accounts = hermes::accounts(|bytes| svm.inner.minimum_balance_for_rent_exemption(bytes))?;
    for (address, account) in accounts {
        svm.set_account(&address, account).map_err(|error| anyhow!("{error}"))?;
    }
    Ok(())
}

fn config(rpc_port: u16, ws_port: u16) -> SurfpoolConfig {
    SurfpoolConfig {
        simnets: vec![SimnetConfig {
            offline_mode: true,
            remote_rpc_url: None,
            slot_time: SLOT_MS,
            block_production_mode: BlockProductionMode::Clock,
            // Would run every instruction of every transaction a second time.
            instruction_profiling_enabled: false,
            ..SimnetConfig::default()
        }],
        rpc: RpcConfig { bind_host: HOST.into(), bind_port: rpc_port, ws_port, ..RpcConfig::default() },
        ..SurfpoolConfig::default()
    }
}

/// Reads surfpool's events to the end, as it stops when nobody does; tells when it is ready and when each of
/// its servers has closed.
fn watch(events: Receiver<SimnetEvent>) -> Result<(Receiver<Result<()>>, Receiver<()>)> {
    let (ready, is_ready) = bounded(1);
    let (stopped, has_stopped) = unbounded();
    thread::Builder::new().name("localnet-events".into()).spawn(move || {
        // Once a chain is gone nobody listens, and what is left of its events still has to be read.
        for event in events {
            match event {
                SimnetEvent::CoreStarted(_) => drop(ready.try_send(Ok(()))),
                SimnetEvent::Aborted(reason) => drop(ready.try_send(Err(anyhow!("surfpool: {reason}")))),
                SimnetEvent::Shutdown => drop(stopped.send(())),
                _ => {}
            }
        }
    })?;
    Ok((is_ready, has_stopped))
}

/// The ports asked for, if they are free; for zero, free ones.
fn ports(rpc_port: u16, ws_port: u16) -> Result<(u16, u16)> {
    // Held until both are known, so that two free ones differ.
    let rpc = bind(rpc_port, "--rpc-port")?;
    let ws = bind(ws_port, "--ws-port")?;
    Ok((rpc.local_addr()?.port(), ws.local_addr()?.port()))
}

fn bind(port: u16, flag: &str) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!("{HOST}:{port} cannot be used: stop what listens there, or choose another port with {flag}")
    })
}
