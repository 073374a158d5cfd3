//! `bulkhead-lab side-by-side`: what a position's life costs its user and its keeper, action by action, measured in
//! one run, beside figures cited of solana-labs/perpetuals.
//!
//! Each action is sent as a wallet sends it: one transaction an instruction, paid by who acts. Parameters are the
//! live ones of BTC, with trade fee, funding, borrow fee and price impact on. See docs/benchmarks/side_by_side.md.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use bulkhead::instructions::{ExecuteOrderArgs, PlaceOpeningOrderArgs, PlaceOrderArgs};
use bulkhead::state::{OrderAction, OrderKind, PositionSide};
use bulkhead_client::{ix, pda};
use clap::Args;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage};
use solana_pubkey::Pubkey;

use crate::show::grouped;
use crate::slots::ground::{Depth, crashed, live_world};
use crate::world::{Actor, PriceUpdate, World, any_price, defaults};

const SIZE_ATOMS: u64 = defaults::BASE_UNIT / 5;
const COLLATERAL_ATOMS: u64 = 2_400 * defaults::QUOTE_UNIT;
const TIP_LAMPORTS: u64 = bulkhead::constants::TIP_LAMPORTS_MIN;
/// Rent of a byte on mainnet since the second step of SIMD-0437, and what every account counts beside its data.
const RENT_PER_BYTE: u64 = 5_080;
const ACCOUNT_BYTES: u64 = 128;
/// Between placing and filling.
const FILL_AFTER_SECS: i64 = 3;

#[derive(Args, Clone, Debug)]
pub struct SideBySideArgs {
    /// Also write the tables to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What somebody wants.
    pub action: &'static str,
    /// Instruction that does it.
    pub instruction: &'static str,
    /// Who sends it.
    pub sender: &'static str,
    /// Compute units of the transaction.
    pub units: u64,
    /// Its bytes on the wire, with its signature.
    pub bytes: u64,
    /// Bytes of the accounts it creates, less those it closes.
    pub account_bytes: i64,
}

impl Step {
    /// Rent that it locks up, or gives back, at mainnet's present rate.
    pub fn rent_lamports(&self) -> i64 {
        self.account_bytes * RENT_PER_BYTE as i64
    }
}

/// Figures of another program, as they were published; not measured here.
struct Cited {
    action: &'static str,
    units: u64,
}

/// solana-labs/perpetuals at ebfb4972, compiled and run under the same LiteSVM: its own oracle account, no Pyth, no
/// vault of a position's own, one step where this program takes two.
const PERPETUALS: [Cited; 5] = [
    Cited { action: "open", units: 47_326 },
    Cited { action: "add collateral", units: 35_737 },
    Cited { action: "remove collateral", units: 36_082 },
    Cited { action: "close", units: 39_852 },
    Cited { action: "liquidate", units: 45_129 },
];
/// Bytes of its position.
const PERPETUALS_POSITION_BYTES: u64 = 248;

