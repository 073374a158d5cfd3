//! `cancel_change`: the admin at any time, anyone once it has expired; the rent goes to the payer.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::ChangeCancelled;
use bulkhead::state::ParamChange;
use bulkhead_client::{ix, pda};
use bulkhead_lab::world::World;
use bulkhead_tests::*;

use crate::queue_change::{DAY, LIFE, locked, queue, settings};

fn waiting() -> World {
    let mut world = locked();
    let instruction = queue(&world, settings(&world));
    world.send(&[instruction]).unwrap();
    world
}

#[test]
fn cancel_change_ok_by_the_admin_at_any_time() {
    for wait in [0, DAY, DAY + LIFE + 1] {
        let mut world = waiting();
        let admin = world.admin;
        world.warp_to(world.now() + wait);
        let (before, lamports) = (world.protocol(), world.lamports(&admin));
        let done = world.send(&[ix::cancel_change(admin, 0, admin)]).unwrap();
        assert_eq!(world.protocol(), before, "its number is not used again");
        assert_eq!(world.lamports(&admin), lamports + rent_of::<ParamChange>(&world));
        let event = ChangeCancelled { change: pda::change(0), nonce: 0, by: admin };
        assert_events(&done, [event.into()]);
        world.warp_to(world.now() + 1);
        refused(&mut world, &ix::cancel_change(admin, 0, admin), ErrorCode::AccountOwnedByWrongProgram);
        refused(&mut world, &ix::apply_change(0, None, admin), ErrorCode::AccountOwnedByWrongProgram);
    }
}

#[test]
fn cancel_change_ok_by_anyone_from_the_expiry_on() {
    let mut world = waiting();
    let (admin, stranger) = (world.admin, world.wallet());
    world.warp_to(world.now() + DAY + LIFE - 1);
    let cancel = ix::cancel_change(stranger, 0, admin);
    refused(&mut world, &cancel, BulkheadError::AdminRequired);
    world.warp_to(world.now() + 1);
    let (mine, theirs) = (world.lamports(&stranger), world.lamports(&admin));
    world.send(&[cancel]).unwrap();
    assert_eq!(world.lamports(&stranger), mine);
    assert_eq!(world.lamports(&admin), theirs + rent_of::<ParamChange>(&world));
}

#[test]
fn cancel_change_fails_by_others_and_with_a_wrong_payer() {
    let mut world = waiting();
    let (admin, stranger) = (world.admin, world.wallet());
    for other in [stranger, world.guardian] {
        refused(&mut world, &ix::cancel_change(other, 0, admin), BulkheadError::AdminRequired);
    }
    let cancel = ix::cancel_change(admin, 0, stranger);
    refused(&mut world, &cancel, BulkheadError::ChangePayerMismatch);
    let cancel = ix::cancel_change(admin, 0, admin);
    refused(&mut world, &unsigned(&cancel, admin), ErrorCode::AccountNotSigner);
    refuses_impostors(&mut world, &cancel, &[]);
    refused(&mut world, &readonly(&cancel, pda::change(0)), ErrorCode::ConstraintMut);
    poke::<ParamChange>(&mut world, &pda::change(0), |change| change.version = 2);
    refused(&mut world, &cancel, BulkheadError::AccountVersionMismatch);
}
