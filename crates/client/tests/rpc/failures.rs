//! Failures by name, in simulation and on chain.

use bulkhead::error::BulkheadError;
use bulkhead_client::error::ErrorOrigin;
use bulkhead_client::rpc::{Cause, NodeError, SendError, TxFailure};

use crate::chain::*;
use crate::stub::{Answer, Stub, between};

const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const SYSTEM: &str = "11111111111111111111111111111111";

/// Log entries of a call of the program in which `inner` answers with `code`.
fn nested_failure(inner: &str, code: u32) -> Vec<String> {
    let ours = bulkhead_client::ID;
    vec![
        format!("Program {ours} invoke [1]"),
        format!("Program {inner} invoke [2]"),
        format!("Program {inner} failed: custom program error: {code:#x}"),
        format!("Program {ours} failed: custom program error: {code:#x}"),
    ]
}

async fn failure_of(error: &str, logs: Vec<String>) -> TxFailure {
    let error = error.to_owned();
    let stub = Stub::start(move |call| match call.method.as_str() {
        "simulateTransaction" => refused(&error, &logs),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let failed = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    assert!(stub.calls("sendTransaction").is_empty(), "what is refused is not sent");
    let SendError::Refused(failure) = failed else { panic!("{failed:?}") };
    *failure
}

#[tokio::test]
async fn send_fails_with_the_programs_error_by_name() {
    let code = u32::from(BulkheadError::PriceTooOld);
    // Three instructions of the compute budget stand before the request's.
    let error = format!(r#"{{"InstructionError":[3,{{"Custom":{code}}}]}}"#);
    let failure = failure_of(&error, Vec::new()).await;
    assert!(failure.is(BulkheadError::PriceTooOld), "{failure:?}");
    assert_eq!((failure.name(), failure.code()), (Some("PriceTooOld"), Some(code)));
    assert_eq!((failure.instruction, failure.program), (Some(3), Some(bulkhead_client::ID)));
    assert!(failure.to_string().contains("PriceTooOld"));
}

#[tokio::test]
async fn send_fails_with_the_error_of_the_program_that_was_called() {
    let error = r#"{"InstructionError":[3,{"Custom":1}]}"#;
    let failure = failure_of(error, nested_failure(TOKEN, 1)).await;
    let Cause::Named(known) = &failure.cause else { panic!("{failure:?}") };
    assert_eq!((known.name.as_str(), known.origin), ("InsufficientFunds", ErrorOrigin::Token));
    assert!(!failure.is(BulkheadError::InsufficientCollateral));
    // The same number out of the system program means something else.
    let failure = failure_of(error, nested_failure(SYSTEM, 1)).await;
    assert_eq!(failure.cause, Cause::LamportsShort);
}

#[tokio::test]
async fn send_fails_with_the_chains_own_errors_by_name() {
    for (error, expected) in [
        (r#""InsufficientFundsForFee""#, Cause::LamportsShort),
        (r#"{"InsufficientFundsForRent":{"account_index":0}}"#, Cause::LamportsShort),
        (r#""AccountNotFound""#, Cause::LamportsShort),
        (r#"{"InstructionError":[3,"ComputationalBudgetExceeded"]}"#, Cause::ComputeExceeded),
        (r#""MaxLoadedAccountsDataSizeExceeded""#, Cause::LoadedBytesExceeded),
        (r#""BlockhashNotFound""#, Cause::BlockhashUnknown),
    ] {
        assert_eq!(failure_of(error, Vec::new()).await.cause, expected, "{error}");
    }
}

#[tokio::test]
async fn send_fails_with_the_code_where_nobody_knows_it() {
    let failure = failure_of(r#"{"InstructionError":[3,{"Custom":999999}]}"#, Vec::new()).await;
    assert!(matches!(failure.cause, Cause::Other(_)));
    assert_eq!((failure.name(), failure.code()), (None, Some(999_999)));
}

#[tokio::test]
async fn send_fails_on_chain_with_name_logs_and_signature() {
    let code = u32::from(BulkheadError::OrderChanged);
    let status = format!(
        r#"[{{"slot":9,"confirmations":1,"err":{{"InstructionError":[3,{{"Custom":{code}}}]}},"status":{{"Ok":null}},"confirmationStatus":"confirmed"}}]"#
    );
    let sent = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let stub = Stub::start(move |call| match call.method.as_str() {
        "sendTransaction" => {
            *sent.lock().unwrap() = between(&call.body, "\"params\":[\"", "\"").to_owned();
            healthy(call)
        }
        "getSignatureStatuses" => at_slot(SLOT, &status),
        "getTransaction" => Answer::Result(format!(
            r#"{{"slot":9,"blockTime":7,"transaction":["{}","base64"],"meta":{{"err":{{"InstructionError":[3,{{"Custom":{code}}}]}},"status":{{"Ok":null}},"fee":5000,"preBalances":[9,1,1,1],"postBalances":[4,1,1,1],"logMessages":["of the chain"]}}}}"#,
            sent.lock().unwrap()
        )),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    let failure = error.failure().unwrap();
    assert!(failure.is(BulkheadError::OrderChanged));
    assert_eq!(failure.logs, ["of the chain"]);
    let signature = signature_of(&stub.calls("sendTransaction")[0]);
    assert_eq!(failure.signature, Some(signature));
    let past = node(&stub).transaction(&signature).await.unwrap();
    assert_eq!((past.fee_lamports, past.slot, past.block_time), (5_000, 9, Some(7)));
    assert_eq!(past.lamports[0], (request.payer, 9, 4));
}

#[tokio::test]
async fn send_fails_by_name_at_a_node_that_runs_what_it_is_sent() {
    let stub = Stub::start(|call| match call.method.as_str() {
        "sendTransaction" => Answer::Error(
            -32002,
            "Transaction simulation failed",
            r#"{"err":"InsufficientFundsForFee","logs":["x"],"accounts":null,"unitsConsumed":0,"returnData":null}"#,
        ),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    assert_eq!(error.failure().unwrap().cause, Cause::LamportsShort);
}

#[tokio::test]
async fn ask_fails_by_name_when_the_node_is_behind() {
    let stub = Stub::start(|call| match call.method.as_str() {
        "simulateTransaction" => {
            Answer::Error(-32005, "Node is behind by 42 slots", r#"{"numSlotsBehind":42}"#)
        }
        "getMultipleAccounts" => Answer::Error(-32016, "Minimum context slot has not been reached", ""),
        _ => healthy(call),
    })
    .await;
    let (payer, request) = request();
    let error = sender(&stub).send(&request, &[&payer]).await.unwrap_err();
    let SendError::Node(NodeError::Behind { slots: Some(42) }) = &error else { panic!("{error:?}") };
    assert!(error.is_transient() && error.to_string().contains("42 slots"));
    let error = node(&stub).at_least(9).clock().await.unwrap_err();
    assert!(matches!(error, NodeError::Behind { slots: None }));
    assert!(stub.calls("getMultipleAccounts")[0].body.contains(r#""minContextSlot":9"#));
}
