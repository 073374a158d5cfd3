//! What is where: on the terminal for people, in `localnet.json` for programs.

use std::path::Path;

use anyhow::{Context, Result};
use bulkhead_client::{ID, pda};
use bulkhead_localnet::{Localnet, tokens};
use serde_json::{Value, json};
use solana_signer::Signer;

/// Prints where everything is.
pub(crate) fn print(net: &Localnet, folder: &Path) {
    println!();
    println!("  JSON-RPC    {}", net.rpc_url);
    println!("  websocket   {}", net.ws_url);
    if let Some(url) = &net.hermes_url {
        println!("  Hermes      {url}");
    }
    println!("  program     {ID}");
    println!("  collateral  {} (test dollars, 6 decimals)", net.mint);
    for live in &net.markets {
        let market = live.keys.market;
        println!();
        println!("  {}/USD     market          {market}", live.symbol());
        println!("              price account   {}", live.keys.price);
        println!("              pool vault      {}", pda::pool_vault(&market));
        println!("              insurance vault {}", pda::insurance_vault(&market));
        println!("              LP mint         {}", pda::lp_mint(&market));
    }
    println!();
    println!("  Keypairs, LOCALNET ONLY, each with 10,000 SOL, in {}:", folder.display());
    for (name, key) in net.wallets.named() {
        println!("    {:<18} {}", format!("{name}.json"), key.pubkey());
    }
    println!("  user.json also has 10 million test dollars: it is yours to try things with.");
    println!();
}

/// Writes the same into `localnet.json`.
pub(crate) fn write(net: &Localnet, folder: &Path) -> Result<()> {
    let markets: Vec<Value> = net
        .markets
        .iter()
        .map(|live| {
            let market = live.keys.market;
            json!({
                "symbol": live.symbol(),
                "index": live.definition.index,
                "market": market.to_string(),
                "price": live.keys.price.to_string(),
                "poolVault": pda::pool_vault(&market).to_string(),
                "insuranceVault": pda::insurance_vault(&market).to_string(),
                "lpMint": pda::lp_mint(&market).to_string(),
            })
        })
        .collect();
    let wallets: serde_json::Map<_, _> = net
        .wallets
        .named()
        .into_iter()
        .map(|(name, key)| {
            let wallet = json!({
                "address": key.pubkey().to_string(),
                "keypair": folder.join(format!("{name}.json")),
                "collateral": tokens::account_of(&key.pubkey(), &net.mint).to_string(),
            });
            (name, wallet)
        })
        .collect();
    let all = json!({
        "rpcUrl": net.rpc_url,
        "wsUrl": net.ws_url,
        "hermesUrl": net.hermes_url,
        "program": ID.to_string(),
        "mint": net.mint.to_string(),
        "markets": markets,
        "wallets": wallets,
    });
    let file = folder.join("localnet.json");
    let text = serde_json::to_string_pretty(&all)? + "\n";
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}
