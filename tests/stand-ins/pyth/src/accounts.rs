//! Accounts that the local chain starts with: the receiver's settings, and a set of signers.

use anchor_lang::prelude::*;

use crate::wire::Reader;
use crate::{Refusal, discriminator};

/// A source of messages that counts.
type Source = (u16, [u8; 32]);

/// The receiver's settings, as far as they matter here.
pub struct Config {
    /// The Wormhole receiver.
    pub wormhole: Pubkey,
    /// Emitters that count.
    pub sources: Vec<Source>,
    /// Price of an update.
    pub fee_lamports: u64,
}

impl Config {
    pub(crate) fn read(bytes: &[u8]) -> std::result::Result<Self, Refusal> {
        let mut reader = Reader::new(bytes);
        if reader.array::<8>()? != discriminator("account", "Config") {
            return Err(Refusal::WrongAccount);
        }
        reader.take(32)?;
        if reader.byte()? == 1 {
            reader.take(32)?;
        }
        let wormhole = Pubkey::from(reader.array::<32>()?);
        let count = reader.length()?;
        let mut source = || Ok((u16::from_le_bytes(reader.array()?), reader.array()?));
        let sources = (0..count).map(|_| source()).collect::<std::result::Result<_, Refusal>>()?;
        let fee_lamports = u64::from_le_bytes(reader.array()?);
        Ok(Self { wormhole, sources, fee_lamports })
    }

    /// The account's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = discriminator("account", "Config").to_vec();
        bytes.extend([0; 33]);
        bytes.extend(self.wormhole.to_bytes());
        bytes.extend((self.sources.len() as u32).to_le_bytes());
        for (chain, emitter) in &self.sources {
            bytes.extend(chain.to_le_bytes());
            bytes.extend(emitter);
        }
        bytes.extend(self.fee_lamports.to_le_bytes());
        bytes.push(1);
        bytes
    }
}

/// Who signs.
pub struct GuardianSet {
    pub index: u32,
    /// Last 20 bytes of the hash of each public key.
    pub keys: Vec<[u8; 20]>,
    /// Zero for never.
    pub expires: u32,
}

impl GuardianSet {
    pub(crate) fn read(bytes: &[u8]) -> std::result::Result<Self, Refusal> {
        let mut reader = Reader::new(bytes);
        if reader.array::<8>()? != discriminator("account", "GuardianSet") {
            return Err(Refusal::WrongAccount);
        }
        let index = u32::from_le_bytes(reader.array()?);
        let count = reader.length()?;
        let keys = (0..count).map(|_| reader.array()).collect::<std::result::Result<_, Refusal>>()?;
        reader.take(4)?;
        let expires = u32::from_le_bytes(reader.array()?);
        Ok(Self { index, keys, expires })
    }

    /// The account's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = discriminator("account", "GuardianSet").to_vec();
        bytes.extend(self.index.to_le_bytes());
        bytes.extend((self.keys.len() as u32).to_le_bytes());
        bytes.extend(self.keys.iter().flatten());
        bytes.extend([0; 4]);
        bytes.extend(self.expires.to_le_bytes());
        bytes
    }
}
