//! A node of one: JSON-RPC over HTTP before the compiled program in an embedded chain. Every look at accounts
//! lets a second pass, in which the market's price is published anew, unless a test says otherwise.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use bulkhead_cli::tokens::{associated, create_associated};
use bulkhead_client::rpc::decode_base64;
use bulkhead_lab::world::World;
use serde_json::{Value, json};
use solana_keypair::{Keypair, write_keypair_file};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::wire;

const CLOCK: &str = "SysvarC1ock11111111111111111111111111111111";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How a transaction ended.
struct Landed {
    bytes: String,
    error: Option<u32>,
    logs: Vec<String>,
}

/// The chain, and what has landed.
pub(crate) struct Chain {
    pub(crate) world: World,
    landed: HashMap<String, Landed>,
    /// Transactions that were asked to be simulated, and that were sent.
    pub(crate) simulated: usize,
    pub(crate) sent: usize,
    /// Hash of its first block, by which mainnet is known.
    pub(crate) genesis: String,
    /// Whether a price is published with every second that passes.
    pub(crate) is_publishing: bool,
    /// Time that passes with every look at accounts.
    pub(crate) secs_per_look: i64,
}

/// A running node with a trader who has a key, lamports and collateral.
pub(crate) struct Node {
    pub(crate) chain: Arc<Mutex<Chain>>,
    pub(crate) trader: Pubkey,
    /// The trader's collateral account.
    pub(crate) tokens: Pubkey,
    url: String,
    key_file: std::path::PathBuf,
}

impl Node {
    /// Starts one; `collateral_atoms` are the trader's. `name` keeps the key files of tests apart.
    pub(crate) fn start(name: &str, collateral_atoms: u64) -> Self {
        let mut world = World::new().unwrap();
        let key = Keypair::new();
        let trader = key.pubkey();
        world.set_lamports(trader, 10_000_000_000);
        let (mint, program) = (world.mint, world.keys.token_program);
        let payer = world.fee_payer;
        world.send(&[create_associated(payer, trader, mint, program)]).unwrap();
        let tokens = associated(&trader, &mint, &program);
        world.mint_to(tokens, collateral_atoms);
        let key_file = std::env::temp_dir().join(format!("bulkhead-cli-{name}-{}.json", std::process::id()));
        write_keypair_file(&key, &key_file).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let chain = Chain {
            world,
            landed: HashMap::new(),
            simulated: 0,
            sent: 0,
            genesis: Pubkey::new_from_array([1; 32]).to_string(),
            is_publishing: true,
            secs_per_look: 1,
        };
        let chain = Arc::new(Mutex::new(chain));
        let shared = Arc::clone(&chain);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let chain = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &chain));
            }
        });
        Self { chain, trader, tokens, url, key_file }
    }

    /// Runs the command line against it.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let key_file = self.key_file.to_str().unwrap();
        let common = ["--url", &self.url, "--keypair", key_file, "--config"];
        let config = std::env::temp_dir().join("bulkhead-cli-empty.yml");
        std::fs::write(&config, "").unwrap();
        Command::new(env!("CARGO_BIN_EXE_bulkhead"))
            .args(common)
            .arg(config)
            .args(args)
            .env_remove("BULKHEAD_URL")
            .env_remove("BULKHEAD_KEYPAIR")
            .output()
            .unwrap()
    }

    /// The same, which must succeed; what it prints on standard output.
    #[track_caller]
    pub(crate) fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same in JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[&["--output", "json"], args].concat())).unwrap()
    }

    /// The chain, for a moment.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Chain) -> T) -> T {
        look(&mut self.chain.lock().unwrap())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.key_file);
    }
}

fn serve(mut stream: TcpStream, chain: &Mutex<Chain>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => bytes.extend(&buffer[..count]),
            }
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.trim().parse().unwrap());
        if body.len() < length {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => bytes.extend(&buffer[..count]),
            }
            continue;
        }
        let request: Value = serde_json::from_str(body).unwrap();
        bytes.clear();
        let result = chain.lock().unwrap().answer(request["method"].as_str().unwrap(), &request["params"]);
        let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(format!("{head}{answer}").as_bytes()).is_err() {
            return;
        }
    }
}

