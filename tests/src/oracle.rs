//! Price accounts that no instruction may accept.

use bulkhead::error::BulkheadError;
use bulkhead_lab::world::{PriceUpdate, World};
use pyth_solana_receiver_sdk::price_update::VerificationLevel;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::{refused, swapped};

/// Updates of market 0's price account that are refused whatever they are wanted for, made from a good one.
pub fn bad_prices(good: &PriceUpdate, now: i64) -> Vec<(&'static str, PriceUpdate, BulkheadError)> {
    let with = |change: &dyn Fn(&mut PriceUpdate)| {
        let mut update = good.clone();
        change(&mut update);
        update
    };
    let partial = VerificationLevel::Partial { num_signatures: 5 };
    vec![
        (
            "another owner",
            with(&|u| u.owner = Some(Pubkey::new_from_array([9; 32]))),
            BulkheadError::OracleOwnerMismatch,
        ),
        ("partial", with(&|u| u.verification = partial), BulkheadError::OracleNotFullyVerified),
        ("another feed", with(&|u| u.feed_id = Some([9; 32])), BulkheadError::OracleFeedMismatch),
        ("zero", with(&|u| u.price = 0), BulkheadError::PriceNotPositive),
        ("negative", with(&|u| u.price = -u.price), BulkheadError::PriceNotPositive),
        ("least", with(&|u| u.price = i64::MIN), BulkheadError::PriceNotPositive),
        ("exponent 1", with(&|u| u.exponent = 1), BulkheadError::PriceOutOfRange),
        ("exponent -13", with(&|u| u.exponent = -13), BulkheadError::PriceOutOfRange),
        ("exponent 0", with(&|u| u.exponent = 0), BulkheadError::PriceOutOfRange),
        ("future", with(&|u| u.publish_time = now + 3), BulkheadError::PriceFromFuture),
        ("wide", with(&|u| u.conf = u.price as u64 / 50 + 1), BulkheadError::ConfidenceTooWide),
        ("wider than the price", with(&|u| u.conf = u.price as u64 * 2), BulkheadError::ConfidenceTooWide),
        ("older than accepted", with(&|u| u.publish_time = 1), BulkheadError::PriceNotMonotonic),
    ]
}

/// The instruction, which would go through, refuses every bad price, and every account that is no price.
#[track_caller]
pub fn refuses_bad_prices(world: &mut World, instruction: &Instruction) {
    let price = world.keys.price;
    let good = world.price_of(&price).expect("no price stands").clone();
    for (_what, update, error) in bad_prices(&good, world.now()) {
        world.set_price(&update);
        refused(world, instruction, error);
    }
    world.set_price(&good);

    let elsewhere = world.key();
    let copy = world.account(&price).unwrap();
    world.set_account(elsewhere, copy.clone());
    let tampered = swapped(instruction, price, elsewhere);
    refused(world, &tampered, BulkheadError::OracleAccountMismatch);

    let mut other_kind = copy.clone();
    other_kind.data[0] ^= 1;
    let cut = Account { data: copy.data[..133].to_vec(), ..copy.clone() };
    let empty = Account { data: vec![], ..copy.clone() };
    for broken in [other_kind, cut, empty] {
        world.set_account(price, broken);
        refused(world, instruction, BulkheadError::OracleDataInvalid);
    }
    world.set_account(price, copy);
}
