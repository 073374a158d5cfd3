import type { Market, ParamChange } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { Suspense, lazy, useMemo, type ReactNode } from 'react';

import { explorer } from '../config.ts';
import { clock, decimal, duration, percent, percentE12, price, short, usd, usdShort } from '../format.ts';
import { Row } from '../parts/Field.tsx';
import { Settled } from '../parts/Settled.tsx';
import { settledOf, useEye, useWorld, type Eye } from '../state/hooks.ts';
import { usePath } from '../state/path.ts';

const Chart = lazy(() => import('../parts/Chart.tsx'));
const CHANGES = ['Parameters', 'Oracle', 'Status', 'Protocol settings', 'Oracle of the collateral'];
/** The program's kinds of changes. */
const MARKET_PARAMS = 0;
const ORACLE = 1;
const STATUS = 2;
const PROTOCOL_SETTINGS = 3;
const COLLATERAL_ORACLE = 4;
const STATUSES = ['active', 'reduce-only', 'settled', 'reduce-only and wound down'];

export default function MarketPage({ market }: { market: Address | null }) {
    const eye = useEye(market);
    const world = useWorld();
    const settled = settledOf(world, market);
    if (settled) return <Settled sight={settled} />;
    if (!eye) return <p className="boot">No price yet.</p>;
    const { view } = eye;
    const dollars = (atoms: bigint) => usdShort(atoms, view.quoteDecimals);
    return (
        <>
            <h1>{eye.symbol} market</h1>
            <div className="cards">
                <Card title="Volatility, standard deviation of an hour">
                    <Row label="Measured over 1 h">
                        <span data-testid="sigma-1h">{percent(view.sigmaHour1hPpm)}</span>
                    </Row>
                    <Row label="over 1 day">
                        <span data-testid="sigma-1d">{percent(view.sigmaHour1dPpm)}</span>
                    </Row>
                    <Row label="over 30 days">
                        <span data-testid="sigma-30d">{percent(view.sigmaHour30dPpm)}</span>
                    </Row>
                    <Row label="from the oracle’s average">
                        <span data-testid="sigma-ema">{percent(view.sigmaHourEmaPpm)}</span>
                    </Row>
                    <Row label="Margin it asks for (m_target)" strong>
                        <span data-testid="target">{percent(view.targetPpm)}</span>
                    </Row>
                    <Row label="Margin in force (m_ramp)" strong>
                        <span data-testid="ramp">{percent(view.rampPpm)}</span>
                    </Row>
                </Card>
                <Card title="Open interest">
                    <Row label={`Long, ${view.positionsLong} positions`}>
                        <span data-testid="oi-long">{dollars(view.openInterestLongQuoteAtoms)}</span>
                    </Row>
                    <Row label={`Short, ${view.positionsShort} positions`}>
                        <span data-testid="oi-short">{dollars(view.openInterestShortQuoteAtoms)}</span>
                    </Row>
                    <Row label="Skew" strong>
                        <span data-testid="skew">{dollars(view.skewQuoteAtoms)}</span>
                    </Row>
                    <Row label="Size add-on long / short">
                        {percent(view.addonLongPpm)} / {percent(view.addonShortPpm)}
                    </Row>
                    <Row label="Initial margin long / short">
                        {percent(view.initialLongPpm)} / {percent(view.initialShortPpm)}
                    </Row>
                    <Row label="Funding a day, longs pay if positive">
                        <span data-testid="funding">{percentE12(view.fundingDayE12, { sign: true })}</span>
                    </Row>
                </Card>
                <Card title="Pool and insurance">
                    <Row label="Pool">{dollars(view.poolAtoms)}</Row>
                    <Row label="Promised to positions">{dollars(view.reservedAtoms)}</Row>
                    <Row label="Utilisation" strong>
                        <span data-testid="utilisation">{percent(view.utilisationPpm)}</span>
                    </Row>
                    <Row label="Borrow a day, of what is set aside">
                        <span data-testid="borrow">{percentE12(view.borrowDayE12)}</span>
                    </Row>
                    <Row label="Insurance">{dollars(view.insuranceAtoms)}</Row>
                    <Row label="Losses beyond collateral, ever">{dollars(view.shortfallTotalAtoms)}</Row>
                </Card>
                <Card title="Oracle">
                    <Row label="Status">{view.status}</Row>
                    <Row label="Price">
                        {price(view.priceE12)} ± {price(view.confE12)}
                    </Row>
                    <Row label="Index / mark">
                        <span data-testid="index">{price(view.indexPriceE12)}</span> / {price(view.markPriceE12)}
                    </Row>
                    <Row label="Published">{clock(view.publishTime)}</Row>
                    <Row label="Last bucket sampled">{clock(view.sampledAt)}</Row>
                    <Row label="Account">
                        <a href={explorer(eye.market.account.oracle.account)} target="_blank" rel="noreferrer">
                            {short(eye.market.account.oracle.account)}
                        </a>
                    </Row>
                </Card>
            </div>
            <MarginPath eye={eye} />
            <div className="cards">
                <Parameters eye={eye} />
                <Pending eye={eye} />
            </div>
        </>
    );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
    return (
        <section className="panel">
            <h2>{title}</h2>
            <dl className="rows">{children}</dl>
        </section>
    );
}

