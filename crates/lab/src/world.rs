//! An embedded chain with the compiled program on it: what the replay runs on, and the integration tests.
//!
//! [`World::new`] gives a protocol with one BTC-like market, a funded pool and a first price. Signatures and
//! blockhashes are not checked: whoever an instruction names as signer counts as one, so keys are all that an
//! [`Actor`] needs. A transaction that lacks a signature is told by its account meta, as on chain.
//!
//! Nothing here draws from the machine: the same calls give the same addresses, bumps and compute units.

mod accounts;
mod actors;
pub mod defaults;
mod ending;
mod liquidity;
mod outcome;
pub mod price;
mod program;
mod setup;
mod tokens;
mod top_ups;
mod triggers;

pub use actors::{Actor, Opening, any_price};
pub use liquidity::Provider;
pub use outcome::{InstructionUse, TxFailed, TxOk, expect_error, has_error};
pub use price::PriceUpdate;
pub use setup::{MarketSetup, WorldOptions};
pub use triggers::Waiting;

use std::collections::HashMap;

use anyhow::{Context, Result};
use bulkhead_client::MarketKeys;
use litesvm::LiteSVM;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_message::Message;
use solana_pubkey::Pubkey;
use solana_transaction::Transaction;

/// Lamports of everybody who is given any.
pub const LAMPORTS: u64 = 1_000_000_000_000;
/// Slots that a second of [`World::warp_to`] lasts, times two: 400 ms each.
const SLOTS_PER_TWO_SECS: u64 = 5;

/// The chain, and who is on it.
#[derive(Clone)]
pub struct World {
    /// For whatever the methods here do not cover.
    pub svm: LiteSVM,
    /// Upgrade authority and admin.
    pub admin: Pubkey,
    pub guardian: Pubkey,
    pub fee_receiver: Pubkey,
    /// Pays the fees of [`World::send`], so that nobody else's lamports move by them.
    pub fee_payer: Pubkey,
    /// Collateral: an SPL mint that `mint_authority` may mint and freeze.
    pub mint: Pubkey,
    pub mint_authority: Pubkey,
    /// Liquidity provider of [`World::new`]'s market.
    pub lp: Actor,
    /// Sends what anyone may send.
    pub keeper: Actor,
    /// Keys of market 0; of no market in a bare world.
    pub keys: MarketKeys,
    keys_drawn: u64,
    /// Last price written, by price account.
    prices: HashMap<Pubkey, PriceUpdate>,
}

impl World {
    /// A protocol with market 0, as [`WorldOptions::default`] describes it.
    pub fn new() -> Result<Self> {
        Self::with(WorldOptions::default())
    }

    /// The same with other options.
    pub fn with(options: WorldOptions) -> Result<Self> {
        let mut world = Self::bare(&options)?;
        world.initialize_protocol(options.cluster).context("initialize_protocol")?;
        let mut market = MarketSetup::of(&options, &world);
        market.index = 0;
        world.keys = world.create_market(&market).context("create_market")?;
        let keys = world.keys;
        world.set_price(&PriceUpdate::at(options.price_e8, options.start_secs));
        world.send(&[bulkhead_client::ix::update_market(&keys)]).context("update_market")?;
        if options.pool_atoms > 0 {
            world.lp = world.actor(options.pool_atoms);
            world.deposit(&keys, &world.lp.clone(), options.pool_atoms).context("deposit")?;
        }
        Ok(world)
    }

    /// The program and the mint, and nothing else: for tests of the first instructions.
    pub fn bare(options: &WorldOptions) -> Result<Self> {
        let nobody = Pubkey::default();
        let mut world = Self {
            svm: program::chain()?,
            admin: nobody,
            guardian: nobody,
            fee_receiver: nobody,
            fee_payer: nobody,
            mint: nobody,
            mint_authority: nobody,
            lp: Actor::default(),
            keeper: Actor::default(),
            keys: MarketKeys {
                market: nobody,
                price: nobody,
                collateral_price: None,
                collateral_mint: nobody,
                token_program: options.token_program,
            },
            keys_drawn: 0,
            prices: HashMap::new(),
        };
        world.admin = world.wallet();
        world.guardian = world.wallet();
        world.fee_receiver = world.wallet();
        world.fee_payer = world.wallet();
        world.mint_authority = world.wallet();
        world.mint = world.create_mint(options.token_program, defaults::QUOTE_DECIMALS);
        world.keeper = world.actor(0);
        program::set_upgrade_authority(&mut world.svm, world.admin)?;
        world.warp_to(options.start_secs);
        Ok(world)
    }

    /// A key that nobody has used.
    pub fn key(&mut self) -> Pubkey {
        self.keys_drawn += 1;
        let mut bytes = *b"bulkhead lab: an address........";
        bytes[24..].copy_from_slice(&self.keys_drawn.to_be_bytes());
        Pubkey::new_from_array(bytes)
    }

    /// A key with lamports.
    pub fn wallet(&mut self) -> Pubkey {
        let key = self.key();
        self.set_lamports(key, LAMPORTS);
        key
    }

    /// Sends one transaction; its fee comes from [`World::fee_payer`].
    pub fn send(&mut self, instructions: &[Instruction]) -> Result<TxOk, TxFailed> {
        self.send_paid_by(self.fee_payer, instructions)
    }

    /// Sends one transaction; `payer` pays its fee.
    pub fn send_paid_by(&mut self, payer: Pubkey, instructions: &[Instruction]) -> Result<TxOk, TxFailed> {
        let transaction = Transaction::new_unsigned(Message::new(instructions, Some(&payer)));
        match self.svm.send_transaction(transaction) {
            Ok(meta) => Ok(TxOk::new(meta, instructions)),
            Err(failed) => Err(TxFailed::new(failed, instructions)),
        }
    }

    /// The chain's clock.
    pub fn now(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    pub fn slot(&self) -> u64 {
        self.svm.get_sysvar::<Clock>().slot
    }

    /// Sets the chain's clock; the slot rises with it, by one at least. Prices stay as they are.
    pub fn warp_to(&mut self, unix_secs: i64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        let passed = u64::try_from(unix_secs - clock.unix_timestamp).unwrap_or(0);
        // The first warp of a world comes from the epoch: it is no time that passed.
        let slots = if clock.unix_timestamp == 0 { 1 } else { passed * SLOTS_PER_TWO_SECS / 2 };
        clock.slot += slots.max(1);
        clock.unix_timestamp = unix_secs;
        self.svm.set_sysvar(&clock);
    }

    /// Lets time pass and publishes every market's last price anew, at the new time.
    pub fn advance(&mut self, secs: i64) {
        self.warp_to(self.now() + secs);
        let now = self.now();
        let last: Vec<_> = self.prices.iter().map(|(account, price)| (*account, price.clone())).collect();
        for (account, price) in last {
            self.set_price_of(account, &PriceUpdate { publish_time: now, ..price });
        }
    }
}
