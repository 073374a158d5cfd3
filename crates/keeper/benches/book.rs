//! A million positions: building the book, ticks with 0, 10 and 1,000 hits, updates, and a full scan beside it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anchor_lang::prelude::Pubkey;
use bulkhead_keeper::book::Book;
use bulkhead_risk::liquidation::{Readiness, assess};
use bulkhead_risk::{
    Market, Params, Position, PositionStatus, Ppm, PriceE12, Purpose, QuoteAtoms, Sample, Side, UnixSeconds,
};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const POSITIONS: usize = 1_000_000;
const USD: u64 = 1_000_000;
const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
const PRICE: PriceE12 = PriceE12(50_000_000_000_000_000);

/// Bytes on the heap now, counted by the allocator itself.
struct Counting;

static HEAP_BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes every call on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HEAP_BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HEAP_BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A market of 50,000 USD with 100 million USD in its pool, funding and borrow on, and a ramp of 4 %.
fn market() -> Market {
    let params = Params {
        base_decimals: 8,
        quote_decimals: 6,
        notional_divisor: 100_000_000_000_000,
        stress_variance_e24: 20_294_266_869_609_335,
        margin_min_ppm: Ppm(25_000),
        margin_max_ppm: Ppm(200_000),
        confidence_max_ppm: Ppm(20_000),
        depth_quote_atoms: QuoteAtoms(5_000_000 * USD),
        borrow_kink_utilisation_ppm: Ppm(700_000),
        borrow_kink_rate_e12: 6_342,
        borrow_full_utilisation_ppm: Ppm(950_000),
        borrow_full_rate_e12: 95_129,
        funding_skew_scale_quote_atoms: QuoteAtoms(20_000_000 * USD),
        funding_velocity_max_e18: 8_000_000,
        ..Params::default()
    };
    let mut market = Market { params, ..Market::default() };
    market.params.funding_rate_max_e12 = 60_000;
    (market.oracle.index, market.oracle.mark, market.oracle.published_at) = (PRICE, PRICE, NOW);
    market.ledger.pool = QuoteAtoms(100_000_000 * USD);
    market.ledger.accrued_at = NOW;
    market.ledger.long.open_interest.0 = 100_000_000_000;
    market.ledger.short.open_interest.0 = 60_000_000_000;
    market.ledger.long.reserved = QuoteAtoms(50_000_000 * USD);
    market.volatility.ramp_ppb = 40_000_000;
    market.volatility.target_ppm = Ppm(40_000);
    market.volatility.sampled_price = PRICE;
    market.volatility.sampled_at = NOW;
    market.volatility.first_sampled_at = UnixSeconds(NOW.0 - 1_000_000);
    market
}

/// Leverage from 2 to 15, entries within 3 %, requirements of many days, caps from 5 to 100 %.
fn positions(market: &Market) -> Vec<(Pubkey, Position)> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let one = |_| {
        let side = if rng.random() { Side::Long } else { Side::Short };
        let dollars = rng.random_range(20..20_000_u64);
        let mut position = Position::pending(side, QuoteAtoms(dollars * rng.random_range(70_000..500_000)));
        position.status = PositionStatus::Open;
        position.size = market.params.size_ceil(QuoteAtoms(dollars * USD), PRICE).expect("fits");
        position.entry = PriceE12(PRICE.0 / 1_000_000 * rng.random_range(970_000..1_030_000));
        position.reserved = QuoteAtoms(dollars * rng.random_range(50_000..1_000_000));
        position.margin_ppm = Ppm(rng.random_range(25_000..80_000));
        position.addon_ppm = Ppm(rng.random_range(0..40_000));
        position.liquidation_fee_ppm = Ppm(5_000);
        (Pubkey::new_from_array(rng.random()), position)
    };
    (0..POSITIONS).map(one).collect()
}

fn sample(price: u64, now: UnixSeconds) -> Sample {
    let price = PriceE12(price);
    Sample { price, conf: PriceE12(0), ema: price, publish_time: now }
}

fn observed(market: &Market, price: u64, secs: i64) -> (Market, Sample, UnixSeconds) {
    let now = UnixSeconds(market.ledger.accrued_at.0 + secs);
    let (mut market, sample) = (*market, sample(price, now));
    let _ = market.observe(&sample, Purpose::Liquidate, now).expect("an admissible sample");
    (market, sample, now)
}