function MarginPath({ eye }: { eye: Eye }) {
    const path = usePath(eye);
    const lines = useMemo(
        () => [
            {
                name: 'm_target',
                tone: 'index' as const,
                points: path.map(({ time, target }) => ({ time, value: target })),
            },
            { name: 'm_ramp', tone: 'third' as const, points: path.map(({ time, ramp }) => ({ time, value: ramp })) },
        ],
        [path],
    );
    return (
        <section className="panel" aria-label="Margin over time">
            <h2>What volatility asks for, and what is in force, per cent</h2>
            <Suspense fallback={<div className="chart low" />}>
                <Chart lines={lines} levels={NO_LEVELS} label="m_target and m_ramp over time" />
            </Suspense>
        </section>
    );
}

const NO_LEVELS: never[] = [];

function Parameters({ eye }: { eye: Eye }) {
    const { params } = eye.market.account;
    const { quoteDecimals } = eye.view;
    const dollars = (atoms: bigint) => usdShort(atoms, quoteDecimals);
    return (
        <Card title="Parameters">
            <Row label="Volatility margin, from / to">
                {percent(params.marginMinPpm)} / {percent(params.marginMaxPpm)}
            </Row>
            <Row label="Initial margin, at least">{percent(params.initialMarginMinPpm)}</Row>
            <Row label="Liquidation fee">{percent(params.liquidationFeePpm)}</Row>
            <Row label="Trade fee">{percent(params.tradeFeePpm, { digits: 3 })}</Row>
            <Row label="Confidence, at most">{percent(params.confidenceMaxPpm)}</Row>
            <Row label="Depth">{dollars(params.depthQuoteAtoms)}</Row>
            <Row label="Open interest cap, a side">{dollars(params.openInterestCapQuoteAtoms)}</Row>
            <Row label="Skew cap">{dollars(params.skewCapQuoteAtoms)}</Row>
            <Row label="Least position">{usd(params.notionalMinQuoteAtoms, quoteDecimals)}</Row>
            <Row label="Opens stop at utilisation">{percent(params.utilisationMaxPpm)}</Row>
            <Row label="One position’s share of the pool">{percent(params.poolShareMaxPpm)}</Row>
            <Row label="Order delay / window">
                {params.orderDelaySecs} s / {params.orderWindowSecs} s
            </Row>
            <Row label="Borrow at kink / full, a second">
                {decimal(params.borrowKinkRateE12, 12, { digits: 12 })} /{' '}
                {decimal(params.borrowFullRateE12, 12, { digits: 12 })}
            </Row>
        </Card>
    );
}

function Pending({ eye }: { eye: Eye }) {
    const world = useWorld();
    const changes = [...world.changes.values()].filter(
        ({ account }) => account.market === eye.market.address || account.kind === PROTOCOL_SETTINGS,
    );
    return (
        <section className="panel" data-testid="pending">
            <h2>Pending changes</h2>
            {changes.length === 0 && <p className="note">None is queued.</p>}
            {changes.map(({ address, account }) => (
                <div key={address} className="change">
                    <p>
                        <strong>
                            {CHANGES[account.kind] ?? 'Change'} #{account.nonce.toString()}
                        </strong>{' '}
                        from {clock(account.appliesFrom)}, lapses {clock(account.expiresAt)}{' '}
                        <a href={explorer(address)} target="_blank" rel="noreferrer">
                            {short(address)}
                        </a>
                    </p>
                    <Differences eye={eye} change={account} />
                </div>
            ))}
        </section>
    );
}

/** What a queued change would set, beside what stands now. */
function Differences({ eye, change }: { eye: Eye; change: ParamChange }) {
    const rows: [string, string, string][] = [];
    if (change.kind === MARKET_PARAMS) rows.push(...differences(eye.market.account.params, change.params, eye));
    if (change.kind === STATUS) {
        rows.push(['Status', STATUSES[eye.market.account.status] ?? '?', STATUSES[change.status] ?? '?']);
    }
    if (change.kind === ORACLE || change.kind === COLLATERAL_ORACLE) {
        const now = change.kind === ORACLE ? eye.market.account.oracle : eye.market.account.collateralOracle;
        rows.push(['Price account', short(now.account), short(change.oracle.account)]);
    }
    if (change.kind === PROTOCOL_SETTINGS) rows.push(['Timelock', '', duration(change.timelockSecs)]);
    return (
        <dl className="rows">
            {rows.map(([name, now, then]) => (
                <Row key={name} label={name}>
                    {now ? `${now} → ${then}` : then}
                </Row>
            ))}
        </dl>
    );
}

type Params = Market['params'];

/** Parameters that differ, in the unit that their names end in. */
function differences(now: Params, then: Params, eye: Eye): [string, string, string][] {
    const shown = (name: string, value: unknown): string => {
        if (typeof value !== 'number' && typeof value !== 'bigint') return '';
        if (name.endsWith('Ppm')) return percent(value);
        if (name.endsWith('QuoteAtoms')) return usdShort(BigInt(value), eye.view.quoteDecimals);
        if (name.endsWith('Secs')) return `${value} s`;
        return value.toString();
    };
    return (Object.keys(now) as (keyof Params)[]).flatMap((name) => {
        const [before, after] = [shown(name, now[name]), shown(name, then[name])];
        const words = name
            .replace(/(Ppm|QuoteAtoms|Secs)$/, '')
            .replace(/[A-Z0-9]+/g, (part) => ` ${part.toLowerCase()}`);
        return before === after ? [] : [[words, before, after] satisfies [string, string, string]];
    });
}
