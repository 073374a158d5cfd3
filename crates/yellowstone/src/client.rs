//! One subscription, from its connection to its end.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use solana_pubkey::Pubkey;
use tonic::transport::ClientTlsConfig;
use yellowstone_grpc_client::{
    GeyserGrpcBuilderError, GeyserGrpcClient, GeyserGrpcClientError, GeyserStream, SubscribeRequestSink,
};
use yellowstone_grpc_proto::geyser::SubscribeUpdate;
use yellowstone_grpc_proto::geyser::subscribe_update::UpdateOneof;

use crate::request::{Wanted, pong};

const CONNECT_MAX: Duration = Duration::from_secs(10);
/// An account holds ten megabytes at most.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Where a node's stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Begins with http:// or https://.
    pub url: String,
    /// Sent as `x-token` with every request.
    pub x_token: Option<String>,
}

/// What a stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An account has changed.
    Account {
        /// Address.
        key: Pubkey,
        /// Owner; the system program, of one that was closed.
        owner: Pubkey,
        /// Lamports; zero, of one that was closed.
        lamports: u64,
        /// Its bytes.
        data: Vec<u8>,
        /// Slot of the change.
        slot: u64,
    },
    /// A slot has reached the commitment.
    Slot(u64),
    /// The node asks whether anybody listens.
    Ping,
    /// Nothing of interest: the stream lives.
    Other,
}

/// Why a stream ended or did not begin.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// No connection, or no valid address.
    #[error("no connection: {0}")]
    Connect(String),
    /// The node refuses, or has ended the stream with a reason.
    #[error("the node refuses: {0}")]
    Refused(String),
    /// The connection has ended.
    #[error("the connection has ended")]
    Ended,
}

impl From<GeyserGrpcBuilderError> for StreamError {
    fn from(error: GeyserGrpcBuilderError) -> Self {
        Self::Connect(error.to_string())
    }
}

impl From<GeyserGrpcClientError> for StreamError {
    fn from(error: GeyserGrpcClientError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// One subscription.
pub struct Subscription {
    sink: SubscribeRequestSink,
    stream: GeyserStream,
}

impl Subscription {
    /// Connects, and subscribes to what is wanted.
    pub async fn open(endpoint: &Endpoint, wanted: &Wanted) -> Result<Self, StreamError> {
        let mut builder = GeyserGrpcClient::build_from_shared(endpoint.url.clone())?
            .x_token(endpoint.x_token.clone())?
            .connect_timeout(CONNECT_MAX)
            .tcp_nodelay(true)
            .max_decoding_message_size(MESSAGE_BYTES_MAX);
        if endpoint.url.starts_with("https://") {
            builder = builder.tls_config(ClientTlsConfig::new().with_native_roots())?;
        }
        let mut client = builder.connect().await?;
        let (sink, stream) = client.subscribe_with_request(Some(wanted.request())).await?;
        Ok(Self { sink, stream })
    }

    /// Wants something else from now on. Where to begin is said at the beginning only.
    pub async fn change(&mut self, wanted: &Wanted) -> Result<(), StreamError> {
        let request = Wanted { from_slot: None, ..wanted.clone() }.request();
        self.sink.send(request).await.map_err(|_| StreamError::Ended)
    }

    /// Answers a ping.
    pub async fn pong(&mut self) -> Result<(), StreamError> {
        self.sink.send(pong()).await.map_err(|_| StreamError::Ended)
    }

    /// What comes next. Dropped before it comes, nothing is lost.
    pub async fn next(&mut self) -> Result<Told, StreamError> {
        match self.stream.next().await {
            Some(Ok(update)) => Ok(told(update)),
            Some(Err(status)) => Err(StreamError::Refused(status.to_string())),
            None => Err(StreamError::Ended),
        }
    }
}

fn told(update: SubscribeUpdate) -> Told {
    match update.update_oneof {
        Some(UpdateOneof::Account(update)) => {
            let Some(account) = update.account else { return Told::Other };
            let keys = (Pubkey::try_from(account.pubkey), Pubkey::try_from(account.owner));
            let (Ok(key), Ok(owner)) = keys else { return Told::Other };
            Told::Account { key, owner, lamports: account.lamports, data: account.data, slot: update.slot }
        }
        Some(UpdateOneof::Slot(update)) => Told::Slot(update.slot),
        Some(UpdateOneof::Ping(_)) => Told::Ping,
        _ => Told::Other,
    }
}
