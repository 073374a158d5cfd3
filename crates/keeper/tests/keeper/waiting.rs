//! What a keeper does for those who wait: behind a trigger, below a top-up plan, for a withdrawal's hour, in a
//! market that has ended.

use std::time::{Duration, Instant};

use bulkhead::instructions::{
    Change, MarketMode, PlaceOrderArgs, QueueChangeArgs, RequestWithdrawalArgs, SetTopUpArgs,
};
use bulkhead::state::{
    MARKET_SETTLED, Market, OrderAction, OrderKind, POSITION_CLOSED, Position, PositionSide, Settlement,
    TopUpPlan, Withdrawal,
};
use bulkhead_client::quote::{self, Look};
use bulkhead_client::{MarketKeys, ix, pda};
use bulkhead_lab::world::{Opening, any_price};
use bulkhead_localnet::{Localnet, tokens, trade};
use bulkhead_risk::UnixSeconds;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::harness::{POLL, Running, Setup, started};

const USD: u64 = 1_000_000;
const LANDED: &str = "bulkhead_keeper_actions_landed_total";
/// Ten SOL.
const SIZE_ATOMS: u64 = 10_000_000_000;

/// Waits for something to become true of the chain.
async fn wait(what: &str, keeper: &Running, is_there: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_there().await {
        assert!(Instant::now() < deadline, "{what}\n{}", keeper.log());
        tokio::time::sleep(POLL).await;
    }
}

/// The same of a counter.
async fn wait_landed(keeper: &Running, duty: &str, count: u64) {
    let label = format!("duty=\"{duty}\"");
    wait(duty, keeper, async || keeper.metric(LANDED, &label).await == count).await;
}

async fn open(net: &Localnet, keys: &MarketKeys, collateral_atoms: u64) -> Pubkey {
    let opening = Opening::new(PositionSide::Long, SIZE_ATOMS, collateral_atoms);
    trade::open(&net.link, keys, &net.wallets.user, &net.wallets.lp, &opening).await.unwrap()
}

/// SPL Token's `Approve`.
fn approve(source: Pubkey, delegate: Pubkey, owner: Pubkey, keys: &MarketKeys, amount: u64) -> Instruction {
    let accounts = vec![
        AccountMeta::new(source, false),
        AccountMeta::new_readonly(delegate, false),
        AccountMeta::new_readonly(owner, true),
    ];
    let data = [&[4], amount.to_le_bytes().as_slice()].concat();
    Instruction { program_id: keys.token_program, accounts, data }
}