/// What a keeper without a book does at every price.
fn scan(market: &Market, all: &[(Pubkey, Position)], sample: &Sample, now: UnixSeconds) -> Vec<Pubkey> {
    let is_hit = |position: &Position| {
        let current = position.accrued(&market.params, &market.ledger).and_then(|next| next.lowered(market));
        let standing = current.and_then(|current| assess(market, &current, sample, now));
        standing.is_ok_and(|standing| standing.readiness != Readiness::Healthy)
    };
    all.iter().filter(|(_, position)| is_hit(position)).map(|(key, _)| *key).collect()
}

/// Prices of the ticks to measure: none hit, ten, a thousand.
fn prices(book: &mut Book, market: &Market) -> [(usize, u64); 3] {
    [0, 10, 1_000].map(|wanted| {
        // Bisection between the index and half of it: the lower the price, the more longs are hit.
        let (mut low, mut high) = (PRICE.0 / 2, PRICE.0);
        while high - low > 1_000 {
            let middle = low + (high - low) / 2;
            let (market, sample, now) = observed(market, middle, 1);
            let found = book.tick(&market, &sample, now).expect("a tick").found.len();
            if found > wanted { low = middle } else { high = middle }
        }
        (wanted, high)
    })
}

fn bench(criterion: &mut Criterion) {
    let market = market();
    let all = positions(&market);
    // Those that the index itself hits belong to no market at rest.
    let hit = scan(&market, &all, &sample(PRICE.0, NOW), NOW);
    let hit: std::collections::HashSet<_> = hit.into_iter().collect();
    let all: Vec<_> = all.into_iter().filter(|(key, _)| !hit.contains(key)).collect();

    let before = HEAP_BYTES.load(Ordering::Relaxed);
    let mut book = Book::new();
    book.extend(&market, all.iter().copied());
    let bytes = HEAP_BYTES.load(Ordering::Relaxed) - before;
    println!("{} positions, {} bytes each on the heap", book.len(), bytes / book.len());
    println!("by its own count {} bytes each", book.heap_bytes() / book.len());

    let mut group = criterion.benchmark_group("book");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    group.bench_function("build", |bencher| {
        let build = || {
            let mut book = Book::new();
            book.extend(&market, all.iter().copied());
            book
        };
        bencher.iter_with_large_drop(build);
    });
    for (wanted, price) in prices(&mut book, &market) {
        let (market, sample, now) = observed(&market, price, 1);
        let hits = book.tick(&market, &sample, now).expect("a tick");
        let mut scanned = scan(&market, &all, &sample, now);
        let mut found: Vec<_> = hits.found.iter().map(|hit| hit.key).collect();
        scanned.sort();
        found.sort();
        assert_eq!(found, scanned);
        println!("{} hits wanted: {} found, {} looked at", wanted, found.len(), hits.looked_at);
        group.bench_function(format!("tick/{wanted}_hits"), |bencher| {
            bencher.iter(|| book.tick(&market, black_box(&sample), now));
        });
        group.bench_function(format!("full_scan/{wanted}_hits"), |bencher| {
            bencher.iter(|| scan(&market, &all, black_box(&sample), now));
        });
    }
    moving(&mut group, &mut book, market, &all);
    group.finish();
}

/// What a keeper does as time passes: ticks, updates, sweeps, and showing who is next.
fn moving(
    group: &mut BenchmarkGroup<'_, WallTime>,
    book: &mut Book,
    market: Market,
    all: &[(Pubkey, Position)],
) {
    // Every tick a second later and at another price, so that every shelf has drifted.
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut moving = market;
    group.bench_function("tick/second_by_second", |bencher| {
        let next = || {
            let price = PRICE.0 / 1_000_000 * rng.random_range(999_500..1_000_500);
            let (market, sample, now) = observed(&moving, price, 1);
            moving = market;
            (market, sample, now)
        };
        bencher.iter_batched(
            next,
            |(market, sample, now)| book.tick(&market, &sample, now),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("update", |bencher| {
        let next = || {
            let (key, mut position) = all[rng.random_range(0..all.len())];
            position.collateral.0 += rng.random_range(0..USD);
            (key, position)
        };
        bencher.iter_batched(
            next,
            |(key, position)| book.insert(&moving, key, position),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("sweep/1000", |bencher| bencher.iter(|| book.sweep(&moving, 1_000)));
    group.bench_function("nearest/100", |bencher| {
        bencher.iter(|| book.nearest(&moving, Side::Long, 100));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
