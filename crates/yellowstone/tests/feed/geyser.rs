//! A Geyser server over the chain: filters as the plugin's, a token, pings, and replays if it keeps any.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use anchor_lang::prelude::Pubkey;
use futures_util::Stream;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use yellowstone_grpc_proto::geyser::geyser_server::{Geyser, GeyserServer};
use yellowstone_grpc_proto::geyser::subscribe_request_filter_accounts_filter::Filter;
use yellowstone_grpc_proto::geyser::subscribe_request_filter_accounts_filter_lamports::Cmp;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;
use yellowstone_grpc_proto::geyser::*;

use crate::chain::{Chain, Change, Held};

pub(crate) const TOKEN: &str = "a-token";

/// What it does with `from_slot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    Kept,
    Refused,
    /// As servers do that are too old to know it.
    Ignored,
}

type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What the server has seen of its clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) subscriptions: Vec<SubscribeRequest>,
    pub(crate) pongs: usize,
}

#[derive(Clone)]
struct Service {
    chain: Chain,
    replay: Replay,
    cut: watch::Receiver<u64>,
    seen: Arc<Mutex<Seen>>,
}

/// How a server is stopped.
struct Stop {
    stop: oneshot::Sender<()>,
    /// Told once nobody is let in any more.
    closed: oneshot::Receiver<()>,
    serving: JoinHandle<()>,
}

/// A server that can be cut off, stopped, and started again where it was.
pub(crate) struct Plugin {
    chain: Chain,
    pub(crate) address: SocketAddr,
    cut: watch::Sender<u64>,
    stop: Option<Stop>,
    seen: Arc<Mutex<Seen>>,
}

impl Plugin {
    pub(crate) async fn start(chain: Chain, replay: Replay) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut plugin = Self { chain, address, cut: watch::channel(0).0, stop: None, seen: Arc::default() };
        plugin.serve(listener, replay);
        plugin
    }

    fn serve(&mut self, listener: TcpListener, replay: Replay) {
        let (chain, cut, seen) = (self.chain.clone(), self.cut.subscribe(), Arc::clone(&self.seen));
        let service = GeyserServer::new(Service { chain, replay, cut, seen });
        let (stop, stopped) = oneshot::channel();
        let (close, closed) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.await; // An error where the whole test has ended.
                let _ = close.send(());
            };
            let server = Server::builder().add_service(service);
            server.serve_with_incoming_shutdown(TcpIncoming::from(listener), stopped).await.unwrap();
        });
        self.stop = Some(Stop { stop, closed, serving });
    }

    /// Ends all streams; whoever comes again is served.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    pub(crate) async fn stop(&mut self) {
        let Stop { stop, closed, serving } = self.stop.take().unwrap();
        stop.send(()).unwrap();
        // Whoever is cut off comes again at once. Let in, he would stay, and the server waits for everybody to leave.
        closed.await.unwrap();
        self.cut();
        serving.await.unwrap();
    }

    pub(crate) async fn start_again(&mut self, replay: Replay) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener, replay);
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

/// Within a filter everything said must hold; nothing said about accounts lets all of them through.
fn passes(filter: &SubscribeRequestFilterAccounts, key: &Pubkey, held: &Held) -> bool {
    let lists = |list: &[String], wanted: &Pubkey| list.is_empty() || list.contains(&wanted.to_string());
    let lamports = |filter: &SubscribeRequestFilterAccountsFilter| match &filter.filter {
        Some(Filter::Lamports(wanted)) => wanted.cmp == Some(Cmp::Eq(held.lamports)),
        other => panic!("no such filter was expected: {other:?}"),
    };
    lists(&filter.account, key) && lists(&filter.owner, &held.owner) && filter.filters.iter().all(lamports)
}

fn update(request: &SubscribeRequest, change: &Change) -> Option<SubscribeUpdate> {
    let (filters, told): (Vec<String>, _) = match change {
        Change::Account { key, held, slot } => {
            let passed = request.accounts.iter().filter(|(_, filter)| passes(filter, key, held));
            let account = SubscribeUpdateAccountInfo {
                pubkey: key.to_bytes().to_vec(),
                lamports: held.lamports,
                owner: held.owner.to_bytes().to_vec(),
                data: held.data.clone(),
                ..Default::default()
            };
            let account =
                SubscribeUpdateAccount { account: Some(account), slot: *slot, ..Default::default() };
            (passed.map(|(name, _)| name.clone()).collect(), UpdateOneof::Account(account))
        }
        Change::Slot(slot) => {
            let slot = SubscribeUpdateSlot { slot: *slot, ..Default::default() };
            (request.slots.keys().cloned().collect(), UpdateOneof::Slot(slot))
        }
    };
    (!filters.is_empty()).then_some(SubscribeUpdate { filters, update_oneof: Some(told), created_at: None })
}