/// The price at which a position is liquidated, if nothing else changes.
async fn liquidation_price_e8(net: &Localnet, keys: &MarketKeys, position: &Pubkey) -> u64 {
    let market: Market = net.link.expect(&keys.market).await.unwrap();
    let sample = trade::sample(&net.link, &market).await.unwrap();
    let look = Look::new(&market, sample, UnixSeconds(net.shown_secs().await)).unwrap();
    let position: Position = net.link.expect(position).await.unwrap();
    quote::health(&look, &position).unwrap().liquidation_price.get() / 10_000
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_loss_ok_is_triggered_and_filled_when_the_price_has_moved() {
    let net = started().await;
    let (keys, user) = (net.market("SOL").unwrap().keys, &net.wallets.user);
    let position = open(&net, &keys, 500 * USD).await;
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    let price_e8 = net.price("SOL").unwrap().price_e8;
    let stop = PlaceOrderArgs {
        trigger_price_e12: price_e8 / 100 * 97 * 10_000,
        expires_at: net.shown_secs().await + 86_400,
        order_id: 1,
        action: OrderAction::Decrease,
        kind: OrderKind::StopLoss,
        size_atoms: u64::MAX,
        acceptable_price_e12: any_price(PositionSide::Long, OrderAction::Decrease),
        payout_cap_ppm: 1_000_000,
        tip_lamports: bulkhead::constants::TIP_LAMPORTS_MIN,
    };
    let place = ix::place_order(&keys, user.pubkey(), user.pubkey(), position, stop);
    net.link.send(&[place], &[user]).await.unwrap();
    net.set_price("SOL", price_e8 / 100 * 98).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(keeper.metric(LANDED, "duty=\"trigger_orders\"").await, 0, "the trigger is not met");
    net.set_price("SOL", price_e8 / 100 * 96).unwrap();
    let is_closed = async || {
        let found: Position = net.link.expect(&position).await.unwrap();
        found.status == POSITION_CLOSED
    };
    wait("the stop-loss is not filled", &keeper, is_closed).await;
    wait_landed(&keeper, "trigger_orders", 1).await;
    wait_landed(&keeper, "execute_orders", 1).await;
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_top_up_ok_saves_a_position_and_pays_the_keeper() {
    let net = started().await;
    let (keys, user) = (net.market("SOL").unwrap().keys, &net.wallets.user);
    let owner = user.pubkey();
    let position = open(&net, &keys, 250 * USD).await;
    let source = tokens::account_of(&owner, &net.mint);
    let args = SetTopUpArgs {
        budget_atoms: 1_000 * USD,
        trigger_ppm: 1_200_000,
        amount_atoms: 200 * USD,
        interval_secs: 60,
        keeper_pay_atoms: USD,
    };
    let set = ix::set_top_up(&keys, owner, owner, position, source, args);
    net.link.send(&[set], &[user]).await.unwrap();
    let mut keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;

    // A little above the price of liquidation, and not approved: the simulation refuses, and nothing is sent.
    let before: Position = net.link.expect(&position).await.unwrap();
    let close = liquidation_price_e8(&net, &keys, &position).await / 1_000 * 1_002;
    net.set_price("SOL", close).unwrap();
    let refused = "bulkhead_keeper_simulations_refused_total";
    wait("no refusal", &keeper, async || keeper.metric(refused, "TopUpNotApproved").await > 0).await;
    assert_eq!(keeper.metric(LANDED, "duty=\"execute_top_ups\"").await, 0);

    let approval = approve(source, pda::top_up_authority(&owner), owner, &keys, 1_000 * USD);
    net.link.send(&[approval], &[user]).await.unwrap();
    wait_landed(&keeper, "execute_top_ups", 1).await;
    let after: Position = net.link.expect(&position).await.unwrap();
    assert_eq!(after.collateral_atoms - before.collateral_atoms, 199 * USD);
    let plan: TopUpPlan = net.link.expect(&pda::top_up(&position)).await.unwrap();
    assert_eq!(plan.budget_atoms, 800 * USD);
    let earned = "bulkhead_keeper_earned_quote_atoms_total";
    wait("its pay is not counted", &keeper, async || keeper.metric(earned, "").await >= USD).await;
    assert_eq!(keeper.metric("bulkhead_keeper_events_total", "event=\"ToppedUp\"").await, 1);
    assert_eq!(keeper.metric(LANDED, "duty=\"liquidate\"").await, 0);
    assert!(keeper.stop().success());
}

async fn request(net: &Localnet, keys: &MarketKeys, lp: &Keypair, id: u32, shares: u64) -> Pubkey {
    let (owner, mint) = (lp.pubkey(), pda::lp_mint(&keys.market));
    let (held, destination) = (tokens::account_of(&owner, &mint), tokens::account_of(&owner, &net.mint));
    let args = RequestWithdrawalArgs { withdrawal_id: id, shares, tip_lamports: 20_000 };
    let request = ix::request_withdrawal(keys, owner, owner, held, destination, args);
    net.link.send(&[request], &[lp]).await.unwrap();
    pda::withdrawal(&keys.market, &owner, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawals_ok_are_paid_in_their_hour_in_full_or_in_part() {
    let net = started().await;
    let (keys, lp) = (net.market("SOL").unwrap().keys, &net.wallets.lp);
    let small = request(&net, &keys, lp, 0, 1_000 * USD).await;
    let large = request(&net, &keys, lp, 1, 10_000_000 * USD).await;
    let destination = tokens::account_of(&lp.pubkey(), &net.mint);
    let before = net.link.tokens(&destination).await.unwrap();
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(keeper.metric(LANDED, "duty=\"execute_withdrawals\"").await, 0, "its hour has not come");

    net.travel(3_601).await.unwrap();
    wait_landed(&keeper, "execute_withdrawals", 2).await;
    assert!(net.link.account::<Withdrawal>(&small).await.unwrap().is_none());
    let part: Withdrawal = net.link.expect(&large).await.unwrap();
    assert!(part.short_since != 0 && part.paid_atoms > 0, "{part:?}");
    let paid = net.link.tokens(&destination).await.unwrap() - before;
    // A fifth of twenty millions an hour.
    assert!((3_999_000 * USD..=4_000_000 * USD).contains(&paid), "{paid}");

    // What is left waits for ten minutes and not for every atom that the limit frees.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(keeper.metric(LANDED, "duty=\"execute_withdrawals\"").await, 2);
    net.travel(600).await.unwrap();
    wait_landed(&keeper, "execute_withdrawals", 3).await;
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lapsed_withdrawals_ok_are_cancelled() {
    let net = started().await;
    let (keys, lp) = (net.market("SOL").unwrap().keys, &net.wallets.lp);
    let held = tokens::account_of(&lp.pubkey(), &pda::lp_mint(&keys.market));
    let before = net.link.tokens(&held).await.unwrap();
    let withdrawal = request(&net, &keys, lp, 0, 1_000 * USD).await;
    // Without a price nobody can execute it.
    net.pause_prices().unwrap();
    net.travel(7_201).await.unwrap();
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    wait_landed(&keeper, "cancel_withdrawals", 1).await;
    assert!(net.link.account::<Withdrawal>(&withdrawal).await.unwrap().is_none());
    assert_eq!(net.link.tokens(&held).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_market_ok_is_settled_and_its_positions_after_it() {
    let net = started().await;
    let keys = net.market("SOL").unwrap().keys;
    let positions = [open(&net, &keys, 500 * USD).await, open(&net, &keys, 700 * USD).await];
    let keeper = Running::ready(Setup::of(&net, &net.wallets.keeper)).await;
    // The oracle is dead.
    net.pause_prices().unwrap();
    net.travel(604_800 + 60).await.unwrap();
    // Every market's is.
    wait_landed(&keeper, "settle_markets", 3).await;
    wait_landed(&keeper, "settle_positions", 2).await;
    for position in positions {
        let found: Position = net.link.expect(&position).await.unwrap();
        assert_eq!(found.status, POSITION_CLOSED);
    }
    let market: Market = net.link.expect(&keys.market).await.unwrap();
    assert_eq!((market.status, market.long.positions), (MARKET_SETTLED, 0));
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wind_down_ok_is_kept_minute_by_minute_and_settled() {
    let net = started().await;
    let (keys, admin) = (net.market("ETH").unwrap().keys, &net.wallets.admin);
    let definition = Change::MarketStatus(MarketMode::WindDown);
    let (nonce, market) = (0, Some(keys.market));
    let queue = ix::queue_change(admin.pubkey(), market, QueueChangeArgs { nonce, definition });
    net.link.send(&[queue], &[admin]).await.unwrap();
    net.link.send(&[ix::apply_change(nonce, market, admin.pubkey())], &[admin]).await.unwrap();
    let mut setup = Setup::of(&net, &net.wallets.keeper);
    // Minutes follow each other faster than usual.
    setup.more = "send.hold_ms = 200\n".into();
    let keeper = Running::ready(setup).await;
    let is_settled = async || net.link.expect::<Market>(&keys.market).await.unwrap().status == MARKET_SETTLED;
    let kept = async || {
        let kept = net.link.account::<Settlement>(&pda::settlement(&keys.market)).await.unwrap();
        kept.map_or(0, |kept| kept.count)
    };
    for _ in 0..30 {
        let before = kept().await;
        net.travel(121).await.unwrap();
        wait("a minute is not kept", &keeper, async || is_settled().await || kept().await > before).await;
    }
    wait("it is not settled", &keeper, is_settled).await;
    let held: Market = net.link.expect(&keys.market).await.unwrap();
    assert_eq!(held.settlement_price_e12, net.price("ETH").unwrap().price_e8 * 10_000);
    let told = async || keeper.metric("bulkhead_keeper_events_total", "event=\"MarketSettledAt\"").await == 1;
    wait("its event is not counted", &keeper, told).await;
    assert_eq!(keeper.metric("bulkhead_keeper_transactions_failed_total", "").await, 0);
}
