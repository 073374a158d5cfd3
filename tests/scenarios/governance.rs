//! Admin and guardian at work, and what others try in their place.

use crate::random::Random;
use bulkhead::constants::TIMELOCK_SECS_MAX;
use bulkhead::instructions::{Change, CreateMarketArgs, InitializeProtocolArgs, MarketMode, QueueChangeArgs};
use bulkhead::state::{Cluster, MARKET_ACTIVE, PauseKind, Protocol};
use bulkhead::views::MarketParams;
use bulkhead_client::{ix, pda};

use crate::actions::{Plan, some_market};
use crate::town::{Queued, Town, USD, collateral_oracle, oracle_of, params};

/// At a time.
const CHANGES_MAX: usize = 6;
const KINDS: [PauseKind; 3] = [PauseKind::NewRisk, PauseKind::Deposits, PauseKind::Withdrawals];

pub(crate) fn act(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let protocol = town.world.protocol().expect("it is set up");
    match random.range(0, 99) {
        0..28 => queue(random, town, &protocol),
        28..58 => apply(random, town),
        58..66 => cancel(random, town, &protocol),
        66..74 => propose(random, town, &protocol),
        74..82 => Some(Plan::of("accept", ix::accept_admin(protocol.pending_admin))),
        _ => pause_or_unpause(random, town, &protocol),
    }
}

pub(crate) fn queue_of(protocol: &Protocol, town: &Town, market: Option<usize>, definition: Change) -> Plan {
    let args = QueueChangeArgs { nonce: protocol.next_change, definition };
    let market = market.map(|market| town.markets[market].market);
    Plan::of("queue", ix::queue_change(protocol.admin, market, args))
}

fn queue(random: &mut Random, town: &Town, protocol: &Protocol) -> Option<Plan> {
    if town.changes.len() >= CHANGES_MAX {
        return None;
    }
    let market = some_market(random);
    let definition = match random.range(0, 99) {
        0..45 => Change::MarketParams(drawn_params(random)),
        45..55 => Change::OracleGeneration(oracle_of(market, random.range(0, 1))),
        // Nothing would happen any more in a market that stayed so.
        55..75 => Change::MarketStatus(match town.market(market).status {
            MARKET_ACTIVE if random.chance(40) => MarketMode::ReduceOnly,
            _ => MarketMode::Active,
        }),
        75..85 => Change::CollateralOracle(random.chance(40).then(collateral_oracle)),
        _ => {
            let timelock_secs =
                if random.chance(10) { TIMELOCK_SECS_MAX + 1 } else { random.range_u32(0, 1_800) };
            let guardian = random.pick(&[town.world.guardian, town.owners[1].key]);
            let settings =
                Change::ProtocolSettings { guardian, fee_receiver: town.world.fee_receiver, timelock_secs };
            return Some(queue_of(protocol, town, None, settings));
        }
    };
    Some(queue_of(protocol, town, Some(market), definition))
}

/// Within the bounds, but for one in ten.
fn drawn_params(random: &mut Random) -> MarketParams {
    let kink = random.range(0, 60_000);
    let drawn = MarketParams {
        trade_fee_ppm: random.range_u32(0, 2_000),
        margin_min_ppm: random.range_u32(15_000, 50_000),
        margin_max_ppm: random.range_u32(100_000, 300_000),
        initial_margin_min_ppm: random.range_u32(10_000, 100_000),
        liquidation_fee_ppm: random.range_u32(1_000, 7_500),
        confidence_max_ppm: random.range_u32(5_000, 20_000),
        utilisation_max_ppm: random.range_u32(600_000, 900_000),
        pool_share_max_ppm: random.range_u32(50_000, 300_000),
        order_delay_secs: random.range_u32(2, 4),
        order_window_secs: random.range_u32(12, 30),
        borrow_kink_rate_e12: kink,
        borrow_full_rate_e12: kink + random.range(0, 200_000),
        funding_velocity_max_e18: random.range(0, 88_082_778),
        funding_rate_max_e12: random.range(0, 317_098),
        impact_scale_quote_atoms: random.pick(&[0, 200_000_000 * USD, 400_000_000 * USD]),
        keeper_floor_quote_atoms: random.range(0, 150_000),
        crank_fee_quote_atoms: random.range(0, 100_000),
        ..params()
    };
    match random.range(0, 29) {
        0 => MarketParams { base_decimals: 9, ..drawn },
        1 => MarketParams { margin_min_ppm: drawn.margin_max_ppm + 1, ..drawn },
        2 => MarketParams { borrow_full_rate_e12: 317_099, ..drawn },
        _ => drawn,
    }
}