/// Measures and prints.
pub fn run(args: &SideBySideArgs, out: &mut impl Write) -> Result<bool> {
    let text = render(&measure()?);
    write!(out, "{text}")?;
    if let Some(file) = &args.out {
        std::fs::write(file, &text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(true)
}

/// A world that notes what every step costs.
struct Meter {
    world: World,
    steps: Vec<Step>,
}

/// Every step of a position's life, and of a liquidation's.
pub fn measure() -> Result<Vec<Step>> {
    let mut meter = Meter { world: live_world()?, steps: Vec::new() };
    let owner = meter.world.actor(10 * COLLATERAL_ATOMS);
    let first = meter.open(&owner, 0, "open, the owner's first")?;
    meter.open(&owner, 1, "open")?;
    meter.collateral(&owner, first)?;
    meter.close(&owner, first)?;
    for (depth, action) in [
        (Depth::Part, "liquidate, part"),
        (Depth::Whole, "liquidate, whole"),
        (Depth::Insolvent, "liquidate, insolvent"),
    ] {
        let (world, positions) = crashed(1, depth)?;
        meter.world = world;
        let (keys, keeper) = (meter.world.keys, meter.world.keeper);
        let liquidate = ix::liquidate(&keys, keeper.key, keeper.tokens, positions[0]);
        meter.send(action, "liquidate", ("keeper", keeper.key), &[liquidate], &[])?;
    }
    Ok(meter.steps)
}

impl Meter {
    fn send(
        &mut self,
        action: &'static str,
        instruction: &'static str,
        (sender, payer): (&'static str, Pubkey),
        instructions: &[Instruction],
        watched: &[Pubkey],
    ) -> Result<()> {
        let message = Message::new(instructions, Some(&payer));
        let signatures = u64::from(message.header.num_required_signatures);
        let bytes = 1 + 64 * signatures + VersionedMessage::Legacy(message).serialize().len() as u64;
        let before = self.bytes_of(watched);
        let done = self.world.send_paid_by(payer, instructions).context(action)?;
        let account_bytes = self.bytes_of(watched) - before;
        let units = done.units;
        self.steps.push(Step { action, instruction, sender, units, bytes, account_bytes });
        Ok(())
    }

    /// Bytes that accounts take up for their rent.
    fn bytes_of(&self, accounts: &[Pubkey]) -> i64 {
        let there = accounts.iter().filter_map(|key| self.world.account(key));
        there
            .filter(|account| account.lamports > 0)
            .map(|account| account.data.len() as i64 + ACCOUNT_BYTES as i64)
            .sum()
    }

    fn price_now(&mut self) {
        let update = PriceUpdate::at(defaults::START_PRICE_E8, self.world.now());
        self.world.set_price(&update);
    }

    fn open(&mut self, owner: &Actor, position_id: u32, action: &'static str) -> Result<Pubkey> {
        let keys = self.world.keys;
        let position = pda::position(&keys.market, &owner.key, position_id);
        let order = pda::order(&position, 0);
        let trader = pda::trader(&keys.market, &owner.key);
        let watched = [position, pda::vault(&position), order, trader];
        let args = PlaceOpeningOrderArgs {
            position_id,
            side: PositionSide::Long,
            collateral_atoms: COLLATERAL_ATOMS,
            kind: OrderKind::Market,
            size_atoms: SIZE_ATOMS,
            acceptable_price_e12: any_price(PositionSide::Long, OrderAction::Increase),
            payout_cap_ppm: 200_000,
            tip_lamports: TIP_LAMPORTS,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let place = ix::place_opening_order(&keys, owner.key, owner.key, owner.tokens, args);
        self.send(action, "place_opening_order", ("owner", owner.key), &[place], &watched)?;
        self.fill(action, position, 0, &watched)?;
        Ok(position)
    }

    /// Brings a price of the window, in the minute that has its sample already, and executes the order.
    fn fill(
        &mut self,
        action: &'static str,
        position: Pubkey,
        order_id: u32,
        watched: &[Pubkey],
    ) -> Result<()> {
        let keys = self.world.keys;
        self.world.warp_to(self.world.now() + FILL_AFTER_SECS);
        self.price_now();
        self.world.send(&[ix::update_market(&keys)]).context("update_market")?;
        let account = self.world.order(&pda::order(&position, order_id));
        let args = ExecuteOrderArgs { placed_at: account.placed_at, tip_lamports_min: account.tip_lamports };
        let keeper = self.world.keeper.key;
        let execute = ix::execute_order(&keys, keeper, position, order_id, account.payer, args);
        self.send(action, "execute_order", ("keeper", keeper), &[execute], watched)
    }

    fn collateral(&mut self, owner: &Actor, position: Pubkey) -> Result<()> {
        let keys = self.world.keys;
        let sender = ("owner", owner.key);
        let amount = COLLATERAL_ATOMS / 4;
        let add = ix::add_collateral(&keys, owner.key, owner.tokens, position, amount);
        self.send("add collateral", "add_collateral", sender, &[add], &[])?;
        self.price_now();
        let remove = ix::remove_collateral(&keys, owner.key, position, owner.tokens, amount);
        self.send("remove collateral", "remove_collateral", sender, &[remove], &[])
    }

    fn close(&mut self, owner: &Actor, position: Pubkey) -> Result<()> {
        let keys = self.world.keys;
        let order_id = self.world.position(&position).next_order_id;
        let watched = [position, pda::vault(&position), pda::order(&position, order_id)];
        let sender = ("owner", owner.key);
        let args = PlaceOrderArgs {
            order_id,
            action: OrderAction::Decrease,
            kind: OrderKind::Market,
            size_atoms: u64::MAX,
            acceptable_price_e12: any_price(PositionSide::Long, OrderAction::Decrease),
            payout_cap_ppm: 1_000_000,
            tip_lamports: TIP_LAMPORTS,
            trigger_price_e12: 0,
            expires_at: 0,
        };
        let place = ix::place_order(&keys, owner.key, owner.key, position, args);
        self.send("close", "place_order", sender, &[place], &watched)?;
        self.fill("close", position, order_id, &watched)?;
        let empty = ix::close_position(&keys, owner.key, position, owner.tokens);
        self.send("close", "close_position", sender, &[empty], &watched)
    }
}

fn signed(value: i64) -> String {
    crate::show::grouped_signed(value)
}

/// The tables as Markdown.
pub fn render(steps: &[Step]) -> String {
    let mut text = String::from(
        "| action | instruction | sent by | units | transaction, bytes | accounts, bytes | rent, lamports |\n\
         |---|---|---|--:|--:|--:|--:|\n",
    );
    for step in steps {
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {} | {} | {} |",
            step.action,
            step.instruction,
            step.sender,
            grouped(step.units),
            grouped(step.bytes),
            signed(step.account_bytes),
            signed(step.rent_lamports()),
        );
    }
    text.push_str(
        "\n| action | Bulkhead: units of all its transactions | of its largest | \
         solana-labs/perpetuals, **cited**, not measured here |\n|---|--:|--:|--:|\n",
    );
    for Cited { action, units } in PERPETUALS {
        let of_action = |step: &&Step| {
            step.action == action || (action == "liquidate" && step.action == "liquidate, part")
        };
        let ours = || steps.iter().filter(of_action).map(|step| step.units);
        let (sum, largest) = (ours().sum::<u64>(), ours().max().unwrap_or(0));
        let (sum, largest, units) = (grouped(sum), grouped(largest), grouped(units));
        let _ = writeln!(text, "| {action} | {sum} | {largest} | {units} |");
    }
    let kept: i64 = steps.iter().filter(|step| step.action == "open").map(|step| step.account_bytes).sum();
    let _ = writeln!(
        text,
        "\nAn open position keeps {} bytes of accounts (the position and its own token vault, each counted with {} \
         bytes of overhead), or {} lamports of rent, which come back when it is closed; cited: {} bytes, without a \
         vault, {} lamports at the same rate.",
        grouped(kept.unsigned_abs()),
        ACCOUNT_BYTES,
        grouped(kept.unsigned_abs() * RENT_PER_BYTE),
        PERPETUALS_POSITION_BYTES,
        grouped((PERPETUALS_POSITION_BYTES + ACCOUNT_BYTES) * RENT_PER_BYTE),
    );
    text
}
