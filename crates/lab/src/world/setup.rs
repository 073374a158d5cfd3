//! Protocol, markets and pools.

use anyhow::Result;
use bulkhead::instructions::{CreateMarketArgs, DepositArgs, InitializeProtocolArgs};
use bulkhead::oracle::OracleSource;
use bulkhead::state::Cluster;
use bulkhead::views::MarketParams;
use bulkhead_client::{MarketKeys, ix, pda};
use solana_pubkey::Pubkey;

use super::{Actor, TxFailed, TxOk, World, defaults};

/// What [`World::with`] builds.
#[derive(Clone, Copy, Debug)]
pub struct WorldOptions {
    pub cluster: Cluster,
    /// SPL Token or Token-2022.
    pub token_program: Pubkey,
    pub oracle: OracleSource,
    pub params: MarketParams,
    /// None: markets do not ask what their collateral is worth.
    pub collateral_oracle: Option<OracleSource>,
    pub start_secs: i64,
    pub price_e8: u64,
    /// First deposit; none if zero.
    pub pool_atoms: u64,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            cluster: Cluster::Localnet,
            token_program: spl_token_interface::ID,
            oracle: defaults::oracle(),
            params: defaults::params(),
            collateral_oracle: None,
            start_secs: defaults::START_SECS,
            price_e8: defaults::START_PRICE_E8,
            pool_atoms: defaults::POOL_ATOMS,
        }
    }
}

/// A market to create.
#[derive(Clone, Copy, Debug)]
pub struct MarketSetup {
    /// The protocol's market count; anything else is refused.
    pub index: u16,
    pub mint: Pubkey,
    pub token_program: Pubkey,
    pub oracle: OracleSource,
    pub params: MarketParams,
    /// None: the market does not ask what its collateral is worth.
    pub collateral_oracle: Option<OracleSource>,
}

impl MarketSetup {
    /// The next market of `world`, with the parameters and the oracle of `options` and the world's mint.
    pub fn of(options: &WorldOptions, world: &World) -> Self {
        Self {
            index: world.protocol().map_or(0, |protocol| protocol.market_count),
            mint: world.mint,
            token_program: options.token_program,
            oracle: options.oracle,
            params: options.params,
            collateral_oracle: options.collateral_oracle,
        }
    }
}

impl World {
    pub fn initialize_protocol(&mut self, cluster: Cluster) -> Result<TxOk, TxFailed> {
        let timelock_secs = if cluster == Cluster::Mainnet { 86_400 } else { 0 };
        let args = InitializeProtocolArgs {
            cluster,
            timelock_secs,
            guardian: self.guardian,
            fee_receiver: self.fee_receiver,
        };
        self.send(&[ix::initialize_protocol(self.admin, args)])
    }

    /// Creates a market; it has no price and no pool yet.
    pub fn create_market(&mut self, setup: &MarketSetup) -> Result<MarketKeys, TxFailed> {
        let args = CreateMarketArgs {
            index: setup.index,
            oracle: setup.oracle,
            params: setup.params,
            collateral_oracle: setup.collateral_oracle,
        };
        self.send(&[ix::create_market(self.admin, setup.mint, setup.token_program, args)])?;
        let address = pda::market(setup.index);
        Ok(MarketKeys::of(address, &self.market_of(&address)))
    }

    /// Puts collateral of `provider` into a market's pool; the shares go to a new token account of theirs,
    /// whose address comes back. The market must have been updated within five minutes.
    pub fn deposit(
        &mut self,
        keys: &MarketKeys,
        provider: &Actor,
        amount_atoms: u64,
    ) -> Result<Pubkey, TxFailed> {
        let shares = self.create_token_account(pda::lp_mint(&keys.market), provider.key);
        let args = DepositArgs { amount_atoms, shares_min: 0 };
        self.send(&[ix::deposit(keys, provider.key, provider.tokens, shares, args)])?;
        Ok(shares)
    }
}
