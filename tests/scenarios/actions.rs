//! What can happen next, drawn at random: anybody does anything, at hostile prices, now and then with the
//! wrong accounts.

use crate::random::Random;
use bulkhead_client::pda;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::town::{Known, MARKETS, Town};
use crate::{ending, governance, keeping, liquidity, prices, top_ups, trading, views};

/// Something to send.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) instructions: Vec<Instruction>,
    /// The position that a liquidation is about.
    pub(crate) liquidates: Option<Known>,
    /// An exit whose conditions are met: it must go through.
    pub(crate) is_sure: bool,
    /// It must be refused.
    pub(crate) is_hopeless: bool,
    /// One that answers and changes nothing.
    pub(crate) view: Option<views::Asked>,
}

impl Plan {
    pub(crate) fn of(name: &'static str, instruction: Instruction) -> Self {
        Self::all(name, vec![instruction])
    }

    pub(crate) fn all(name: &'static str, instructions: Vec<Instruction>) -> Self {
        Self { name, instructions, liquidates: None, is_sure: false, is_hopeless: false, view: None }
    }

    pub(crate) fn sure_if(self, is_sure: bool) -> Self {
        Self { is_sure, ..self }
    }

    pub(crate) fn hopeless(self) -> Self {
        Self { is_hopeless: true, ..self }
    }

    pub(crate) fn liquidating(self, known: Known) -> Self {
        Self { liquidates: Some(known), ..self }
    }
}

/// Draws action `number` of a life. Some happen outside the program (time, prices, freezing, donations): those
/// send nothing.
pub(crate) fn draw(random: &mut Random, town: &mut Town, number: u64) -> Option<Plan> {
    let mut plan = match ending::due(random, town, number) {
        Some(plan) => plan,
        None => ordinary(random, town)?,
    };
    if random.chance(6) && plan.view.is_none() {
        spoil(random, town, &mut plan);
    }
    Some(plan)
}

fn ordinary(random: &mut Random, town: &mut Town) -> Option<Plan> {
    // An order waits a quarter of a minute: most are filled next, as keepers would.
    let roll = if trading::is_any_live(town) && random.chance(35) { 300 } else { random.range(0, 999) };
    match roll {
        0..150 => prices::tick(random, town),
        150..180 => prices::crank(random, town),
        180..270 => trading::open(random, town),
        270..370 => trading::execute(random, town),
        370..450 => trading::place(random, town),
        450..500 => trading::trigger(random, town),
        500..545 => trading::cancel(random, town),
        545..560 => trading::add(random, town),
        560..580 => trading::remove(random, town),
        580..615 => trading::close(random, town),
        615..635 => trading::delegate(random, town),
        635..660 => keeping::refresh(random, town),
        660..690 => keeping::flag(random, town),
        690..745 => keeping::liquidate_some(random, town),
        745..765 => keeping::refresh_and_liquidate(random, town),
        765..785 => keeping::settle(random, town),
        785..800 => keeping::collect_frozen(random, town),
        800..820 => liquidity::deposit(random, town),
        820..840 => liquidity::request(random, town),
        840..865 => liquidity::execute(random, town),
        865..880 => liquidity::cancel(random, town),
        880..900 => top_ups::set(random, town),
        900..910 => top_ups::approve_or_revoke(random, town),
        910..935 => top_ups::execute(random, town),
        935..945 => top_ups::cancel(random, town),
        945..970 => governance::act(random, town),
        970..985 => views::ask(random, town),
        985..990 => prices::freeze(random, town),
        990..995 => prices::donate(random, town),
        995..998 => governance::collect_fees(random, town),
        _ => governance::trespass(random, town),
    }
}

pub(crate) fn some_market(random: &mut Random) -> usize {
    random.range(0, MARKETS as u64 - 1) as usize
}

pub(crate) fn some_position(random: &mut Random, town: &Town) -> Option<Known> {
    if town.positions.is_empty() { None } else { Some(random.pick(&town.positions)) }
}

/// Puts another account in the place of one. Where tokens leave to is anybody's choice: that one stays.
fn spoil(random: &mut Random, town: &Town, plan: &mut Plan) {
    let outside = |key: &Pubkey| {
        town.owners.iter().any(|owner| owner.tokens.contains(key) || owner.shares.contains(key))
            || town.keeper_tokens.contains(key)
            || town.fee_tokens.contains(key)
    };
    let mut others: Vec<Pubkey> = vec![pda::protocol()];
    for (keys, vaults) in town.markets.iter().zip(&town.vaults) {
        others.extend([keys.market, keys.price, vaults.pool, vaults.insurance, vaults.lp_mint]);
        others.extend([keys.collateral_mint, keys.token_program]);
    }
    others.extend(town.positions.iter().flat_map(|known| [known.key, known.vault, known.plan]));
    others.extend(town.orders.iter().map(|order| order.key));
    others.extend(town.leaving.iter().map(|leaving| leaving.key));
    others.extend(town.changes.iter().map(|change| change.key));
    let last = plan.instructions.last_mut().expect("a plan sends something");
    if last.program_id != bulkhead_client::ID {
        return;
    }
    let place = random.range(0, last.accounts.len() as u64 - 1) as usize;
    // Whoever signs may be anybody too, but nobody else's tokens are theirs to give.
    let meta = &mut last.accounts[place];
    if !meta.is_signer && !outside(&meta.pubkey) {
        meta.pubkey = random.pick(&others);
        (plan.name, plan.is_sure, plan.is_hopeless) = ("wrong account", false, false);
    }
}
