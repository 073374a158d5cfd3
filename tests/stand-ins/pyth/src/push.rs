//! The push oracle: one price account a feed and shard, which only moves forward.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed;

use crate::receiver::Leaf;
use crate::wire::Reader;
use crate::{Refusal, discriminator};

/// Where a price account keeps the time of publication.
const PUBLISH_TIME: std::ops::Range<usize> = 93..101;

pub(crate) fn update_price_feed(
    program: &Pubkey,
    accounts: &[AccountInfo],
    args: &mut Reader,
) -> ProgramResult {
    let [payer, receiver, vaa, config, treasury, price, system, ..] = accounts else {
        return Err(Refusal::Accounts.into());
    };
    let params = args.rest();
    let leaf = Leaf::read(args)?;
    let params = &params[..params.len() - args.rest().len()];
    let (shard, feed) = (args.array::<2>()?, args.array::<32>()?);
    let (address, bump) = Pubkey::find_program_address(&[&shard, &feed], program);
    if address != *price.key {
        return Err(Refusal::WrongAccount.into());
    }
    let (own_feed, time) = leaf.feed_and_time()?;
    let known = {
        let bytes = price.try_borrow_data()?;
        let time = bytes.get(PUBLISH_TIME).and_then(|time| time.try_into().ok());
        time.map_or(0, i64::from_le_bytes)
    };
    if time <= known {
        return Ok(());
    }
    let data = [&discriminator("global", "post_update")[..], params].concat();
    let metas = vec![
        AccountMeta::new(*payer.key, true),
        AccountMeta::new_readonly(*vaa.key, false),
        AccountMeta::new_readonly(*config.key, false),
        AccountMeta::new(*treasury.key, false),
        AccountMeta::new(*price.key, true),
        AccountMeta::new_readonly(*system.key, false),
        AccountMeta::new_readonly(*price.key, true),
    ];
    let post = Instruction { program_id: *receiver.key, accounts: metas, data };
    let infos = [payer, vaa, config, treasury, price, system, receiver].map(Clone::clone);
    invoke_signed(&post, &infos, &[&[&shard, &feed, &[bump]]])?;
    if own_feed != feed {
        return Err(Refusal::Feed.into());
    }
    Ok(())
}
