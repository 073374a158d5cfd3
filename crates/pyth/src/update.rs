//! What Hermes hands out, taken apart and checked as far as that goes without the signers' keys.

use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use pythnet_sdk::accumulators::merkle::MerkleRoot;
use pythnet_sdk::hashers::keccak256_160::Keccak160;
use pythnet_sdk::messages::{Message, PriceFeedMessage};
use pythnet_sdk::wire::from_slice;
use pythnet_sdk::wire::v1::{
    AccumulatorUpdateData, MerklePriceUpdate, Proof, WormholeMessage, WormholePayload,
};
use solana_pubkey::Pubkey;
use wormhole_raw_vaas::Vaa;

/// Names a feed.
pub type FeedId = [u8; 32];

const VAA_VERSION: u8 = 1;

/// Why bytes are no update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// Not Pyth's format, or another version of it.
    #[error("these bytes are no accumulator update of a version that is known")]
    Format,
    /// The Wormhole message cannot be read, or is of another version.
    #[error("its Wormhole message cannot be read")]
    Vaa,
    /// What was signed is no Merkle root.
    #[error("its Wormhole message signs no Merkle root of prices")]
    Payload,
    /// A leaf that the receiver would refuse.
    #[error("a price in it is not under the root that was signed")]
    Proof,
    /// A leaf that is something else than a price.
    #[error("it holds a message that is no price")]
    Message,
}

/// A signed set of prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The Wormhole message, as it is verified on chain.
    pub vaa: Vec<u8>,
    /// Set of signers that it names.
    pub guardian_set: u32,
    /// How many of them have signed.
    pub signatures: u8,
    /// Prices, each with its proof.
    pub leaves: Vec<Leaf>,
}

/// One feed's price, and why it belongs to the update.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The price.
    pub price: PriceFeedMessage,
    /// Its bytes and path, as the receiver takes them.
    pub proof: MerklePriceUpdate,
}

impl Update {
    /// Reads an update, and proves every price against the root. Whether the signatures are good the chain will say.
    pub fn parse(bytes: &[u8]) -> Result<Self, UpdateError> {
        let data = AccumulatorUpdateData::try_from_slice(bytes).map_err(|_| UpdateError::Format)?;
        let Proof::WormholeMerkle { vaa, updates } = data.proof;
        let bytes: Vec<u8> = vaa.into();
        let vaa = Vaa::parse(&bytes).map_err(|_| UpdateError::Vaa)?;
        if vaa.version() != VAA_VERSION {
            return Err(UpdateError::Vaa);
        }
        let (guardian_set, signatures) = (vaa.guardian_set_index(), vaa.signature_count());
        let root = root(vaa.payload().as_ref())?;
        let leaves = updates.into_iter().map(|proof| Leaf::prove(&root, proof)).collect::<Result<_, _>>()?;
        Ok(Self { vaa: bytes, guardian_set, signatures, leaves })
    }

    /// The price of a feed.
    pub fn leaf(&self, feed: &FeedId) -> Option<&Leaf> {
        self.leaves.iter().find(|leaf| leaf.price.feed_id == *feed)
    }
}

fn root(payload: &[u8]) -> Result<MerkleRoot<Keccak160>, UpdateError> {
    let message = WormholeMessage::try_from_bytes(payload).map_err(|_| UpdateError::Payload)?;
    let WormholePayload::Merkle(signed) = message.payload;
    Ok(MerkleRoot::new(signed.root))
}

impl Leaf {
    fn prove(root: &MerkleRoot<Keccak160>, proof: MerklePriceUpdate) -> Result<Self, UpdateError> {
        if !root.check(proof.proof.clone(), proof.message.as_ref()) {
            return Err(UpdateError::Proof);
        }
        match from_slice::<byteorder::BE, Message>(proof.message.as_ref()) {
            Ok(Message::PriceFeedMessage(price)) => Ok(Self { price, proof }),
            _ => Err(UpdateError::Message),
        }
    }

    /// Bytes of the price account `account` once this price is in it.
    pub fn account_bytes(&self, account: &Pubkey, posted_slot: u64) -> Vec<u8> {
        let update = PriceUpdateV2 {
            write_authority: *account,
            verification_level: VerificationLevel::Full,
            price_message: self.price,
            posted_slot,
        };
        let mut bytes = Vec::with_capacity(PriceUpdateV2::LEN);
        // A Vec takes every byte.
        let _ = anchor_lang::AccountSerialize::try_serialize(&update, &mut bytes);
        bytes.resize(PriceUpdateV2::LEN, 0);
        bytes
    }
}
