//! The price receiver: a leaf under a verified root becomes a price account.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use anchor_lang::solana_program::program::{invoke, invoke_signed};
use anchor_lang::solana_program::system_instruction;
use solana_keccak_hasher::hashv as keccak;

use crate::accounts::Config;
use crate::wire::Reader;
use crate::wormhole::Message;
use crate::{Refusal, discriminator};

/// Bytes of a price account.
pub(crate) const PRICE_UPDATE_LEN: usize = 134;
const MAGIC: &[u8; 4] = b"AUWV";
const FULL: u8 = 1;

/// A leaf and its path, as they are passed.
pub(crate) struct Leaf<'a> {
    /// The leaf.
    message: &'a [u8],
    path: Vec<[u8; 20]>,
    treasury_id: u8,
}

impl<'a> Leaf<'a> {
    pub(crate) fn read(args: &mut Reader<'a>) -> std::result::Result<Self, Refusal> {
        let length = args.length()?;
        let message = args.take(length)?;
        let count = args.length()?;
        let path = (0..count).map(|_| args.array()).collect::<std::result::Result<_, Refusal>>()?;
        Ok(Self { message, path, treasury_id: args.byte()? })
    }

    fn is_under(&self, root: &[u8]) -> bool {
        let short = |hash: solana_keccak_hasher::Hash| {
            let mut short = [0_u8; 20];
            short.copy_from_slice(&hash.as_ref()[..20]);
            short
        };
        let mut hash = short(keccak(&[&[0], self.message]));
        for other in &self.path {
            let (first, second) = if hash <= *other { (hash, *other) } else { (*other, hash) };
            hash = short(keccak(&[&[1], &first, &second]));
        }
        hash == root
    }

    /// Its fields: feed, price, confidence, exponent, times, averages, each turned to the account's byte order.
    fn fields(&self) -> std::result::Result<Vec<u8>, Refusal> {
        let mut reader = Reader::new(self.message);
        if reader.byte()? != 0 {
            return Err(Refusal::Proof);
        }
        let mut fields = reader.take(32)?.to_vec();
        for width in [8, 8, 4, 8, 8, 8, 8] {
            fields.extend(reader.take(width)?.iter().rev());
        }
        Ok(fields)
    }

    /// Feed, and time of publication.
    pub(crate) fn feed_and_time(&self) -> std::result::Result<([u8; 32], i64), Refusal> {
        let fields = self.fields()?;
        let mut reader = Reader::new(&fields);
        let feed = reader.array()?;
        reader.take(20)?;
        Ok((feed, i64::from_le_bytes(reader.array()?)))
    }
}

pub(crate) fn post_update(program: &Pubkey, accounts: &[AccountInfo], args: &mut Reader) -> ProgramResult {
    let [payer, vaa, config_account, treasury, price, system, authority, ..] = accounts else {
        return Err(Refusal::Accounts.into());
    };
    if !payer.is_signer || !authority.is_signer || !price.is_writable || !treasury.is_writable {
        return Err(Refusal::Accounts.into());
    }
    let leaf = Leaf::read(args)?;
    let find = |seeds: &[&[u8]]| Pubkey::find_program_address(seeds, program).0;
    let is_config = config_account.owner == program && *config_account.key == find(&[b"config"]);
    if !is_config || *treasury.key != find(&[b"treasury", &[leaf.treasury_id]]) {
        return Err(Refusal::WrongAccount.into());
    }
    let config = Config::read(&config_account.try_borrow_data()?)?;
    if *vaa.owner != config.wormhole {
        return Err(Refusal::WrongAccount.into());
    }
    let bytes = vaa.try_borrow_data()?;
    let message = Message::verified(&bytes)?;
    let least = Rent::get()?.minimum_balance(0);
    let fee = if treasury.lamports() == 0 { least.max(config.fee_lamports) } else { config.fee_lamports };
    invoke(
        &system_instruction::transfer(payer.key, treasury.key, fee),
        &[payer.clone(), treasury.clone(), system.clone()],
    )?;
    if !config.sources.contains(&message.source()?) {
        return Err(Refusal::Source.into());
    }
    // Magic, kind, slot, size of the ring, root.
    let payload = message.payload()?;
    if !payload.starts_with(MAGIC) || !leaf.is_under(payload.get(17..37).ok_or(Refusal::Proof)?) {
        return Err(Refusal::Proof.into());
    }
    store(program, payer, price, system, authority, &leaf)
}

fn store<'a>(
    program: &Pubkey,
    payer: &AccountInfo<'a>,
    price: &AccountInfo<'a>,
    system: &AccountInfo<'a>,
    authority: &AccountInfo<'a>,
    leaf: &Leaf,
) -> ProgramResult {
    if price.data_is_empty() {
        let lamports = Rent::get()?.minimum_balance(PRICE_UPDATE_LEN);
        let create = system_instruction::create_account(
            payer.key,
            price.key,
            lamports,
            PRICE_UPDATE_LEN as u64,
            program,
        );
        // The price account signs by whoever calls: it is a PDA of the push oracle.
        invoke_signed(&create, &[payer.clone(), price.clone(), system.clone()], &[])?;
    } else if price.owner != program {
        return Err(Refusal::WrongAccount.into());
    }
    let mut bytes = price.try_borrow_mut_data()?;
    let is_free = bytes[8..40] == [0; 32] || bytes[8..40] == authority.key.to_bytes();
    if !is_free {
        return Err(Refusal::Authority.into());
    }
    let fields = leaf.fields()?;
    bytes[..8].copy_from_slice(&discriminator("account", "PriceUpdateV2"));
    bytes[8..40].copy_from_slice(&authority.key.to_bytes());
    bytes[40] = FULL;
    bytes[41..41 + fields.len()].copy_from_slice(&fields);
    let end = 41 + fields.len();
    bytes[end..end + 8].copy_from_slice(&Clock::get()?.slot.to_le_bytes());
    Ok(())
}
