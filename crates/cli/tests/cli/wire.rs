//! A transaction as the network carries it, taken apart: signatures, and a version 0 message without tables.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signature::Signature;

/// What a transaction asks for.
pub(crate) struct Parsed {
    pub(crate) signature: Signature,
    pub(crate) payer: Pubkey,
    pub(crate) instructions: Vec<Instruction>,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken.to_vec()
    }

    /// The network's own length: seven bits a byte, low ones first.
    fn length(&mut self) -> usize {
        let mut length = 0;
        for shift in [0, 7, 14] {
            let byte = self.byte();
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        length
    }

    fn key(&mut self) -> Pubkey {
        Pubkey::new_from_array(self.take(32).try_into().unwrap())
    }
}

/// Takes a transaction apart.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut reader = Reader(bytes);
    let signatures: Vec<[u8; 64]> =
        (0..reader.length()).map(|_| reader.take(64).try_into().unwrap()).collect();
    assert_eq!(reader.byte(), 0x80, "a message of version 0");
    let (signers, read_only_signers, read_only) =
        (usize::from(reader.byte()), usize::from(reader.byte()), usize::from(reader.byte()));
    let keys: Vec<Pubkey> = (0..reader.length()).map(|_| reader.key()).collect();
    let _blockhash = reader.key();
    let meta = |index: u8| {
        let index = usize::from(index);
        let is_signer = index < signers;
        let is_writable = match is_signer {
            true => index < signers - read_only_signers,
            false => index < keys.len() - read_only,
        };
        AccountMeta { pubkey: keys[index], is_signer, is_writable }
    };
    let instructions = (0..reader.length())
        .map(|_| {
            let program_id = keys[usize::from(reader.byte())];
            let count = reader.length();
            let accounts = reader.take(count).into_iter().map(meta).collect();
            let count = reader.length();
            Instruction { program_id, accounts, data: reader.take(count) }
        })
        .collect();
    assert_eq!((reader.length(), reader.0.len()), (0, 0), "no lookup tables, and nothing behind them");
    Parsed { signature: Signature::from(signatures[0]), payer: keys[0], instructions }
}
