//! The protocol account: who may do what, and the guardian's pauses.

use anchor_lang::prelude::*;

/// Which cluster the protocol runs on. Set once.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// A validator on one machine, or an embedded one.
    Localnet,
    /// The public test network.
    Devnet,
    /// Real money: the older oracle is refused and the timelock has a floor.
    Mainnet,
}

/// A pause that lapses by itself.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// Paused until this time.
    pub until: i64,
    /// The same pause cannot be set again before this time.
    pub again_from: i64,
}

/// What the guardian can pause.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseKind {
    /// Opening and increasing.
    NewRisk,
    /// Pool deposits.
    Deposits,
    /// Pool withdrawals.
    Withdrawals,
}

/// Protocol-wide settings. Seeds: "protocol".
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Layout version.
    pub version: u8,
    /// PDA bump.
    pub bump: u8,
    /// [`Cluster`] as a number.
    pub cluster: u8,
    /// Alignment.
    pub _pad: u8,
    /// Markets created.
    pub market_count: u16,
    /// Alignment.
    pub _pad_2: [u8; 2],
    /// Seconds that a queued change waits.
    pub timelock_secs: u32,
    /// Alignment.
    pub _pad_3: [u8; 4],
    /// Queues and applies changes, creates markets.
    pub admin: Pubkey,
    /// Takes over as admin when it accepts.
    pub pending_admin: Pubkey,
    /// May pause what takes new risk, for a day at a time.
    pub guardian: Pubkey,
    /// Owner of the token accounts that protocol fees go to.
    pub fee_receiver: Pubkey,
    /// Opening and increasing.
    pub pause_new_risk: Pause,
    /// Pool deposits.
    pub pause_deposits: Pause,
    /// Pool withdrawals.
    pub pause_withdrawals: Pause,
    /// Number of the next queued change.
    pub next_change: u64,
    /// For later versions.
    pub _reserved: [u8; 128],
}

const _: () = assert!(size_of::<Protocol>() == 328);

const CLUSTER_MAINNET: u8 = 2;

impl Protocol {
    /// Whether real money is at stake.
    pub fn is_mainnet(&self) -> bool {
        self.cluster == CLUSTER_MAINNET
    }

    /// One of the pauses.
    pub fn pause_mut(&mut self, kind: PauseKind) -> &mut Pause {
        match kind {
            PauseKind::NewRisk => &mut self.pause_new_risk,
            PauseKind::Deposits => &mut self.pause_deposits,
            PauseKind::Withdrawals => &mut self.pause_withdrawals,
        }
    }
}
