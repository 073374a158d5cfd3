//! Answers that a healthy cluster would give, for tests to vary.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulkhead_client::rpc::{Node, PriorityFee, RetryPolicy, Sender, TxPolicy, TxRequest};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::Signer;

use crate::stub::{Answer, Call, Stub, between};

/// Last block height of every blockhash here.
pub(crate) const LAST_VALID_HEIGHT: u64 = 1_000;
/// Slot that answers come from unless a test says otherwise.
pub(crate) const SLOT: u64 = 5_000;

/// The signature of the transaction in a `sendTransaction`.
pub(crate) fn signature_of(call: &Call) -> Signature {
    let bytes = sent_bytes(call);
    assert_eq!(bytes[0], 1, "one signature");
    Signature::from(<[u8; 64]>::try_from(&bytes[1..65]).unwrap())
}

/// The transaction's bytes in a call that carries one.
pub(crate) fn sent_bytes(call: &Call) -> Vec<u8> {
    STANDARD.decode(between(&call.body, "\"params\":[\"", "\"")).unwrap()
}

/// A value with its context.
pub(crate) fn at_slot(slot: u64, value: &str) -> Answer {
    Answer::Result(format!(r#"{{"context":{{"slot":{slot}}},"value":{value}}}"#))
}

/// A confirmed status.
pub(crate) fn landed() -> Answer {
    let status = r#"[{"slot":4999,"confirmations":5,"err":null,"status":{"Ok":null},"confirmationStatus":"confirmed"}]"#;
    at_slot(SLOT, status)
}

/// No status.
pub(crate) fn no_status(slot: u64) -> Answer {
    at_slot(slot, "[null]")
}

/// The epoch at a block height.
pub(crate) fn epoch(block_height: u64, slot: u64) -> Answer {
    Answer::Result(format!(
        r#"{{"absoluteSlot":{slot},"blockHeight":{block_height},"epoch":1,"slotIndex":1,"slotsInEpoch":432000,"transactionCount":1}}"#
    ))
}

/// A simulation that used these units and loaded these bytes.
pub(crate) fn simulated(units: u64, loaded: u32) -> Answer {
    at_slot(
        SLOT,
        &format!(
            r#"{{"err":null,"logs":[],"accounts":null,"unitsConsumed":{units},"loadedAccountsDataSize":{loaded},"returnData":null}}"#
        ),
    )
}

/// A simulation that failed with `error` (as JSON) and these log entries.
pub(crate) fn refused(error: &str, logs: &[String]) -> Answer {
    let logs: Vec<String> = logs.iter().map(|entry| format!("\"{entry}\"")).collect();
    at_slot(
        SLOT,
        &format!(
            r#"{{"err":{error},"logs":[{}],"accounts":null,"unitsConsumed":9,"returnData":null}}"#,
            logs.join(",")
        ),
    )
}

/// What a cluster answers on which everything lands at once.
pub(crate) fn healthy(call: &Call) -> Answer {
    match call.method.as_str() {
        "simulateTransaction" => simulated(100_000, 40_000),
        "getRecentPrioritizationFees" => Answer::Result("[]".into()),
        "getLatestBlockhash" => {
            let blockhash = Pubkey::new_from_array([call.nth as u8 + 1; 32]);
            let value =
                format!(r#"{{"blockhash":"{blockhash}","lastValidBlockHeight":{LAST_VALID_HEIGHT}}}"#);
            at_slot(SLOT, &value)
        }
        "sendTransaction" => Answer::Result(format!("\"{}\"", signature_of(call))),
        "getSignatureStatuses" => landed(),
        "getEpochInfo" => epoch(LAST_VALID_HEIGHT, SLOT),
        other => panic!("no answer to {other}"),
    }
}

/// Retries without waiting.
pub(crate) fn impatient() -> RetryPolicy {
    RetryPolicy { retries_max: 3, wait_first: Duration::from_millis(1), wait_max: Duration::from_millis(2) }
}

/// A node that is the stub.
pub(crate) fn node(stub: &Stub) -> Node {
    Node::new(&stub.url, CommitmentConfig::confirmed()).with_retry(impatient())
}

/// A sender with short waits.
pub(crate) fn sender(stub: &Stub) -> Sender {
    let policy = TxPolicy {
        priority_fee: PriorityFee::None,
        poll_every: Duration::from_millis(5),
        resend_every: Duration::from_millis(1),
        silence_max: Duration::from_millis(100),
        ..TxPolicy::default()
    };
    Sender::new(node(stub), policy)
}

/// A payer and a request of it: an instruction of the program that writes one account.
pub(crate) fn request() -> (Keypair, TxRequest) {
    let payer = Keypair::new_from_array([7; 32]);
    let instruction = Instruction {
        program_id: bulkhead_client::ID,
        accounts: vec![AccountMeta::new(Pubkey::new_from_array([9; 32]), false)],
        data: vec![1, 2, 3],
    };
    let request = TxRequest::new(payer.pubkey(), vec![instruction]);
    (payer, request)
}
