//! Sets the protocol up, once.

use anchor_lang::prelude::*;

use crate::constants::*;
use crate::error::BulkheadError;
use crate::events::ProtocolInitialized;
use crate::guard;
use crate::state::{Cluster, Protocol};

/// Settings that the protocol starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct InitializeProtocolArgs {
    /// Cluster that it runs on; cannot be changed.
    pub cluster: Cluster,
    /// Seconds that a queued change waits: at most 30 days, on mainnet at least 24 hours.
    pub timelock_secs: u32,
    /// May pause what takes new risk.
    pub guardian: Pubkey,
    /// Owner of the token accounts that protocol fees go to.
    pub fee_receiver: Pubkey,
}

/// Accounts of `initialize_protocol`.
#[derive(Accounts)]
pub struct InitializeProtocol<'info> {
    /// Becomes admin. On mainnet, deploy and initialise in one transaction, or hold the upgrade authority:
    /// the program's data names who may.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The protocol.
    #[account(init, payer = admin, space = 8 + size_of::<Protocol>(), seeds = [PROTOCOL_SEED], bump)]
    pub protocol: AccountLoader<'info, Protocol>,
    /// This program, to find its data account.
    #[account(
        constraint = program.programdata_address()? == Some(program_data.key()) @ BulkheadError::AdminRequired
    )]
    pub program: Program<'info, crate::program::Bulkhead>,
    /// Its data account: only the upgrade authority may set the protocol up, so that nobody else can be first.
    #[account(
        constraint = program_data.upgrade_authority_address == Some(admin.key()) @ BulkheadError::AdminRequired
    )]
    pub program_data: Account<'info, ProgramData>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl InitializeProtocol<'_> {
    fn validate(&self, args: &InitializeProtocolArgs) -> Result<()> {
        // admin, program, program_data - checked in the #[account] attributes.
        guard::require_timelock(args.timelock_secs, args.cluster == Cluster::Mainnet)
    }
}

/// Handler of `initialize_protocol`.
#[access_control(ctx.accounts.validate(&args))]
pub fn handle_initialize_protocol(
    ctx: Context<InitializeProtocol>,
    args: InitializeProtocolArgs,
) -> Result<()> {
    let mut protocol = ctx.accounts.protocol.load_init()?;
    protocol.version = ACCOUNT_VERSION;
    protocol.bump = ctx.bumps.protocol;
    protocol.cluster = match args.cluster {
        Cluster::Localnet => 0,
        Cluster::Devnet => 1,
        Cluster::Mainnet => 2,
    };
    protocol.timelock_secs = args.timelock_secs;
    protocol.admin = ctx.accounts.admin.key();
    protocol.guardian = args.guardian;
    protocol.fee_receiver = args.fee_receiver;
    emit!(ProtocolInitialized {
        admin: ctx.accounts.admin.key(),
        guardian: args.guardian,
        fee_receiver: args.fee_receiver,
        cluster: args.cluster,
        timelock_secs: args.timelock_secs,
    });
    Ok(())
}
