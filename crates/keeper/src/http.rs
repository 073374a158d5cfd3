//! /healthz, /readyz and /metrics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::telemetry;

/// The engine makes a round ten times a second. Without one for so long it hangs.
const BEAT_MAX: Duration = Duration::from_secs(10);

/// How the keeper is.
#[derive(Debug)]
pub struct Health {
    begun: Instant,
    beat_ms: AtomicU64,
    is_fed: AtomicBool,
    is_funded: AtomicBool,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            beat_ms: AtomicU64::new(0),
            is_fed: AtomicBool::new(false),
            is_funded: AtomicBool::new(false),
        }
    }
}

impl Health {
    /// The engine has made a round.
    pub fn beat(&self) {
        self.beat_ms.store(self.millis(), Relaxed);
        telemetry::ready(self.ready().is_ok());
    }

    /// Whether the chain is followed.
    pub fn set_fed(&self, is_fed: bool) {
        self.is_fed.store(is_fed, Relaxed);
    }

    /// Whether the wallet holds enough.
    pub fn set_funded(&self, is_funded: bool) {
        self.is_funded.store(is_funded, Relaxed);
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether it runs at all: if not, restart it.
    pub fn alive(&self) -> Result<(), &'static str> {
        let since = Duration::from_millis(self.millis().saturating_sub(self.beat_ms.load(Relaxed)));
        if since < BEAT_MAX { Ok(()) } else { Err("the engine has made no round for ten seconds") }
    }

    /// Whether it does its work: if not, see the runbook.
    pub fn ready(&self) -> Result<(), &'static str> {
        self.alive()?;
        if !self.is_fed.load(Relaxed) {
            return Err("the chain is not followed");
        }
        if self.is_funded.load(Relaxed) {
            Ok(())
        } else {
            Err("the wallet holds too little, or is not read yet")
        }
    }
}

#[derive(Clone)]
struct Served {
    health: Arc<Health>,
    metrics: PrometheusHandle,
}

/// Serves on `address` for as long as the process lives; returns what it listens on.
pub async fn serve(
    address: SocketAddr,
    health: Arc<Health>,
    metrics: PrometheusHandle,
) -> Result<SocketAddr> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("http: cannot listen on {address}"))?;
    let bound = listener.local_addr()?;
    let served = Served { health, metrics };
    let answer = |outcome: Result<(), &'static str>| match outcome {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    };
    let router = Router::new()
        .route(
            "/healthz",
            get(move |State(served): State<Served>| async move { answer(served.health.alive()) }),
        )
        .route(
            "/readyz",
            get(move |State(served): State<Served>| async move { answer(served.health.ready()) }),
        )
        .route("/metrics", get(|State(served): State<Served>| async move { served.metrics.render() }))
        .with_state(served);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(bound)
}
