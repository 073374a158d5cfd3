//! `propose_admin` and `accept_admin`: the admin hands over in two steps.

use anchor_lang::error::ErrorCode;
use bulkhead::error::BulkheadError;
use bulkhead::events::{AdminAccepted, AdminProposed};
use bulkhead::state::{PauseKind, Protocol};
use bulkhead_client::ix;
use bulkhead_lab::world::World;
use bulkhead_tests::*;
use solana_pubkey::Pubkey;

use crate::queue_change::{args, settings};

#[test]
fn propose_admin_ok_names_replaces_and_withdraws() {
    let mut world = World::new().unwrap();
    let (admin, first, second) = (world.admin, world.wallet(), world.wallet());
    for pending_admin in [first, second, Pubkey::default(), first] {
        let before = world.protocol().unwrap();
        let done = world.send(&[ix::propose_admin(admin, pending_admin)]).unwrap();
        assert_eq!(world.protocol().unwrap(), Protocol { pending_admin, ..before });
        assert_events(&done, [AdminProposed { admin, pending_admin }.into()]);
    }
}

#[test]
fn propose_admin_fails_by_anybody_but_the_admin() {
    let mut world = World::new().unwrap();
    let (stranger, pending) = (world.wallet(), world.wallet());
    world.send(&[ix::propose_admin(world.admin, pending)]).unwrap();
    for other in [stranger, pending, world.guardian] {
        refused(&mut world, &ix::propose_admin(other, other), BulkheadError::AdminRequired);
    }
    let mine = ix::propose_admin(world.admin, stranger);
    let bare = unsigned(&mine, world.admin);
    refused(&mut world, &bare, ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &mine, &[]);
    refuses_impostors(&mut world, &mine, &[]);
}

#[test]
fn accept_admin_ok_hands_over_and_the_old_one_is_nobody() {
    let mut world = World::new().unwrap();
    let (old, new) = (world.admin, world.wallet());
    world.send(&[ix::propose_admin(old, new)]).unwrap();
    let before = world.protocol().unwrap();
    let done = world.send(&[ix::accept_admin(new)]).unwrap();
    let after = Protocol { admin: new, pending_admin: Pubkey::default(), ..before };
    assert_eq!(world.protocol().unwrap(), after);
    assert_events(&done, [AdminAccepted { before: old, admin: new }.into()]);

    refused(&mut world, &ix::accept_admin(new), BulkheadError::PendingAdminRequired);
    refused(&mut world, &ix::propose_admin(old, old), BulkheadError::AdminRequired);
    let queue = ix::queue_change(old, None, args(0, settings(&world)));
    let failed = world.send(&[queue]).unwrap_err();
    assert_eq!(failed.code(), Some(BulkheadError::AdminRequired.into()));
    world.send(&[ix::pause(world.guardian, PauseKind::Deposits)]).unwrap();
    let unpause = ix::unpause(old, PauseKind::Deposits);
    refused(&mut world, &unpause, BulkheadError::GuardianOrAdminRequired);
    world.send(&[ix::unpause(new, PauseKind::Deposits)]).unwrap();
}

#[test]
fn accept_admin_ok_what_is_queued_stays_and_the_new_admin_cancels() {
    let mut world = World::new().unwrap();
    let (old, new) = (world.admin, world.wallet());
    world.send(&[ix::queue_change(old, None, args(0, settings(&world)))]).unwrap();
    world.send(&[ix::propose_admin(old, new), ix::accept_admin(new)]).unwrap();
    refused(&mut world, &ix::cancel_change(old, 0, old), BulkheadError::AdminRequired);
    world.send(&[ix::cancel_change(new, 0, old)]).unwrap();
}

#[test]
fn accept_admin_fails_by_anybody_but_the_proposed() {
    let mut world = World::new().unwrap();
    let (new, stranger) = (world.wallet(), world.wallet());
    // Nobody is proposed, and nobody is not somebody.
    for other in [new, world.admin, Pubkey::default()] {
        refused(&mut world, &ix::accept_admin(other), BulkheadError::PendingAdminRequired);
    }
    world.send(&[ix::propose_admin(world.admin, new)]).unwrap();
    for other in [stranger, world.admin, world.guardian] {
        refused(&mut world, &ix::accept_admin(other), BulkheadError::PendingAdminRequired);
    }
    let accept = ix::accept_admin(new);
    refused(&mut world, &unsigned(&accept, new), ErrorCode::AccountNotSigner);
    refuses_readonly(&mut world, &accept, &[]);
    refuses_impostors(&mut world, &accept, &[]);
    world.send(&[ix::propose_admin(world.admin, Pubkey::default())]).unwrap();
    refused(&mut world, &accept, BulkheadError::PendingAdminRequired);
}