impl Chain {
    fn answer(&mut self, method: &str, params: &Value) -> Value {
        let slot = self.world.slot();
        let with_context = |value: Value| json!({ "context": { "slot": slot }, "value": value });
        match method {
            "getMultipleAccounts" => {
                self.pass_time();
                let keys: Vec<Pubkey> = serde_json::from_value::<Vec<String>>(params[0].clone())
                    .unwrap()
                    .iter()
                    .map(|key| key.parse().unwrap())
                    .collect();
                let accounts: Vec<Value> = keys.iter().map(|key| self.account(key)).collect();
                with_context(accounts.into())
            }
            "getProgramAccounts" => self.program_accounts(&params[1]["filters"]),
            "getLatestBlockhash" => {
                // Another one in every slot: else the same command twice would be the same transaction.
                let mut bytes = [9; 32];
                bytes[..8].copy_from_slice(&slot.to_le_bytes());
                let blockhash = Pubkey::new_from_array(bytes).to_string();
                with_context(json!({ "blockhash": blockhash, "lastValidBlockHeight": slot + 150 }))
            }
            "getEpochInfo" => json!({
                "absoluteSlot": slot, "blockHeight": slot, "epoch": 0, "slotIndex": 0, "slotsInEpoch": 432_000,
            }),
            "getRecentPrioritizationFees" => json!([]),
            "getGenesisHash" => self.genesis.clone().into(),
            "simulateTransaction" => {
                self.simulated += 1;
                let watched = params[1]["accounts"]["addresses"].as_array().map_or(0, Vec::len);
                with_context(json!({
                    "err": null, "logs": [], "accounts": vec![Value::Null; watched],
                    "unitsConsumed": 300_000, "returnData": null,
                }))
            }
            "sendTransaction" => self.send(params[0].as_str().unwrap()),
            "getSignatureStatuses" => {
                let landed = self.landed.get(params[0][0].as_str().unwrap());
                with_context(json!([landed.map(|landed| json!({
                    "slot": slot, "confirmations": 1, "err": error_json(landed), "status": { "Ok": null },
                    "confirmationStatus": "confirmed",
                }))]))
            }
            "getTransaction" => self.landed.get(params[0].as_str().unwrap()).map_or(Value::Null, |landed| {
                json!({
                    "slot": slot, "blockTime": self.world.now(), "transaction": [landed.bytes, "base64"],
                    "meta": {
                        "err": error_json(landed), "status": { "Ok": null }, "fee": 5_000,
                        "preBalances": [], "postBalances": [], "logMessages": landed.logs,
                    },
                })
            }),
            other => panic!("no answer to {other}"),
        }
    }

    fn pass_time(&mut self) {
        match self.is_publishing {
            true => self.world.advance(self.secs_per_look),
            false => self.world.warp_to(self.world.now() + self.secs_per_look),
        }
    }

    fn send(&mut self, bytes: &str) -> Value {
        let parsed = wire::parse(&decode_base64(bytes).unwrap());
        let signature = parsed.signature.to_string();
        if !self.landed.contains_key(&signature) {
            self.sent += 1;
            let (error, logs) = match self.world.send_paid_by(parsed.payer, &parsed.instructions) {
                Ok(done) => (None, done.logs),
                Err(failed) => (Some(failed.code().unwrap_or(u32::MAX)), failed.logs),
            };
            self.landed.insert(signature.clone(), Landed { bytes: bytes.to_owned(), error, logs });
            self.world.warp_to(self.world.now());
        }
        signature.into()
    }

    fn account(&self, key: &Pubkey) -> Value {
        if key.to_string() == CLOCK {
            let mut data = self.world.slot().to_le_bytes().to_vec();
            data.extend([0; 24]);
            data.extend(self.world.now().to_le_bytes());
            return account_json(&data, Pubkey::default(), 1);
        }
        match self.world.account(key) {
            Some(account) if account.lamports > 0 => {
                account_json(&account.data, account.owner, account.lamports)
            }
            _ => Value::Null,
        }
    }

    fn program_accounts(&self, filters: &Value) -> Value {
        let filters = filters.as_array().unwrap();
        let passes = |data: &[u8]| {
            filters.iter().all(|filter| match filter["dataSize"].as_u64() {
                Some(length) => data.len() as u64 == length,
                None => {
                    let offset = filter["memcmp"]["offset"].as_u64().unwrap() as usize;
                    let wanted = from_base58(filter["memcmp"]["bytes"].as_str().unwrap());
                    data.get(offset..).is_some_and(|rest| rest.starts_with(&wanted))
                }
            })
        };
        let keys: Vec<Pubkey> = self.world.svm.accounts_db().inner.keys().copied().collect();
        let ours = keys.into_iter().filter_map(|key| {
            let account = self.world.account(&key)?;
            let is_wanted = account.owner == bulkhead_client::ID && passes(&account.data);
            is_wanted.then(|| {
                let account = account_json(&account.data, account.owner, account.lamports);
                json!({ "pubkey": key.to_string(), "account": account })
            })
        });
        ours.collect::<Vec<_>>().into()
    }
}

fn error_json(landed: &Landed) -> Value {
    landed.error.map_or(Value::Null, |code| json!({ "InstructionError": [3, { "Custom": code }] }))
}

fn account_json(data: &[u8], owner: Pubkey, lamports: u64) -> Value {
    json!({
        "lamports": lamports, "data": [base64(data), "base64"], "owner": owner.to_string(),
        "executable": false, "rentEpoch": 0,
    })
}

fn base64(data: &[u8]) -> String {
    let mut text = String::new();
    for chunk in data.chunks(3) {
        let bits =
            chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let is_there = place <= chunk.len();
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            text.push(if is_there { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}

/// Base58 as a large number, high digits first; leading ones are leading zeros.
fn from_base58(text: &str) -> Vec<u8> {
    const DIGITS: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes: Vec<u8> = Vec::new();
    for digit in text.chars() {
        let mut carry = DIGITS.find(digit).unwrap() as u32;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, carry as u8);
            carry >>= 8;
        }
    }
    let zeros = text.chars().take_while(|digit| *digit == '1').count();
    [vec![0; zeros], bytes].concat()
}
