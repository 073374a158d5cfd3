//! Price accounts as Pyth's receiver writes them, and the oracle's own average.

use anchor_lang::AccountSerialize;
use anyhow::Result;
use bulkhead::oracle::PRICE_UPDATE_LEN;
use bulkhead_risk::fixed::{DecayRate, ONE_Q48};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use solana_account::Account;
use solana_pubkey::Pubkey;

use super::World;

/// Confidence of a price that names none: 4 bp, what the large feeds show on a quiet day.
const CONF_PPM: i64 = 400;
const EXPONENT: i32 = -8;

/// One update of a feed. Integers are `value * 10^exponent`, as Pyth publishes them.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceUpdate {
    pub price: i64,
    pub conf: u64,
    pub ema_price: i64,
    pub exponent: i32,
    pub publish_time: i64,
    pub verification: VerificationLevel,
    /// Another feed than the market's.
    pub feed_id: Option<[u8; 32]>,
    /// Another owner of the account than the market's oracle program.
    pub owner: Option<Pubkey>,
}

impl PriceUpdate {
    /// A fully verified update with a narrow confidence and an average equal to the price.
    pub fn at(price_e8: u64, publish_time: i64) -> Self {
        let price = price_e8 as i64;
        Self {
            price,
            conf: (i128::from(price) * i128::from(CONF_PPM) / 1_000_000) as u64,
            ema_price: price,
            exponent: EXPONENT,
            publish_time,
            verification: VerificationLevel::Full,
            feed_id: None,
            owner: None,
        }
    }

    pub fn with_conf(self, conf: u64) -> Self {
        Self { conf, ..self }
    }

    pub fn with_ema(self, ema_price: i64) -> Self {
        Self { ema_price, ..self }
    }

    /// The update as Pyth signs it.
    pub fn message(&self, feed_id: [u8; 32]) -> PriceFeedMessage {
        PriceFeedMessage {
            feed_id: self.feed_id.unwrap_or(feed_id),
            price: self.price,
            conf: self.conf,
            exponent: self.exponent,
            publish_time: self.publish_time,
            prev_publish_time: self.publish_time.saturating_sub(1),
            ema_price: self.ema_price,
            ema_conf: self.conf,
        }
    }

    /// The account's bytes: what the receiver's own type serializes to, and the byte of room that its length
    /// keeps for a partial verification.
    pub fn to_bytes(&self, feed_id: [u8; 32], posted_slot: u64) -> Vec<u8> {
        let update = PriceUpdateV2 {
            write_authority: Pubkey::default(),
            verification_level: self.verification,
            price_message: self.message(feed_id),
            posted_slot,
        };
        let mut bytes = Vec::with_capacity(PRICE_UPDATE_LEN);
        update.try_serialize(&mut bytes).expect("a Vec takes every byte");
        bytes.resize(PRICE_UPDATE_LEN, 0);
        bytes
    }
}

/// Where a market reads its prices, as [`World::set_price`] must fill it.
#[derive(Clone, Copy, Debug)]
struct Feed {
    program: Pubkey,
    feed_id: [u8; 32],
}

impl World {
    /// Publishes a price for market 0.
    pub fn set_price(&mut self, update: &PriceUpdate) {
        self.set_price_of(self.keys.price, update);
    }

    /// Publishes a price in the price account `account` of whichever market reads it.
    pub fn set_price_of(&mut self, account: Pubkey, update: &PriceUpdate) {
        self.prices.insert(account, update.clone());
        self.write_price(account, update);
    }

    /// The last price published there.
    pub fn price_of(&self, account: &Pubkey) -> Option<&PriceUpdate> {
        self.prices.get(account)
    }

    pub(super) fn write_price(&mut self, account: Pubkey, update: &PriceUpdate) {
        let feed = self.feed_of(&account);
        let data = update.to_bytes(feed.feed_id, self.slot());
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let owner = update.owner.unwrap_or(feed.program);
        let written = Account { lamports, data, owner, executable: false, rent_epoch: u64::MAX };
        self.svm.set_account(account, written).expect("price accounts are ordinary accounts");
    }

    fn feed_of(&self, account: &Pubkey) -> Feed {
        let markets = (0..self.protocol().map_or(0, |protocol| protocol.market_count))
            .filter_map(|index| self.market_at(&bulkhead_client::pda::market(index)));
        let mut oracles = markets.flat_map(|market| [market.oracle, market.collateral_oracle]);
        let oracle = oracles.find(|oracle| oracle.account == *account);
        let oracle = oracle.expect("no market reads this price account");
        Feed { program: oracle.program, feed_id: oracle.feed_id }
    }
}

/// Pyth's exponential average: half-life one hour, advanced at every update.
///
/// Pyth weighs by confidence too; with plain time weights the average is the one that the program's
/// calibration assumed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PythEma {
    ema_e8: u64,
    at_secs: i64,
}

/// e^(-t / tau) of tau = 1 h is 2^(-t / (tau ln 2)): a half-life of one hour is tau times longer by 1 / ln 2.
const LN2_PPB: u64 = 693_147_181;

impl PythEma {
    /// The average after a price at `at_secs`.
    pub fn advance(&mut self, price_e8: u64, at_secs: i64) -> Result<u64> {
        let passed = u64::try_from(at_secs - self.at_secs).unwrap_or(0);
        self.ema_e8 = if self.at_secs == 0 {
            price_e8
        } else {
            let kept = u128::from(kept_q48(passed)?);
            let gained = u128::from(ONE_Q48) - kept;
            let sum = u128::from(self.ema_e8) * kept + u128::from(price_e8) * gained;
            (sum >> 48) as u64
        };
        self.at_secs = at_secs;
        Ok(self.ema_e8)
    }
}

/// 2^(-seconds / 3600) in Q48, linear between whole seconds of the risk crate's e^(-t / 1 h).
fn kept_q48(seconds: u64) -> Result<u64> {
    let scaled_ppb = seconds * LN2_PPB;
    let (whole, rest) = (scaled_ppb / 1_000_000_000, scaled_ppb % 1_000_000_000);
    let error = |error| anyhow::anyhow!("decay over {seconds} s: {error:?}");
    let low = DecayRate::TAU_1H.weight_q48(whole).map_err(error)?;
    let high = DecayRate::TAU_1H.weight_q48(whole + 1).map_err(error)?;
    Ok(low - (u128::from(low - high) * u128::from(rest) / 1_000_000_000) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_134_bytes_that_the_receivers_type_reads_back() {
        use anchor_lang::AccountDeserialize;
        let update = PriceUpdate::at(6_000_000_000_000, 1_700_000_000);
        let bytes = update.to_bytes([7; 32], 9);
        assert_eq!(bytes.len(), PRICE_UPDATE_LEN);
        let read = PriceUpdateV2::try_deserialize(&mut bytes.as_slice()).unwrap();
        assert_eq!((read.price_message.price, read.price_message.conf), (6_000_000_000_000, 2_400_000_000));
        assert_eq!((read.price_message.feed_id, read.posted_slot), ([7; 32], 9));
    }

    #[test]
    fn the_average_covers_half_of_a_step_in_an_hour_whatever_the_sampling() {
        for step_secs in [15, 60, 3_600] {
            let mut ema = PythEma::default();
            assert_eq!(ema.advance(100_000_000, 1_000).unwrap(), 100_000_000);
            let mut now = 1_000;
            let mut last = 0;
            while now < 4_600 {
                now += step_secs;
                last = ema.advance(200_000_000, now).unwrap();
            }
            assert!(last.abs_diff(150_000_000) < 1_000, "{step_secs}: {last}");
        }
    }
}
