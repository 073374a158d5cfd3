//! What providers hold, and every token there is: sums that a position's books do not show.

use bulkhead::state::{Order, Withdrawal};
use bulkhead_client::pda;
use bulkhead_risk::pool::SHARES_LOCKED;
use solana_pubkey::Pubkey;

use crate::books::{donated, equal};
use crate::town::{MARKETS, Town};

/// Where a mint keeps its supply, under both token programs.
const SUPPLY: std::ops::Range<usize> = 36..44;

fn supply(town: &Town, mint: &Pubkey) -> u64 {
    let data = town.world.data(mint).expect("the mint is there");
    u64::from_le_bytes(data[SUPPLY].try_into().expect("eight bytes"))
}

fn balances<'a>(town: &Town, accounts: impl Iterator<Item = &'a Pubkey>) -> u128 {
    accounts.map(|account| u128::from(town.world.token_balance(account))).sum()
}

/// INV-13, INV-14: shares and withdrawals of a market.
pub(crate) fn check_pool(town: &Town, number: usize) -> Result<(), String> {
    let (market, mint) = (town.market(number), town.vaults[number].lp_mint);
    let held = balances(town, town.owners.iter().map(|owner| &owner.shares[number]));
    let (mut escrowed, mut short, mut oldest) = (0, 0, i64::MAX);
    for leaving in town.leaving.iter().filter(|leaving| leaving.market == number) {
        let withdrawal = town.withdrawal(leaving);
        let in_escrow = town.world.token_balance(&withdrawal.vault);
        let booked = withdrawal.shares + donated(town, &withdrawal.vault);
        equal("INV-13: escrow of a withdrawal", in_escrow, booked)?;
        escrowed += u128::from(in_escrow);
        if withdrawal.short_since != 0 {
            (short, oldest) = (short + 1, oldest.min(withdrawal.short_since));
        }
        let rent = rent_of::<Withdrawal>(town);
        let lamports = town.world.lamports(&leaving.key);
        equal("INV-15: lamports of a withdrawal", lamports, rent + withdrawal.tip_lamports)?;
    }
    let supply = supply(town, &mint);
    equal("INV-13: shares held and in escrow", held + escrowed, u128::from(supply))?;
    equal("INV-13: shares booked", market.shares, supply + SHARES_LOCKED.get())?;
    equal("INV-14: withdrawals that wait", market.withdrawals_short, short)?;
    let is_noted = market.withdrawals_short_since != 0;
    equal("INV-14: whether any waits", is_noted, short != 0)?;
    equal("INV-14: since when", short == 0 || market.withdrawals_short_since <= oldest, true)
}

/// INV-11: every token of a mint lies in an account that is known.
pub(crate) fn check_supply(town: &Town) -> Result<(), String> {
    let mut mints: Vec<Pubkey> = town.markets.iter().map(|keys| keys.collateral_mint).collect();
    mints.sort_unstable();
    mints.dedup();
    for mint in mints {
        let mut found = 0;
        for number in (0..MARKETS).filter(|number| town.markets[*number].collateral_mint == mint) {
            let vaults = [town.vaults[number].pool, town.vaults[number].insurance];
            let others = [town.keeper_tokens[number], town.fee_tokens[number]];
            found += balances(town, vaults.iter().chain(&others));
            found += balances(town, town.owners.iter().map(|owner| &owner.tokens[number]));
            let positions = town.positions.iter().filter(|known| known.market == number);
            found += balances(town, positions.map(|known| &known.vault));
        }
        equal("INV-11: tokens of a mint", found, u128::from(supply(town, &mint)))?;
    }
    Ok(())
}

/// INV-15: an order holds its rent and what it has not paid yet.
pub(crate) fn check_tips(town: &Town) -> Result<(), String> {
    for waiting in &town.orders {
        let Some(order) = town.order(waiting) else { continue };
        let trigger_tip = match order.kind != 0 && order.triggered_at == 0 {
            true => bulkhead::constants::TRIGGER_TIP_LAMPORTS,
            false => 0,
        };
        let expected = rent_of::<Order>(town) + order.tip_lamports + trigger_tip;
        equal("INV-15: lamports of an order", town.world.lamports(&waiting.key), expected)?;
    }
    for position in &town.plans {
        let plan = town.plan_of(position).ok_or("a plan is gone")?;
        equal("a plan's address", plan.position, *position)?;
        equal("a plan's seeds", town.exists(&pda::top_up(position)), true)?;
    }
    Ok(())
}

fn rent_of<T>(town: &Town) -> u64 {
    town.world.svm.minimum_balance_for_rent_exemption(8 + size_of::<T>())
}
