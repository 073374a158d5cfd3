//! What the town learns from the program's events, and from nothing else.

use bulkhead::instructions::{Change, MarketMode};
use bulkhead_client::events::{AnyEvent, from_logs};
use bulkhead_client::{MarketKeys, pda};
use bulkhead_lab::world::{TxFailed, TxOk};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::town::{Known, Leaving, Queued, Town, Waiting};

impl Town {
    /// Sends, and follows what the program says that it did.
    pub(crate) fn send(&mut self, instructions: &[Instruction]) -> Result<(TxOk, Vec<AnyEvent>), TxFailed> {
        let done = self.world.send(instructions)?;
        let logged = from_logs(done.logs.iter().map(String::as_str));
        assert!(logged.unreadable.is_empty() && !logged.is_truncated, "{logged:?}");
        for event in &logged.events {
            self.follow_tokens(event);
            self.follow_accounts(event);
        }
        let world = &self.world;
        let is_there = |key: &Pubkey| world.data(key).is_some_and(|data| !data.is_empty());
        self.orders.retain(|order| is_there(&order.key));
        self.leaving.retain(|leaving| is_there(&leaving.key));
        self.changes.retain(|change| is_there(&change.key));
        self.plans.retain(|position| is_there(&pda::top_up(position)));
        Ok((done, logged.events))
    }

    fn number_of(&self, market: &Pubkey) -> usize {
        self.markets.iter().position(|keys| keys.market == *market).expect("a known market")
    }

    fn owner_of(&self, owner: &Pubkey) -> usize {
        self.owners.iter().position(|known| known.key == *owner).expect("a known owner")
    }

    pub(crate) fn known(&self, position: &Pubkey) -> Option<Known> {
        self.positions.iter().find(|known| known.key == *position).copied()
    }

    fn market_of(&self, position: &Pubkey) -> usize {
        self.known(position).expect("a known position").market
    }

    /// Tokens that enter and leave a market's vaults.
    fn follow_tokens(&mut self, event: &AnyEvent) {
        let (market, change) = match event {
            AnyEvent::Deposited(event) => (self.number_of(&event.market), i128::from(event.amount_atoms)),
            AnyEvent::PositionCreated(event) => {
                (self.number_of(&event.market), i128::from(event.collateral_atoms))
            }
            AnyEvent::WithdrawalExecuted(event) => {
                (self.number_of(&event.market), -i128::from(event.amount_atoms))
            }
            AnyEvent::CollateralAdded(event) => {
                (self.market_of(&event.position), i128::from(event.amount_atoms))
            }
            AnyEvent::ToppedUp(event) => {
                (self.market_of(&event.position), i128::from(event.into_vault_atoms))
            }
            AnyEvent::CollateralRemoved(event) => {
                (self.market_of(&event.position), -i128::from(event.amount_atoms))
            }
            AnyEvent::PositionLiquidated(event) => {
                let paid = [event.keeper_pay_atoms, event.keeper_floor_pay_atoms, event.settle_pay_atoms];
                (self.number_of(&event.market), -paid.into_iter().map(i128::from).sum::<i128>())
            }
            AnyEvent::CappedSettled(event) => {
                (self.number_of(&event.market), -i128::from(event.keeper_pay_atoms))
            }
            AnyEvent::CrankPaid(event) => (self.number_of(&event.market), -i128::from(event.amount_atoms)),
            AnyEvent::FeesCollected(event) => {
                (self.number_of(&event.market), -i128::from(event.amount_atoms))
            }
            AnyEvent::PositionClosed(event) => {
                (self.market_of(&event.position), -i128::from(event.returned_atoms))
            }
            _ => return,
        };
        self.inside[market] += change;
    }

    /// Accounts that come and go.
    fn follow_accounts(&mut self, event: &AnyEvent) {
        match event {
            AnyEvent::PositionCreated(event) => {
                let (market, owner) = (self.number_of(&event.market), self.owner_of(&event.owner));
                let (vault, plan) = (pda::vault(&event.position), pda::top_up(&event.position));
                self.positions.push(Known { market, owner, key: event.position, vault, plan });
            }
            AnyEvent::OrderPlaced(event) => {
                let (market, position) = (self.market_of(&event.position), event.position);
                self.orders.push(Waiting { market, position, id: event.id, key: event.order });
            }
            AnyEvent::PositionClosed(event) => {
                self.donated.remove(&pda::vault(&event.position));
                self.positions.retain(|known| known.key != event.position);
            }
            AnyEvent::WithdrawalRequested(event) => {
                let (market, owner) = (self.number_of(&event.market), self.owner_of(&event.owner));
                self.leaving.push(Leaving { market, owner, key: event.withdrawal });
            }
            AnyEvent::TopUpSet(event) if !self.plans.contains(&event.position) => {
                self.plans.push(event.position);
            }
            AnyEvent::ChangeQueued(event) => {
                let is_wind_down = event.definition == Change::MarketStatus(MarketMode::WindDown);
                let market = (event.market != Pubkey::default()).then(|| self.number_of(&event.market));
                self.changes.push(Queued { nonce: event.nonce, market, key: event.change, is_wind_down });
            }
            AnyEvent::ChangeApplied(event) if event.market != Pubkey::default() => {
                let number = self.number_of(&event.market);
                self.markets[number] = MarketKeys::of(event.market, &self.market(number));
            }
            _ => (),
        }
    }
}