pub(crate) fn apply_of(town: &Town, change: &Queued) -> Option<Plan> {
    let queued = town.world.load::<bulkhead::state::ParamChange>(&change.key)?;
    let market = change.market.map(|market| town.markets[market].market);
    Some(Plan::of("apply", ix::apply_change(change.nonce, market, queued.payer)))
}

/// Mostly once its time has come.
fn apply(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let change = town.changes.first().copied()?;
    let queued = town.world.load::<bulkhead::state::ParamChange>(&change.key)?;
    if town.world.now() < queued.applies_from && random.chance(70) {
        town.world.warp_to(queued.applies_from);
    }
    apply_of(town, &change)
}

/// The admin must be able to. A wind-down stays: without it no run would see one.
fn cancel(random: &mut Random, town: &Town, protocol: &Protocol) -> Option<Plan> {
    let change = town.changes.iter().find(|change| !change.is_wind_down)?;
    let queued = town.world.load::<bulkhead::state::ParamChange>(&change.key)?;
    let is_admin = random.chance(80);
    let canceller = if is_admin { protocol.admin } else { town.world.keeper.key };
    let cancel = ix::cancel_change(canceller, change.nonce, queued.payer);
    Some(Plan::of("cancel change", cancel).sure_if(is_admin))
}

fn propose(random: &mut Random, town: &Town, protocol: &Protocol) -> Option<Plan> {
    let next = random.pick(&[town.world.admin, town.owners[2].key, town.owners[3].key]);
    let by = if random.chance(90) { protocol.admin } else { town.owners[1].key };
    let is_admin = by == protocol.admin;
    Some(Plan::of("propose", ix::propose_admin(by, next)).sure_if(is_admin))
}

/// What is paused is mostly lifted before long: otherwise runs would see little else.
fn pause_or_unpause(random: &mut Random, town: &Town, protocol: &Protocol) -> Option<Plan> {
    let pauses = [protocol.pause_new_risk, protocol.pause_deposits, protocol.pause_withdrawals];
    let now = town.world.now();
    let paused = KINDS.iter().zip(pauses).find(|(_, pause)| pause.until > now);
    if let Some((kind, _)) = paused {
        let by = random.pick(&[protocol.guardian, protocol.admin]);
        return Some(Plan::of("unpause", ix::unpause(by, *kind)).sure_if(true));
    }
    let (kind, pause) = KINDS.into_iter().zip(pauses).nth(random.range(0, 2) as usize)?;
    let may = now >= pause.again_from;
    Some(Plan::of("pause", ix::pause(protocol.guardian, kind)).sure_if(may))
}

pub(crate) fn collect_fees(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let market = some_market(random);
    let has_fees = town.market(market).protocol_fees_atoms != 0;
    let collect = ix::collect_fees(&town.markets[market], town.fee_tokens[market]);
    Some(Plan::of("collect fees", collect).sure_if(has_fees))
}

/// What must be refused, whoever tries and whenever.
pub(crate) fn trespass(random: &mut Random, town: &mut Town) -> Option<Plan> {
    let (stranger, market) = (town.owners[4].key, some_market(random));
    let keys = &town.markets[market];
    let protocol = town.world.protocol().expect("it is set up");
    let plan = match random.range(0, 5) {
        0 => {
            let args = InitializeProtocolArgs {
                cluster: Cluster::Localnet,
                timelock_secs: 0,
                guardian: stranger,
                fee_receiver: stranger,
            };
            Plan::of("initialize", ix::initialize_protocol(town.world.admin, args))
        }
        1 => {
            let args = CreateMarketArgs {
                index: protocol.market_count,
                oracle: oracle_of(market, 0),
                params: params(),
                collateral_oracle: None,
            };
            Plan::of("create", ix::create_market(stranger, keys.collateral_mint, keys.token_program, args))
        }
        2 => Plan::of("accept", ix::accept_admin(stranger)),
        3 => Plan::of("pause", ix::pause(stranger, PauseKind::NewRisk)),
        _ => Plan::of("migrate", ix::migrate_market(stranger, pda::market(market as u16))),
    };
    Some(plan.hopeless())
}
