//! The one place where everything comes together: takes in what the feed and the couriers tell, judges,
//! plans, and sends what is due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bulkhead_client::rpc::Budget;
use solana_pubkey::Pubkey;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tracing::{info, warn};

use crate::action::{Action, ActionKey, Batch, BatchLimits, pack};
use crate::config::Config;
use crate::duty::Duty;
use crate::hermes::Wanted;
use crate::http::Health;
use crate::push::{Offered, Pusher, VERIFY_LAMPORTS, Way};
use crate::send::{Courier, Job};
use crate::state::{Doubt, MarketState, State, Update, View};
use crate::table::{Outcome, Table, Turns};
use crate::telemetry;
use crate::{jito, profit};

/// Something is due by the clock alone: orders' windows, second sightings.
const TICK: Duration = Duration::from_millis(100);
/// Notifications come in bursts; between two rounds of planning lies at least this.
const ROUND_MIN: Duration = Duration::from_millis(20);
/// What is not urgent is planned so often.
const SLOW_EVERY: Duration = Duration::from_secs(1);
/// Positions that a slow round looks at.
const SLICE: usize = 5_000;
/// Bounds that a slow round renews in each book.
const SWEEP: usize = 5_000;

/// What the engine is told.
#[derive(Debug)]
pub enum Event {
    /// By the feed.
    Update(Update),
    /// By a courier: how each action of a transaction came out.
    Ended(Vec<(ActionKey, Outcome)>),
    /// Lamports in the wallet.
    Balance(u64),
    /// Priority fee for a market, 10^-6 lamports a unit.
    Price(Pubkey, u64),
    /// Prices that are not on the chain yet.
    Offers(Vec<Arc<Offered>>),
    /// By a courier: whether a price has come into its account.
    Pushed {
        /// The account.
        account: Pubkey,
        /// Whether it has.
        has_come: bool,
    },
}

/// Decides what is sent when.
pub struct Engine {
    config: Arc<Config>,
    keeper: Pubkey,
    courier: Courier,
    health: Arc<Health>,
    state: State,
    table: Table,
    jobs: JoinSet<()>,
    prices: HashMap<Pubkey, u64>,
    balance: Option<u64>,
    is_fed: bool,
    cursor: Option<Pubkey>,
    last_round: Instant,
    last_slow: Option<Instant>,
    pusher: Pusher,
    wanted: watch::Sender<Vec<Wanted>>,
}

impl Engine {
    /// An engine that knows nothing yet.
    pub fn new(config: Arc<Config>, keeper: Pubkey, courier: Courier, health: Arc<Health>) -> Self {
        let table = Table::new(Turns::new(keeper, &config.stagger), &config.send);
        Self {
            config,
            keeper,
            courier,
            health,
            state: State::default(),
            table,
            jobs: JoinSet::new(),
            prices: HashMap::new(),
            balance: None,
            is_fed: false,
            cursor: None,
            last_round: Instant::now(),
            last_slow: None,
            pusher: Pusher::default(),
            wanted: watch::channel(Vec::new()).0,
        }
    }

    /// The price accounts that it wants newer prices for, as they change.
    pub fn wanted(&self) -> watch::Receiver<Vec<Wanted>> {
        self.wanted.subscribe()
    }

