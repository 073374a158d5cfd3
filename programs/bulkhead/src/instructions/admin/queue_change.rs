//! The admin queues a change, which waits out the timelock.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::error::BulkheadError;
use crate::events::ChangeQueued;
use crate::guard;
use crate::oracle::OracleSource;
use crate::state::*;
use crate::views::MarketParams;

/// What a market may be set to by a change.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketMode {
    /// Takes new risk.
    Active,
    /// Positions can only shrink, the pool takes no deposits.
    ReduceOnly,
    /// Reduce-only, and settled at the median index of the following 60 minutes. Cannot be undone once begun.
    WindDown,
}

/// What a change sets. All but the protocol's settings belong to a market.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// All parameters; those of decimals must stay as they are.
    MarketParams(MarketParams),
    /// Receiver generation and shard; the feed must stay what it is.
    OracleGeneration(OracleSource),
    /// Active, reduce-only or wound down.
    MarketStatus(MarketMode),
    /// Protocol-wide settings, all of them.
    ProtocolSettings {
        /// Guardian.
        guardian: Pubkey,
        /// Owner of the fee token accounts.
        fee_receiver: Pubkey,
        /// Seconds that later changes wait.
        timelock_secs: u32,
    },
    /// Where a market reads the price of its collateral; none asks for no such price.
    CollateralOracle(Option<OracleSource>),
}

/// A change and its number.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct QueueChangeArgs {
    /// The protocol's next change.
    pub nonce: u64,
    /// What to set.
    pub definition: Change,
}

/// Accounts of `queue_change`.
#[derive(Accounts)]
#[instruction(args: QueueChangeArgs)]
pub struct QueueChange<'info> {
    /// Admin; pays rent.
    #[account(mut, address = protocol.load()?.admin @ BulkheadError::AdminRequired)]
    pub admin: Signer<'info>,
    /// The protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, Protocol>,
    /// The market that the change is for; none for protocol settings.
    pub market: Option<AccountLoader<'info, Market>>,
    /// The queued change.
    #[account(
        init, payer = admin, space = 8 + size_of::<ParamChange>(),
        seeds = [CHANGE_SEED, protocol.key().as_ref(), &args.nonce.to_le_bytes()], bump
    )]
    pub change: AccountLoader<'info, ParamChange>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl QueueChange<'_> {
    fn validate(&self, args: &QueueChangeArgs) -> Result<()> {
        // admin - checked in the #[account] attribute.
        require!(args.nonce == self.protocol.load()?.next_change, BulkheadError::IdMismatch);
        let is_for_protocol = matches!(args.definition, Change::ProtocolSettings { .. });
        require!(self.market.is_none() == is_for_protocol, BulkheadError::ChangeMarketMismatch);
        Ok(())
    }
}

impl ParamChange {
    fn fill(&mut self, definition: &Change, protocol: &Protocol, market: Option<&Market>) -> Result<()> {
        let market = || market.ok_or_else(|| error!(BulkheadError::ChangeMarketMismatch));
        match definition {
            Change::MarketParams(params) => {
                self.kind = CHANGE_MARKET_PARAMS;
                self.params.store(&params.checked(market()?.params.quote_decimals)?);
            }
            Change::OracleGeneration(source) => {
                self.kind = CHANGE_ORACLE;
                self.oracle = source.resolve(protocol.is_mainnet())?;
            }
            Change::MarketStatus(mode) => {
                self.kind = CHANGE_STATUS;
                self.status = match mode {
                    MarketMode::Active => MARKET_ACTIVE,
                    MarketMode::ReduceOnly => MARKET_REDUCE_ONLY,
                    MarketMode::WindDown => STATUS_WIND_DOWN,
                };
            }
            Change::ProtocolSettings { guardian, fee_receiver, timelock_secs } => {
                self.kind = CHANGE_SETTINGS;
                self.guardian = *guardian;
                self.fee_receiver = *fee_receiver;
                self.timelock_secs = *timelock_secs;
            }
            Change::CollateralOracle(source) => {
                self.kind = CHANGE_COLLATERAL_ORACLE;
                // An account that was just created is zeros: no oracle.
                if let Some(source) = source {
                    self.oracle = source.resolve(protocol.is_mainnet())?;
                }
            }
        }
        Ok(())
    }
}

/// Handler of `queue_change`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_queue_change(ctx: Context<QueueChange>, args: QueueChangeArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let overflow = || error!(BulkheadError::Overflow);
    let mut protocol = accounts.protocol.load_mut()?;
    let wait_secs = i64::from(protocol.timelock_secs);
    let applies_from = Clock::get()?.unix_timestamp.checked_add(wait_secs).ok_or_else(overflow)?;
    let mut change = accounts.change.load_init()?;
    change.version = ACCOUNT_VERSION;
    change.bump = ctx.bumps.change;
    change.nonce = args.nonce;
    change.applies_from = applies_from;
    change.expires_at = applies_from.checked_add(CHANGE_LIFE_SECS).ok_or_else(overflow)?;
    change.payer = accounts.admin.key();
    match &accounts.market {
        Some(loader) => {
            let market = loader.load()?;
            change.market = loader.key();
            change.fill(&args.definition, &protocol, Some(&*market))?;
            guard::require_applicable_to_market(&change, &market)?;
        }
        None => {
            change.fill(&args.definition, &protocol, None)?;
            guard::require_timelock(change.timelock_secs, protocol.is_mainnet())?;
        }
    }
    protocol.next_change = args.nonce.checked_add(1).ok_or_else(overflow)?;
    emit!(ChangeQueued {
        change: accounts.change.key(),
        nonce: args.nonce,
        market: change.market,
        definition: args.definition,
        applies_from,
        expires_at: change.expires_at,
    });
    Ok(())
}
