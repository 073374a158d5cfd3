//! Between the command line and its node: answers in the node's place, loses answers, keeps them back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It is passed on, and its answer comes back.
    Passed,
    /// This HTTP status, and no more.
    Status(u16),
    /// This result instead of the node's.
    Result(String),
    /// It never reaches the node.
    Lost,
    /// The node gets it, and its answer is lost.
    AnswerLost,
    /// It is passed on, late.
    Late(Duration),
}

/// Decides by the method, and how many of its calls came before.
type Script = dyn Fn(&str, usize) -> Fate + Send + Sync;

pub(crate) struct Relay {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// Before the node at `url`.
    pub(crate) fn before(url: &str, script: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> Self {
        let target = url.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (script, noted): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&calls));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (target, script, noted) = (target.clone(), Arc::clone(&script), Arc::clone(&noted));
                std::thread::spawn(move || serve(&client, &target, &*script, &noted));
            }
        });
        Self { url, calls }
    }

    /// How often a method was called.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| *call == method).count()
    }
}

fn serve(client: &TcpStream, target: &str, script: &Script, noted: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client);
    loop {
        let body = message(&mut reader)?.1;
        let request: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let method = request["method"].as_str()?.to_owned();
        let nth = {
            let mut calls = noted.lock().unwrap();
            calls.push(method.clone());
            calls.iter().filter(|call| **call == method).count() - 1
        };
        let (status, answer) = match script(&method, nth) {
            Fate::Passed => (200, ask(target, &body)?),
            Fate::Late(delay) => {
                std::thread::sleep(delay);
                (200, ask(target, &body)?)
            }
            Fate::Status(status) => (status, Vec::new()),
            Fate::Result(result) => {
                let id = &request["id"];
                (200, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#).into_bytes())
            }
            Fate::Lost => return None,
            Fate::AnswerLost => {
                ask(target, &body)?;
                return None;
            }
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        let mut client = client;
        client.write_all(head.as_bytes()).ok()?;
        client.write_all(&answer).ok()?;
    }
}

/// The node's answer.
fn ask(target: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut node = TcpStream::connect(target).ok()?;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {target}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    node.write_all(head.as_bytes()).ok()?;
    node.write_all(body).ok()?;
    message(&mut BufReader::new(node)).map(|(_, body)| body)
}

/// The next message of a connection: its first line and its body.
fn message(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_ascii_lowercase()),
        }
    }
    let value = |name: &str| lines.iter().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
    let mut body = Vec::new();
    match value("content-length:").and_then(|length| length.parse().ok()) {
        Some(length) => drop(reader.take(length).read_to_end(&mut body).ok()?),
        None if value("transfer-encoding:").is_some_and(|kind| kind == "chunked") => {
            chunks(reader, &mut body)?
        }
        None => drop(reader.read_to_end(&mut body).ok()?),
    }
    Some((lines.into_iter().next()?, body))
}

fn chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = u64::from_str_radix(line.trim(), 16).ok()?;
        reader.take(length).read_to_end(body).ok()?;
        let mut end = String::new();
        reader.read_line(&mut end).ok()?;
        if length == 0 {
            return Some(());
        }
    }
}
