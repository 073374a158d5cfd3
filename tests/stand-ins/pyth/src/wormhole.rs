//! The Wormhole receiver: messages and their signatures.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;
use solana_keccak_hasher::hash as keccak;
use solana_secp256k1_recover::secp256k1_recover;

use crate::accounts::GuardianSet;
use crate::wire::Reader;
use crate::{Refusal, discriminator};

const START: usize = 46;
const WRITING: u8 = 1;
const VERIFIED: u8 = 2;
/// Its quorum is smaller: half of the signers and one.
const COMPATIBLE: Pubkey = pubkey!("HDw2E7P8X1SkCyjvoGsfBGAVUutKcj874bXjHrpVYrVL");
const GUARDIAN_SET_SEED: &[u8] = b"GuardianSet";

/// A message, taken apart.
pub(crate) struct Message<'a> {
    guardian_set: u32,
    signatures: &'a [u8],
    body: &'a [u8],
}

impl<'a> Message<'a> {
    fn parse(bytes: &'a [u8]) -> std::result::Result<Self, Refusal> {
        let mut reader = Reader::new(bytes);
        let vaa = |_| Refusal::Vaa;
        if reader.byte().map_err(vaa)? != 1 {
            return Err(Refusal::Vaa);
        }
        let guardian_set = u32::from_be_bytes(reader.array().map_err(vaa)?);
        let count = usize::from(reader.byte().map_err(vaa)?);
        let signatures = reader.take(count * 66).map_err(vaa)?;
        Ok(Self { guardian_set, signatures, body: reader.rest() })
    }

    /// Of an account in which it was verified.
    pub(crate) fn verified(account: &'a [u8]) -> std::result::Result<Self, Refusal> {
        let is_message = account.starts_with(&discriminator("account", "EncodedVaa"));
        match account.get(8) {
            Some(&VERIFIED) if is_message => Self::parse(account.get(START..).ok_or(Refusal::Vaa)?),
            _ => Err(Refusal::Status),
        }
    }

    /// Who has emitted it: chain, and address there.
    pub(crate) fn source(&self) -> std::result::Result<(u16, [u8; 32]), Refusal> {
        let mut reader = Reader::new(self.body);
        reader.take(8)?;
        Ok((u16::from_be_bytes(reader.array()?), reader.array()?))
    }

    /// What it says.
    pub(crate) fn payload(&self) -> std::result::Result<&'a [u8], Refusal> {
        self.body.get(51..).ok_or(Refusal::Vaa)
    }

    fn check(&self, set: &GuardianSet, quorum: usize) -> std::result::Result<(), Refusal> {
        if self.guardian_set != set.index {
            return Err(Refusal::GuardianSet);
        }
        if self.signatures.len() / 66 < quorum {
            return Err(Refusal::Quorum);
        }
        let digest = keccak(keccak(self.body).as_ref());
        let mut last = None;
        for signature in self.signatures.chunks_exact(66) {
            let index = usize::from(signature[0]);
            let key = set.keys.get(index).ok_or(Refusal::Signature)?;
            let recovered = secp256k1_recover(digest.as_ref(), signature[65], &signature[1..65]);
            let recovered = keccak(&recovered.map_err(|_| Refusal::Signature)?.to_bytes());
            if last.is_some_and(|last| index <= last) || recovered.as_ref()[12..] != *key {
                return Err(Refusal::Signature);
            }
            last = Some(index);
        }
        Ok(())
    }
}

fn pair<'a, 'b>(
    program: &Pubkey,
    accounts: &'a [AccountInfo<'b>],
) -> std::result::Result<(&'a AccountInfo<'b>, &'a AccountInfo<'b>), Refusal> {
    let [authority, account, ..] = accounts else { return Err(Refusal::Accounts) };
    if !authority.is_signer || !account.is_writable {
        return Err(Refusal::Accounts);
    }
    if account.owner != program {
        return Err(Refusal::WrongAccount);
    }
    Ok((authority, account))
}

fn require_status(
    account: &[u8],
    authority: &Pubkey,
    status: Option<u8>,
) -> std::result::Result<(), Refusal> {
    if !account.starts_with(&discriminator("account", "EncodedVaa")) {
        return Err(Refusal::WrongAccount);
    }
    if status.is_some_and(|status| account[8] != status) {
        return Err(Refusal::Status);
    }
    if account[9..41] != authority.to_bytes() {
        return Err(Refusal::Authority);
    }
    Ok(())
}

pub(crate) fn init(program: &Pubkey, accounts: &[AccountInfo], _: &mut Reader) -> ProgramResult {
    let (authority, account) = pair(program, accounts)?;
    let mut bytes = account.try_borrow_mut_data()?;
    if bytes.len() <= START || bytes[..START] != [0; START] {
        return Err(Refusal::NotEmpty.into());
    }
    let length = (bytes.len() - START) as u32;
    bytes[..8].copy_from_slice(&discriminator("account", "EncodedVaa"));
    bytes[8] = WRITING;
    bytes[9..41].copy_from_slice(&authority.key.to_bytes());
    bytes[42..46].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

pub(crate) fn write(program: &Pubkey, accounts: &[AccountInfo], args: &mut Reader) -> ProgramResult {
    let (authority, account) = pair(program, accounts)?;
    let mut bytes = account.try_borrow_mut_data()?;
    require_status(&bytes, authority.key, Some(WRITING))?;
    let (offset, length) = (args.length()?, args.length()?);
    let part = args.take(length)?;
    let place = bytes.get_mut(START + offset..START + offset + length).ok_or(Refusal::Arguments)?;
    place.copy_from_slice(part);
    Ok(())
}

pub(crate) fn verify(program: &Pubkey, accounts: &[AccountInfo], _: &mut Reader) -> ProgramResult {
    let (authority, account) = pair(program, accounts)?;
    let set_account = accounts.get(2).ok_or(Refusal::Accounts)?;
    let mut bytes = account.try_borrow_mut_data()?;
    require_status(&bytes, authority.key, Some(WRITING))?;
    let set = GuardianSet::read(&set_account.try_borrow_data()?)?;
    let (address, _) = Pubkey::find_program_address(&[GUARDIAN_SET_SEED, &set.index.to_be_bytes()], program);
    if address != *set_account.key || set_account.owner != program {
        return Err(Refusal::WrongAccount.into());
    }
    if set.expires != 0 && i64::from(set.expires) < Clock::get()?.unix_timestamp {
        return Err(Refusal::Expired.into());
    }
    let count = set.keys.len();
    let quorum = if *program == COMPATIBLE { count / 2 + 1 } else { count * 2 / 3 + 1 };
    Message::parse(&bytes[START..])?.check(&set, quorum)?;
    bytes[8] = VERIFIED;
    bytes[41] = 1;
    Ok(())
}

pub(crate) fn close(program: &Pubkey, accounts: &[AccountInfo], _: &mut Reader) -> ProgramResult {
    let (authority, account) = pair(program, accounts)?;
    require_status(&account.try_borrow_data()?, authority.key, None)?;
    let lamports = account.lamports();
    **authority.try_borrow_mut_lamports()? += lamports;
    **account.try_borrow_mut_lamports()? = 0;
    account.resize(0)?;
    account.assign(&anchor_lang::system_program::ID);
    Ok(())
}
