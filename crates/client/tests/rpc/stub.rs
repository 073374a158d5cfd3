//! A node in a few lines: takes JSON-RPC over HTTP, notes every call, and answers as it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The whole request.
    pub(crate) body: String,
    /// How many calls of this method came before.
    pub(crate) nth: usize,
}

/// What the node says to it.
pub(crate) enum Answer {
    /// A result, as JSON.
    Result(String),
    /// A JSON-RPC error, with its data as JSON or nothing.
    Error(i64, &'static str, &'static str),
    /// An HTTP status, and no more.
    Status(u16),
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

/// A running node.
pub(crate) struct Stub {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Stub {
    /// Starts one that answers by `script`.
    pub(crate) async fn start(script: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (script, noted): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&calls));
        tokio::spawn(async move {
            let counts = Arc::new(Mutex::new(HashMap::new()));
            while let Ok((stream, _)) = listener.accept().await {
                let (script, noted, counts) = (script.clone(), noted.clone(), Arc::clone(&counts));
                tokio::spawn(serve(stream, script, noted, counts));
            }
        });
        Self { url, calls }
    }

    /// All calls of `method`, in order.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.method == method).cloned().collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Script>,
    noted: Arc<Mutex<Vec<Call>>>,
    counts: Arc<Mutex<HashMap<String, usize>>>,
) {
    while let Some(body) = request(&mut stream).await {
        let method = between(&body, "\"method\":\"", "\"").to_owned();
        let nth = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(method.clone()).or_default();
            *count += 1;
            *count - 1
        };
        let call = Call { method, body, nth };
        let (status, body) = match script(&call) {
            Answer::Result(result) => (200, format!(r#"{{"jsonrpc":"2.0","id":0,"result":{result}}}"#)),
            Answer::Error(code, message, data) => {
                let data = if data.is_empty() { "null" } else { data };
                let error = format!(r#"{{"code":{code},"message":"{message}","data":{data}}}"#);
                (200, format!(r#"{{"jsonrpc":"2.0","id":0,"error":{error}}}"#))
            }
            Answer::Status(status) => (status, String::new()),
        };
        noted.lock().unwrap().push(call);
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nretry-after: 0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The body of the next request; none when the client has hung up.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length: usize = between(&head, "content-length: ", "\r\n").trim().parse().unwrap();
            if body.len() >= length {
                return Some(body.to_owned());
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend(&buffer[..count]),
        }
    }
}

/// What stands between two marks; all behind the first where the second is missing.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).map_or("", |(_, rest)| rest);
    rest.split_once(after).map_or(rest, |(found, _)| found)
}