fn ping() -> SubscribeUpdate {
    let told = UpdateOneof::Ping(SubscribeUpdatePing {});
    SubscribeUpdate { filters: Vec::new(), update_oneof: Some(told), created_at: None }
}

impl Service {
    async fn feed(
        self,
        mut asked: Streaming<SubscribeRequest>,
        told: mpsc::Sender<Result<SubscribeUpdate, Status>>,
    ) {
        let mut cut = self.cut.clone();
        cut.mark_unchanged();
        let Ok(Some(mut request)) = asked.message().await else { return };
        self.seen.lock().unwrap().subscriptions.push(request.clone());
        if request.from_slot.is_some() && self.replay == Replay::Refused {
            let _ = told.send(Err(Status::invalid_argument("from_slot is not available"))).await;
            return;
        }
        let from_slot = request.from_slot.filter(|_| self.replay == Replay::Kept);
        let (past, mut changes) = self.chain.listen(from_slot);
        let _ = told.send(Ok(ping())).await;
        for update in past.iter().filter_map(|change| update(&request, change)) {
            let _ = told.send(Ok(update)).await;
        }
        loop {
            tokio::select! {
                _ = cut.changed() => return,
                message = asked.message() => match message {
                    Ok(Some(message)) if message.ping.is_some() => self.seen.lock().unwrap().pongs += 1,
                    Ok(Some(message)) => request = message,
                    _ => return,
                },
                change = changes.recv() => {
                    let Ok(change) = change else { return };
                    if let Some(update) = update(&request, &change)
                        && told.send(Ok(update)).await.is_err()
                    {
                        return;
                    }
                }
            }
        }
    }
}

fn refused<T>() -> Result<T, Status> {
    Err(Status::unimplemented("the keeper does not ask for this"))
}

#[tonic::async_trait]
impl Geyser for Service {
    type SubscribeStream = Updates<SubscribeUpdate>;
    type SubscribeDeshredStream = Updates<SubscribeUpdateDeshred>;
    type SubscribeGossipStream = Updates<SubscribeUpdateGossip>;

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        if request.metadata().get("x-token").is_none_or(|token| token != TOKEN) {
            return Err(Status::unauthenticated("no valid x-token"));
        }
        let (told, mut tell) = mpsc::channel(4_096);
        tokio::spawn(self.clone().feed(request.into_inner(), told));
        let updates = futures_util::stream::poll_fn(move |context| tell.poll_recv(context));
        Ok(Response::new(Box::pin(updates)))
    }

    async fn subscribe_deshred(
        &self,
        _: Request<Streaming<SubscribeDeshredRequest>>,
    ) -> Result<Response<Self::SubscribeDeshredStream>, Status> {
        refused()
    }

    async fn subscribe_gossip(
        &self,
        _: Request<SubscribeGossipRequest>,
    ) -> Result<Response<Self::SubscribeGossipStream>, Status> {
        refused()
    }

    async fn subscribe_replay_info(
        &self,
        _: Request<SubscribeReplayInfoRequest>,
    ) -> Result<Response<SubscribeReplayInfoResponse>, Status> {
        refused()
    }

    async fn ping(&self, _: Request<PingRequest>) -> Result<Response<PongResponse>, Status> {
        refused()
    }

    async fn get_latest_blockhash(
        &self,
        _: Request<GetLatestBlockhashRequest>,
    ) -> Result<Response<GetLatestBlockhashResponse>, Status> {
        refused()
    }

    async fn get_block_height(
        &self,
        _: Request<GetBlockHeightRequest>,
    ) -> Result<Response<GetBlockHeightResponse>, Status> {
        refused()
    }

    async fn get_slot(&self, _: Request<GetSlotRequest>) -> Result<Response<GetSlotResponse>, Status> {
        refused()
    }

    async fn is_blockhash_valid(
        &self,
        _: Request<IsBlockhashValidRequest>,
    ) -> Result<Response<IsBlockhashValidResponse>, Status> {
        refused()
    }

    async fn get_version(
        &self,
        _: Request<GetVersionRequest>,
    ) -> Result<Response<GetVersionResponse>, Status> {
        refused()
    }
}
