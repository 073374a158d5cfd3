//! From an empty chain to markets with pools, by the transactions that a deployment sends.

use anyhow::{Context, Result};
use bulkhead::instructions::{CreateMarketArgs, DepositArgs, InitializeProtocolArgs};
use bulkhead::state::{Cluster, Market};
use bulkhead_client::{MarketKeys, ix, pda};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::Signer;

use crate::link::Link;
use crate::markets::Definition;
use crate::tokens::{self, QUOTE_UNIT};
use crate::wallets::Wallets;

/// Collateral of everybody who tries the system: ten million test dollars.
const WALLET_ATOMS: u64 = 10_000_000 * QUOTE_UNIT;

/// A market that runs.
#[derive(Clone, Debug)]
pub struct LiveMarket {
    /// What it was created from.
    pub definition: Definition,
    /// What its instructions need.
    pub keys: MarketKeys,
}

impl LiveMarket {
    /// Short name of the base asset.
    pub fn symbol(&self) -> &str {
        &self.definition.symbol
    }
}

/// Mint, protocol, markets, deposits. Prices must be published already. Nothing waits for a block until all is
/// sent, or it would take two seconds and not a half.
pub(crate) async fn run(
    link: &Link,
    wallets: &Wallets,
    mint: &Keypair,
    definitions: Vec<Definition>,
) -> Result<Vec<LiveMarket>> {
    let mint_key = mint.pubkey();
    let created = tokens::create_mint(link, &wallets.admin, mint, &wallets.faucet.pubkey()).await;
    let mut sent = vec![created.context("the mint")?];
    let pools: u64 = definitions.iter().map(|definition| definition.local.pool_quote_atoms).sum();
    let mut owners = vec![
        (wallets.lp.pubkey(), pools),
        (wallets.user.pubkey(), WALLET_ATOMS),
        (wallets.keeper.pubkey(), 0),
        (wallets.fee_receiver.pubkey(), 0),
    ];
    owners.extend(wallets.traders.iter().map(|trader| (trader.pubkey(), WALLET_ATOMS)));
    sent.extend(tokens::fill(link, &wallets.faucet, &mint_key, &owners).await.context("collateral")?);
    sent.push(initialize(link, wallets).await.context("initialize_protocol")?);
    let mut markets = Vec::new();
    for definition in definitions {
        let symbol = definition.symbol.clone();
        let created = create(link, wallets, &mint_key, definition, &mut sent).await;
        markets.push(created.with_context(|| format!("market {symbol}"))?);
    }
    for signature in &sent {
        link.landed(signature).await?;
    }
    Ok(markets)
}

/// What a chain that goes on from its ledger has.
pub(crate) async fn found(link: &Link, definitions: Vec<Definition>) -> Result<Vec<LiveMarket>> {
    let mut markets = Vec::new();
    for definition in definitions {
        let address = pda::market(definition.index);
        let keys = MarketKeys::of(address, &link.expect::<Market>(&address).await?);
        markets.push(LiveMarket { definition, keys });
    }
    Ok(markets)
}

/// The mint and nothing else.
pub(crate) async fn mint_alone(link: &Link, wallets: &Wallets, mint: &Keypair) -> Result<Vec<LiveMarket>> {
    let created = tokens::create_mint(link, &wallets.admin, mint, &wallets.faucet.pubkey()).await;
    link.landed(&created.context("the mint")?).await?;
    Ok(Vec::new())
}

async fn initialize(link: &Link, wallets: &Wallets) -> Result<Signature> {
    let args = InitializeProtocolArgs {
        cluster: Cluster::Localnet,
        timelock_secs: 0,
        guardian: wallets.guardian.pubkey(),
        fee_receiver: wallets.fee_receiver.pubkey(),
    };
    link.submit(&[ix::initialize_protocol(wallets.admin.pubkey(), args)], &[&wallets.admin]).await
}

async fn create(
    link: &Link,
    wallets: &Wallets,
    mint: &Pubkey,
    definition: Definition,
    sent: &mut Vec<Signature>,
) -> Result<LiveMarket> {
    let args = CreateMarketArgs {
        index: definition.index,
        oracle: definition.oracle,
        params: definition.params,
        collateral_oracle: None,
    };
    let create = ix::create_market(wallets.admin.pubkey(), *mint, spl_token_interface::ID, args);
    sent.push(link.submit(&[create], &[&wallets.admin]).await.context("create_market")?);
    let address = pda::market(definition.index);
    let keys = MarketKeys::of(address, &link.expect::<Market>(&address).await?);
    let (lp, lp_mint) = (wallets.lp.pubkey(), pda::lp_mint(&address));
    let shares = tokens::account_of(&lp, &lp_mint);
    let deposit = DepositArgs { amount_atoms: definition.local.pool_quote_atoms, shares_min: 0 };
    let instructions = [
        ix::update_market(&keys),
        tokens::create_account(&lp, &lp, &lp_mint),
        ix::deposit(&keys, lp, tokens::account_of(&lp, mint), shares, deposit),
    ];
    sent.push(link.submit(&instructions, &[&wallets.lp]).await.context("deposit")?);
    Ok(LiveMarket { definition, keys })
}