    /// What it knows.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Runs until `stop` says so; what is in flight then is waited for.
    pub async fn run(mut self, mut events: UnboundedReceiver<Event>, mut stop: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => break,
                Some(event) = events.recv() => {
                    self.take(event);
                    while let Ok(event) = events.try_recv() {
                        self.take(event);
                    }
                    if self.last_round.elapsed() >= ROUND_MIN {
                        self.round();
                    }
                }
                _ = tick.tick() => self.round(),
            }
        }
        self.finish(&mut events).await;
    }

    /// Waits for what is in flight.
    pub async fn finish(&mut self, events: &mut UnboundedReceiver<Event>) {
        self.close_messages(true);
        let deadline = tokio::time::sleep(Duration::from_secs(self.config.send.shutdown_secs));
        if !self.jobs.is_empty() {
            info!(transactions = self.jobs.len(), "waiting for what is in flight");
        }
        tokio::pin!(deadline);
        while !self.jobs.is_empty() {
            tokio::select! {
                _ = &mut deadline => break,
                _ = self.jobs.join_next() => {}
                Some(event) = events.recv() => self.take(event),
            }
        }
        if !self.jobs.is_empty() {
            warn!(transactions = self.jobs.len(), "left in flight: they may still land");
        }
    }

    /// Takes in one event.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Update(update) => self.update(update),
            Event::Ended(outcomes) => self.ended(&outcomes),
            Event::Balance(lamports) => {
                telemetry::balance(lamports);
                let is_short = lamports < self.config.wallet.balance_min_lamports;
                if is_short && self.balance.is_none_or(|before| before != lamports) {
                    let least = self.config.wallet.balance_min_lamports;
                    warn!(lamports, least, "the wallet holds too little: nothing is sent");
                }
                self.balance = Some(lamports);
                self.health.set_funded(!is_short);
            }
            Event::Price(market, price) => drop(self.prices.insert(market, price)),
            Event::Offers(offered) => {
                let step = self.config.hermes.as_ref().map_or(1, |hermes| hermes.step_secs);
                if !self.pusher.is_held(Instant::now()) {
                    self.state.offer(&offered, step);
                }
            }
            Event::Pushed { account, has_come } => {
                self.pusher.ended(&account, has_come, Instant::now());
                if !has_come {
                    self.state.drop_offers();
                }
            }
        }
    }

    fn update(&mut self, update: Update) {
        match &update {
            Update::Snapshot(_) => self.is_fed = true,
            Update::Lost => self.is_fed = false,
            _ => {}
        }
        self.health.set_fed(self.is_fed);
        let doubt = self.state.apply(update);
        if !doubt.keys.is_empty() {
            self.resolve(doubt);
        }
    }

    fn resolve(&mut self, doubt: Doubt) {
        let courier = self.courier.clone();
        self.jobs.spawn(async move { courier.reread(doubt).await });
    }

    fn ended(&mut self, outcomes: &[(ActionKey, Outcome)]) {
        let now = Instant::now();
        for (key, outcome) in outcomes {
            if *outcome == Outcome::Landed
                && let Some(since) = self.table.planned_since(key)
            {
                telemetry::landing_time(key.duty, now.saturating_duration_since(since));
            }
            self.table.ended(key, *outcome, now);
        }
    }

    /// Judges, plans and sends. Does nothing before there is a state to go by.
    pub fn round(&mut self) {
        while self.jobs.try_join_next().is_some() {}
        self.last_round = Instant::now();
        self.health.beat();
        let Some(now) = self.state.now().filter(|_| self.is_fed) else { return };
        let is_slow = self.last_slow.is_none_or(|last| last.elapsed() >= SLOW_EVERY);
        self.state.judge(now);
        let slice = if is_slow { self.next_slice() } else { Vec::new() };
        let mut due = Vec::new();
        self.table.begin();
        let view =
            View { state: &self.state, keeper: self.keeper, duties: &self.config.duties, slice: &slice };
        for duty in Duty::ALL {
            let (is_enabled, at_loss) = self.config.duties.of(duty);
            if !is_enabled || !(is_slow || duty.is_urgent()) {
                continue;
            }
            let planned = duty.plan(&view, now);
            telemetry::planned(duty, planned.len());
            let ready: Vec<_> =
                planned.into_iter().filter(|action| self.table.is_due(action.key, self.last_round)).collect();
            due.extend(self.worth(ready, at_loss));
        }
        self.table.end(self.last_round, |key| is_slow || key.duty.is_urgent());
        if is_slow {
            self.last_slow = Some(self.last_round);
            self.state.sweep(SWEEP);
            telemetry::state(&self.state, &self.table, now);
            self.doubt_markets();
            self.want_prices();
            self.close_messages(false);
        }
        if self.balance.is_none_or(|lamports| lamports >= self.config.wallet.balance_min_lamports) {
            self.dispatch(due);
        }
    }

    /// Says which prices are wanted.
    pub fn want_prices(&self) {
        let of = |market: &MarketState| {
            let oracle = &market.account.oracle;
            Wanted { account: oracle.account, receiver: oracle.program, feed: oracle.feed_id }
        };
        let mut wanted: Vec<Wanted> = self.state.markets().map(of).collect();
        wanted.sort_unstable_by_key(|wanted| wanted.account);
        wanted.dedup();
        let change = |known: &mut Vec<Wanted>| {
            let is_other = *known != wanted;
            *known = wanted;
            is_other
        };
        self.wanted.send_if_modified(change);
    }

    /// Closes price messages that are done with.
    fn close_messages(&mut self, is_end: bool) {
        let closable = self.pusher.closable(Instant::now(), is_end);
        if !closable.is_empty() {
            let (courier, budget) = (self.courier.clone(), self.budget_min());
            self.jobs.spawn(async move { courier.close(closable, budget).await });
        }
    }

    /// Of what nobody competes for.
    pub(crate) fn budget_min(&self) -> Budget {
        let fees = &self.config.fees;
        let loaded = Some(self.config.loaded_bytes());
        Budget::priced(0, fees.micro_lamports_per_unit_min, fees.lamports_max, loaded)
    }

    /// A position that is ahead of its market was read after it: the market's own notification was lost.
    fn doubt_markets(&mut self) {
        let is_behind =
            |market: &&MarketState| market.seen.as_ref().is_some_and(|seen| !seen.hits.refused.is_empty());
        let keys: Vec<_> = self.state.markets().filter(is_behind).map(|market| market.keys.market).collect();
        if !keys.is_empty() {
            self.resolve(Doubt { keys, slot: self.state.slot() });
        }
    }

    fn next_slice(&mut self) -> Vec<Pubkey> {
        let slice = self.state.slice(self.cursor, SLICE);
        self.cursor = slice.last().copied();
        slice
    }

    /// Those that pay more than they cost, or all where the operator bears the loss.
    fn worth(&self, actions: Vec<Action>, at_loss: bool) -> Vec<Action> {
        if at_loss {
            return actions;
        }
        let shared = actions.len().min(self.config.send.instructions_max);
        let is_worth = |action: &Action| {
            let (price, most) = (self.price(&action.market), self.config.fees.lamports_max);
            let tip = jito::part_ceil(action, shared, &self.config.jito, &self.config.profit);
            let brings = self.state.market(&action.market).is_some_and(|market| market.offer().is_some());
            let cost = profit::cost_lamports(action, price, most, shared)
                .saturating_add(tip)
                .saturating_add(if brings { VERIFY_LAMPORTS } else { 0 });
            let reward = profit::reward_lamports(&action.reward, &self.config.profit);
            let is_worth = profit::is_worth(reward, cost, self.config.profit.margin_lamports);
            if !is_worth {
                telemetry::unprofitable(action.key.duty);
            }
            is_worth
        };
        actions.into_iter().filter(is_worth).collect()
    }

    fn price(&self, market: &Pubkey) -> u64 {
        let known = self.prices.get(market).copied();
        known.unwrap_or(self.config.fees.micro_lamports_per_unit_min)
    }

    fn dispatch(&mut self, due: Vec<Action>) {
        let send = &self.config.send;
        let limits = BatchLimits {
            instructions: send.instructions_max,
            list: send.flags_max,
            units: send.units_max,
            is_tipped: self.config.jito.url.is_some(),
        };
        let (alone, together): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|action| self.table.is_alone(&action.key));
        let mut batches = pack(together, &limits, &self.keeper);
        batches.extend(alone.into_iter().map(Batch::of));
        let free = send.in_flight_max.saturating_sub(self.jobs.len());
        for batch in batches.into_iter().take(free) {
            self.send(batch);
        }
    }

    fn send(&mut self, batch: Batch) {
        let push = match self.pusher.way(&self.state, &batch, &self.keeper, self.last_round) {
            Way::Wait => return,
            Way::Free => None,
            Way::Bring(push) => Some(push),
        };
        let Some(first) = batch.actions.first() else { return };
        // What failed before gets room, in case it was too tight.
        let room = if self.table.is_alone(&first.key) { 2 } else { 1 };
        let units = batch.units().saturating_mul(room).min(self.config.send.units_max);
        let price = self.price(&first.market);
        let loaded = Some(self.config.loaded_bytes());
        let budget = Budget::priced(units, price, self.config.fees.lamports_max, loaded);
        for action in &batch.actions {
            self.table.sent(&action.key, self.last_round);
        }
        let job = Job { batch, budget, slot: self.state.slot(), push };
        self.jobs.spawn(self.courier.clone().deliver(job));
    }
}
