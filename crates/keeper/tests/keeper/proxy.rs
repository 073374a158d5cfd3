//! A TCP proxy that makes trouble: cuts connections, holds bytes back, answers 429.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What it does to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mood {
    Fair = 0,
    /// Refuses new ones.
    Closed = 1,
    /// Answers new ones with 429.
    Limiting = 2,
    /// Passes nothing on, and closes nothing.
    Silent = 3,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    mood: Arc<AtomicU8>,
    delay_ms: Arc<AtomicU64>,
    cut: watch::Sender<u64>,
}

impl Proxy {
    pub(crate) async fn before(url: &str) -> Self {
        let target = url.split("://").nth(1).unwrap().trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mood, delay_ms) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicU64::new(0)));
        let (cut, cuts) = watch::channel(0);
        let (moods, delays) = (Arc::clone(&mood), Arc::clone(&delay_ms));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, mood, delay, mut cuts) =
                    (target.clone(), Arc::clone(&moods), Arc::clone(&delays), cuts.clone());
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cuts.changed() => {}
                        () = pass(client, target, mood, delay) => {}
                    }
                });
            }
        });
        Self { port, mood, delay_ms, cut }
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Changes its mood, and cuts what is connected unless it only goes silent.
    pub(crate) fn set(&self, mood: Mood) {
        self.mood.store(mood as u8, Relaxed);
        if mood != Mood::Silent {
            self.cut();
        }
    }

    pub(crate) fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    pub(crate) fn delay(&self, delay: Duration) {
        self.delay_ms.store(delay.as_millis() as u64, Relaxed);
    }
}

async fn pass(mut client: TcpStream, target: String, mood: Arc<AtomicU8>, delay: Arc<AtomicU64>) {
    match mood.load(Relaxed) {
        mood if mood == Mood::Closed as u8 => return,
        mood if mood == Mood::Limiting as u8 => {
            let mut request = [0; 4_096];
            let _ = client.read(&mut request).await;
            let _ = client.write_all(TOO_MANY).await;
            let _ = client.shutdown().await;
            return;
        }
        _ => {}
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = copy(from_client, to_server, &mood, &delay) => {}
        () = copy(from_server, to_client, &mood, &delay) => {}
    }
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mood: &AtomicU8,
    delay: &AtomicU64,
) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 {
            return;
        }
        while mood.load(Relaxed) == Mood::Silent as u8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(delay.load(Relaxed))).await;
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
