import type { Address } from '@solana/kit';
import { Suspense, lazy, useMemo } from 'react';

import { useWallets } from '../chain/wallet.ts';
import { percent, percentE12, price, priceForChart, usdShort } from '../format.ts';
import { Desk } from '../parts/Desk.tsx';
import { Settled } from '../parts/Settled.tsx';
import { settledOf, standingOf, useEye, useWorld, type Eye } from '../state/hooks.ts';
import { usePath } from '../state/path.ts';

const Chart = lazy(() => import('../parts/Chart.tsx'));

export function Trade({ market }: { market: Address | null }) {
    const eye = useEye(market);
    const world = useWorld();
    const settled = settledOf(world, market);
    if (settled) return <Settled sight={settled} />;
    if (!eye) return <p className="boot">No price yet.</p>;
    return (
        <div className="trade">
            <section className="panel chart-panel" aria-label={`${eye.symbol} price`}>
                <Headline eye={eye} />
                <PriceChart eye={eye} />
            </section>
            <Desk eye={eye} key={eye.market.address} />
        </div>
    );
}

function Headline({ eye: { symbol, view } }: { eye: Eye }) {
    const facts: [string, string][] = [
        ['Index', price(view.indexPriceE12)],
        ['Mark', price(view.markPriceE12)],
        ['σ of an hour', percent(view.sigmaHour1hPpm)],
        ['Funding a day', percentE12(view.fundingDayE12, { sign: true })],
        [
            'Open interest',
            `${usdShort(view.openInterestLongQuoteAtoms, view.quoteDecimals)} / ${usdShort(view.openInterestShortQuoteAtoms, view.quoteDecimals)}`,
        ],
    ];
    return (
        <div className="headline">
            <h1>
                {symbol}
                <span className="unit">/USD</span> <output data-testid="price">{price(view.priceE12)}</output>
            </h1>
            <dl className="facts">
                {facts.map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
            </dl>
        </div>
    );
}

function PriceChart({ eye }: { eye: Eye }) {
    const path = usePath(eye);
    const { connected } = useWallets();
    const world = useWorld();
    const own = [...world.positions.values()].filter(
        ({ account }) =>
            account.owner === connected?.address && account.market === eye.market.address && account.status === 1,
    );
    const standings = own.map((position) => ({ id: position.account.id, standing: standingOf(eye, position) }));
    const key = standings
        .map(({ id, standing }) => `${id}:${standing?.entryPriceE12}:${standing?.liquidationPriceE12}`)
        .join();
    const levels = useMemo(
        () =>
            standings.flatMap(({ id, standing }) => {
                if (!standing) return [];
                const entry = {
                    name: `#${id} entry`,
                    value: priceForChart(standing.entryPriceE12),
                    tone: 'entry' as const,
                };
                const end = priceForChart(standing.liquidationPriceE12);
                return end > 0
                    ? [entry, { name: `#${id} liquidation`, value: end, tone: 'liquidation' as const }]
                    : [entry];
            }),
        [key],
    );
    const lines = useMemo(
        () => [
            { name: 'Index', tone: 'index' as const, points: path.map(({ time, index }) => ({ time, value: index })) },
            { name: 'Mark', tone: 'mark' as const, points: path.map(({ time, mark }) => ({ time, value: mark })) },
        ],
        [path],
    );
    return (
        <Suspense fallback={<div className="chart" />}>
            <Chart
                lines={lines}
                levels={levels}
                label={`${eye.symbol}: index and mark over time, ${levels.length} levels of your positions`}
            />
        </Suspense>
    );
}
