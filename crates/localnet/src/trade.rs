//! Placing and filling orders over JSON-RPC, as wallets and keepers do.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{Market, Order, OrderAction, OrderKind, POSITION_OPEN, Position, PositionSide, Trader};
use bulkhead_client::{MarketKeys, ix, pda, read_sample};
use bulkhead_lab::world::{Opening, any_price};
use bulkhead_risk::{BaseAtoms, Params, PriceE12, QuoteAtoms, Sample, UnixSeconds, orders};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::link::Link;
use crate::tokens;

const POLL_EVERY: Duration = Duration::from_millis(100);
/// An order that nobody could fill by then never will be: delay and window are half a minute at most.
const FILL_MAX: Duration = Duration::from_secs(75);

/// The instruction that opens a position of `owner`, paid by itself.
pub fn opening(keys: &MarketKeys, owner: &Pubkey, position_id: u32, opening: &Opening) -> Instruction {
    let args = PlaceOpeningOrderArgs {
        trigger_price_e12: 0,
        expires_at: 0,
        position_id,
        side: opening.side,
        collateral_atoms: opening.collateral_atoms,
        kind: OrderKind::Market,
        size_atoms: opening.size_atoms,
        acceptable_price_e12: opening.acceptable_price_e12,
        payout_cap_ppm: opening.payout_cap_ppm,
        tip_lamports: opening.tip_lamports,
    };
    let source = tokens::account_of(owner, &keys.collateral_mint);
    ix::place_opening_order(keys, *owner, *owner, source, args)
}

/// The id that an owner's next position in a market has.
pub async fn next_position_id(link: &Link, keys: &MarketKeys, owner: &Pubkey) -> Result<u32> {
    let counters = link.account::<Trader>(&pda::trader(&keys.market, owner)).await?;
    Ok(counters.map_or(0, |counters| counters.next_position_id))
}

/// Places the order that opens a position; the address is the position's.
pub async fn place(link: &Link, keys: &MarketKeys, owner: &Keypair, order: &Opening) -> Result<Pubkey> {
    let key = owner.pubkey();
    let id = next_position_id(link, keys, &key).await?;
    link.send(&[opening(keys, &key, id, order)], &[owner]).await?;
    Ok(pda::position(&keys.market, &key, id))
}

/// Opens a position: places the order, waits for a price of its window, fills it as `executor`.
pub async fn open(
    link: &Link,
    keys: &MarketKeys,
    owner: &Keypair,
    executor: &Keypair,
    order: &Opening,
) -> Result<Pubkey> {
    let position = place(link, keys, owner, order).await?;
    fill_when_due(link, keys, executor, position, 0).await?;
    let status = link.expect::<Position>(&position).await?.status;
    ensure!(status == POSITION_OPEN, "the order that opens {position} was refused when it was filled");
    Ok(position)
}

/// Closes an open position and takes everything out of it; it is gone then.
pub async fn close(
    link: &Link,
    keys: &MarketKeys,
    owner: &Keypair,
    executor: &Keypair,
    position: Pubkey,
) -> Result<()> {
    let account = link.expect::<Position>(&position).await?;
    let side = if account.side == 0 { PositionSide::Long } else { PositionSide::Short };
    let args = PlaceOrderArgs {
        trigger_price_e12: 0,
        expires_at: 0,
        order_id: account.next_order_id,
        action: OrderAction::Decrease,
        kind: OrderKind::Market,
        size_atoms: u64::MAX,
        acceptable_price_e12: any_price(side, OrderAction::Decrease),
        payout_cap_ppm: 1_000_000,
        tip_lamports: bulkhead::constants::TIP_LAMPORTS_MIN,
    };
    let key = owner.pubkey();
    link.send(&[ix::place_order(keys, key, key, position, args)], &[owner]).await?;
    fill_when_due(link, keys, executor, position, args.order_id).await?;
    let destination = tokens::account_of(&key, &keys.collateral_mint);
    link.send(&[ix::close_position(keys, key, position, destination)], &[owner]).await.map(drop)
}

/// Waits for a price that fills the order, and fills it. Somebody else filling it first is as good.
pub async fn fill_when_due(
    link: &Link,
    keys: &MarketKeys,
    executor: &Keypair,
    position: Pubkey,
    order_id: u32,
) -> Result<()> {
    let deadline = Instant::now() + FILL_MAX;
    let address = pda::order(&position, order_id);
    let mut refusal = None;
    while Instant::now() < deadline {
        let Some(order) = link.account::<Order>(&address).await? else { return Ok(()) };
        if is_due(link, keys, &order).await? {
            let fill = execution(keys, &executor.pubkey(), position, order_id, &order);
            match link.send(&[fill], &[executor]).await {
                Ok(_) => return Ok(()),
                Err(error) => refusal = Some(error),
            }
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
    match refusal {
        Some(error) => Err(error.context(format!("order {order_id} of {position} does not fill"))),
        None => bail!("no price came for order {order_id} of {position}"),
    }
}

/// The instruction that fills an order.
pub fn execution(
    keys: &MarketKeys,
    executor: &Pubkey,
    position: Pubkey,
    order_id: u32,
    order: &Order,
) -> Instruction {
    let args = ExecuteOrderArgs { placed_at: order.placed_at, tip_lamports_min: order.tip_lamports };
    ix::execute_order(keys, *executor, position, order_id, order.payer, args)
}

async fn is_due(link: &Link, keys: &MarketKeys, order: &Order) -> Result<bool> {
    let market = link.expect::<Market>(&keys.market).await?;
    let sample = sample(link, &market).await?;
    Ok(is_in_window(&market.params.view(), order, &sample))
}

/// Whether the price fills the order, as far as time goes.
pub(crate) fn is_in_window(params: &Params, order: &Order, sample: &Sample) -> bool {
    orders::require_in_window(params, UnixSeconds(order.placed_at), sample.publish_time).is_ok()
}

/// The price in a market's price account.
pub async fn sample(link: &Link, market: &Market) -> Result<Sample> {
    let address = market.oracle.account;
    let raw = link.raw(&address).await?.context("the market has no price account")?;
    ensure!(raw.owner == market.oracle.program, "the price account is of another program");
    Ok(read_sample(&market.oracle, &address, &raw.owner, &raw.data)?)
}

/// The least size worth `notional_usd` at `price`.
pub fn size_of(market: &Market, notional_usd: u64, price: PriceE12) -> Result<BaseAtoms> {
    let notional = QuoteAtoms(notional_usd * tokens::QUOTE_UNIT);
    market.params.view().size_ceil(notional, price).map_err(|error| anyhow!("size: {error:?}"))
}
