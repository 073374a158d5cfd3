//! Prices that somebody has to bring: signed by this chain's Hermes, verified and stored by what stands in for
//! Pyth's programs.

use std::time::Duration;

use bulkhead::state::Market;
use bulkhead_localnet::{HermesOptions, Localnet, Options, trade};
use bulkhead_pyth::hermes::{Hermes, HermesError};
use bulkhead_pyth::{Generation, Posting, Update};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::USD_E8;

const TIMEOUT: Duration = Duration::from_secs(2);
/// As the stand-in numbers its refusals.
const STATUS: &str = "0x5";
const SIGNATURE: &str = "0xb";
const PROOF: &str = "0xd";
const FEED: &str = "0xe";

struct Town {
    net: Localnet,
    market: Market,
    account: Pubkey,
    generation: Generation,
    shard: u16,
}

impl Town {
    async fn new() -> Self {
        let hermes = Some(HermesOptions { key: Some("hush".into()), ..HermesOptions::default() });
        let net = Localnet::start(Options { hermes, ..Options::default() }).await.unwrap();
        let keys = net.market("SOL").unwrap().keys;
        let market: Market = net.link.expect(&keys.market).await.unwrap();
        let generation = Generation::of_receiver(&market.oracle.program).unwrap();
        let shard = generation.programs().shard_of(&keys.price, &market.oracle.feed_id).unwrap();
        Self { net, market, account: keys.price, generation, shard }
    }

    fn hermes(&self, key: Option<&str>) -> Hermes {
        let url = self.net.hermes_url.as_ref().unwrap();
        let feeds = vec![self.market.oracle.feed_id];
        Hermes::new(url, key.map(Into::into), feeds, TIMEOUT).unwrap()
    }

    async fn latest(&self) -> Update {
        self.hermes(Some("hush")).latest().await.unwrap()
    }

    fn posting(&self, update: &Update) -> Posting {
        let payer = self.net.wallets.user.pubkey();
        Posting::new(update, self.generation, &payer, |_| 5_000_000).unwrap()
    }

    async fn send(&self, instructions: &[Instruction]) -> Result<(), String> {
        let sent = self.net.link.send(instructions, &[&self.net.wallets.user]).await;
        sent.map(drop).map_err(|error| format!("{error:#}"))
    }

    async fn verify(&self, posting: &Posting) -> Result<(), String> {
        for step in &posting.steps {
            self.send(step).await?;
        }
        Ok(())
    }

    fn push(&self, update: &Update, posting: &Posting) -> Instruction {
        let leaf = update.leaf(&self.market.oracle.feed_id).unwrap();
        let payer = self.net.wallets.user.pubkey();
        self.generation.programs().update_price_feed(&payer, &posting.account, leaf, self.shard, 3)
    }

    async fn shown_e8(&self) -> u64 {
        trade::sample(&self.net.link, &self.market).await.unwrap().price.get() / 10_000
    }
}

#[tokio::test]
async fn update_price_feed_ok_a_signed_price_comes_into_the_account_and_no_older_one() {
    let town = Town::new().await;
    let old = town.latest().await;
    let before = town.shown_e8().await;
    town.net.set_price("SOL", 123 * USD_E8).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(town.shown_e8().await, before, "nobody has brought it yet");

    let update = town.latest().await;
    let posting = town.posting(&update);
    assert_eq!(posting.steps.len(), 1, "four signatures fit one transaction");
    town.verify(&posting).await.unwrap();
    town.send(&[town.push(&update, &posting)]).await.unwrap();
    assert_eq!(town.shown_e8().await, 123 * USD_E8);
    let raw = town.net.link.raw(&town.account).await.unwrap().unwrap();
    let leaf = update.leaf(&town.market.oracle.feed_id).unwrap();
    let slot = u64::from_le_bytes(raw.data[125..133].try_into().unwrap());
    assert_eq!(raw.data, leaf.account_bytes(&town.account, slot), "as the client foretells it");

    let older = town.posting(&old);
    town.verify(&older).await.unwrap();
    town.send(&[town.push(&old, &older)]).await.unwrap();
    assert_eq!(town.shown_e8().await, 123 * USD_E8);

    let payer = town.net.wallets.user.pubkey();
    town.send(&[posting.close(&payer), older.close(&payer)]).await.unwrap();
    assert!(town.net.link.raw(&posting.account).await.unwrap().is_none_or(|raw| raw.data.is_empty()));
}

#[tokio::test]
async fn update_price_feed_fails_with_a_message_unverified_or_forged_and_with_another_feed_s_leaf() {
    let town = Town::new().await;
    town.net.set_price("SOL", 99 * USD_E8).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let update = town.latest().await;
    let posting = town.posting(&update);
    let mut unverified = posting.steps[0].clone();
    unverified.pop();
    town.send(&unverified).await.unwrap();
    let push = town.push(&update, &posting);
    let refused = |outcome: Result<(), String>, code: &str| {
        let error = outcome.unwrap_err();
        assert!(error.contains(&format!("custom program error: {code}")), "{error}");
    };
    refused(town.send(std::slice::from_ref(&push)).await, STATUS);

    town.net.forge_prices(true);
    let forged = town.latest().await;
    refused(town.verify(&town.posting(&forged)).await, SIGNATURE);
    town.net.forge_prices(false);

    // A message of its own: the last one's account is there already.
    town.net.set_price("SOL", 98 * USD_E8).unwrap();
    let good = town.latest().await;
    let posting = town.posting(&good);
    town.verify(&posting).await.unwrap();
    // The leaf's last byte is its average's; the path no longer leads from it to the root.
    let mut lie = town.push(&good, &posting);
    lie.data[8 + 4 + 84] ^= 1;
    refused(town.send(&[lie]).await, PROOF);
    let mut other = town.push(&good, &posting);
    let end = other.data.len();
    other.data[end - 1] ^= 1;
    let feed: [u8; 32] = other.data[end - 32..].try_into().unwrap();
    other.accounts[5].pubkey = town.generation.programs().price_account(town.shard, &feed);
    refused(town.send(&[other]).await, FEED);
}

#[tokio::test]
async fn latest_fails_without_the_key_for_unknown_feeds_and_while_it_is_down() {
    let town = Town::new().await;
    for key in [None, Some("guess")] {
        let error = town.hermes(key).latest().await.unwrap_err();
        assert!(matches!(error, HermesError::Key(_)), "{error}");
        assert!(error.to_string().contains("hermes.api_key"), "{error}");
    }
    let url = town.net.hermes_url.as_ref().unwrap();
    let unknown = Hermes::new(url, Some("hush".into()), vec![[9; 32]], TIMEOUT).unwrap();
    assert!(matches!(unknown.latest().await.unwrap_err(), HermesError::Status(status) if status == 404));
    town.net.take_hermes_down(true);
    let down = town.hermes(Some("hush")).latest().await.unwrap_err();
    assert!(matches!(down, HermesError::Status(status) if status == 503));
    let nobody = Hermes::new("http://127.0.0.1:9", None, vec![[9; 32]], TIMEOUT).unwrap();
    assert!(matches!(nobody.latest().await.unwrap_err(), HermesError::Connection(_)));
}
