import type { Position } from '@bulkhead/client';
import { useMemo, useState } from 'react';

import { Crash, type CrashStep } from '../chain/risk.ts';
import { useWallets } from '../chain/wallet.ts';
import { symbolOf } from '../config.ts';
import { decimal, usd } from '../format.ts';
import { Slider } from '../parts/Choices.tsx';
import { asked, eyeOn, marketsOf, useWorld } from '../state/hooks.ts';
import type { Held, World } from '../state/world.ts';

const STEPS = 20;
const MOVE = -30;

type Moves = ReadonlyMap<string, number>;

function run(world: World, positions: Held<Position>[], moves: Moves): CrashStep[] {
    const crash = new Crash();
    for (const position of positions) {
        const eye = eyeOn(world, position.account.market);
        if (eye) crash.add(eye.look, position.data, (moves.get(eye.market.address) ?? MOVE) * 10_000);
    }
    return crash.run(STEPS);
}

function signed(percentage: number): string {
    return `${percentage > 0 ? '+' : percentage < 0 ? '−' : ''}${Math.abs(percentage)} %`;
}

/** The same positions sealed off from each other, and in one account, along a crash. */
export default function WhatIf() {
    const { connected } = useWallets();
    const world = useWorld();
    const [moves, setMoves] = useState<Moves>(new Map());
    const open = [...world.positions.values()].filter(({ account }) => account.status === 1);
    const own = open.filter(({ account }) => account.owner === connected?.address);
    // Without positions of one's own, everybody's show the difference.
    const shown = (own.length > 0 ? own : open.slice(0, 12)).filter(({ account }) => eyeOn(world, account.market));
    const markets = marketsOf(world).filter(({ address }) => shown.some(({ account }) => account.market === address));
    const outcome = useMemo(() => asked(() => run(world, shown, moves)), [world, moves, shown.length]);
    const steps = outcome.value ?? [];
    const last = steps.at(-1);
    const decimals = world.markets.values().next().value?.account.params.quoteDecimals ?? 6;
    return (
        <>
            <h1>Isolated or cross</h1>
            <p className="lead">
                {own.length > 0 ? 'Your positions' : 'Positions of this market’s traders'} along a crash: each in its
                own compartment as here, and all in one account as elsewhere.
            </p>
            <section className="panel">
                <h2>The crash, over {STEPS} minutes</h2>
                {markets.map(({ address, account }) => {
                    const symbol = symbolOf(account.oracle.feedId, account.index);
                    const move = moves.get(address) ?? MOVE;
                    return (
                        <Slider
                            key={address}
                            label={`${symbol} moves by`}
                            shown={signed(move)}
                            min={-90}
                            max={90}
                            step={5}
                            value={move}
                            onChange={(value) => setMoves(new Map(moves).set(address, value))}
                        />
                    );
                })}
                {outcome.refusal && <p className="note bad">{outcome.refusal}</p>}
                {shown.length === 0 && <p className="note">There is no open position.</p>}
                {last && shown.length > 0 && (
                    <>
                        <div className="versus">
                            <div>
                                <h2>Isolated</h2>
                                <p className="big">{usd(last.isolatedTotalAtoms, decimals)}</p>
                                <p className="note">
                                    {last.isolatedHit.filter(Boolean).length} of {shown.length} were liquidated, in part
                                    or in full
                                </p>
                            </div>
                            <div>
                                <h2>Cross</h2>
                                <p className="big">{usd(last.crossTotalAtoms, decimals)}</p>
                                <p className="note">
                                    {last.crossClosed ? 'The whole account was liquidated' : 'The account held'}
                                </p>
                            </div>
                        </div>
                        <Paths steps={steps} />
                        <p className="legend" aria-hidden="true">
                            <span className="isolated">Isolated</span> <span className="cross">Cross</span>
                        </p>
                        <Each world={world} positions={shown} steps={steps} />
                        <h2>Minute by minute</h2>
                        <table>
                            <caption className="sr">What is left after every fourth minute</caption>
                            <thead>
                                <tr>
                                    <th scope="col">Minute</th>
                                    <th scope="col">Isolated</th>
                                    <th scope="col">Hit</th>
                                    <th scope="col">Cross</th>
                                </tr>
                            </thead>
                            <tbody>
                                {steps.map((step, minute) =>
                                    minute % 4 === 0 ? (
                                        <tr key={minute}>
                                            <th scope="row">{decimal(BigInt(minute), 0, { digits: 0 })}</th>
                                            <td>{usd(step.isolatedTotalAtoms, decimals)}</td>
                                            <td>{step.isolatedHit.filter(Boolean).length}</td>
                                            <td>
                                                {usd(step.crossTotalAtoms, decimals)}
                                                {step.crossClosed ? ', closed' : ''}
                                            </td>
                                        </tr>
                                    ) : null,
                                )}
                            </tbody>
                        </table>
                    </>
                )}
            </section>
            <p className="note">
                Isolated runs the program’s own liquidation at every minute. Cross closes everything at once when the
                account’s equity is under the sum of its maintenance margins, for the same liquidation fee.
            </p>
        </>
    );
}

function Each({ world, positions, steps }: { world: World; positions: Held<Position>[]; steps: CrashStep[] }) {
    const [first, last] = [steps[0], steps.at(-1)];
    if (!first || !last) return null;
    return (
        <>
            <h2>Each position, isolated</h2>
            <table>
                <thead>
                    <tr>
                        <th scope="col">Position</th>
                        <th scope="col">Now</th>
                        <th scope="col">At the end</th>
                        <th scope="col">Liquidated</th>
                    </tr>
                </thead>
                <tbody>
                    {positions.map(({ address, account }, place) => {
                        const market = world.markets.get(account.market)?.account;
                        const decimals = market?.params.quoteDecimals ?? 6;
                        const symbol = market ? symbolOf(market.oracle.feedId, market.index) : '';
                        return (
                            <tr key={address}>
                                <th scope="row">
                                    {symbol} {account.side === 0 ? 'long' : 'short'} #{account.id}
                                </th>
                                <td>{usd(first.isolatedAtoms[place] ?? 0n, decimals)}</td>
                                <td>{usd(last.isolatedAtoms[place] ?? 0n, decimals)}</td>
                                <td>{last.isolatedHit[place] ? 'yes' : 'no'}</td>
                            </tr>
                        );
                    })}
                </tbody>
            </table>
        </>
    );
}

/** Two lines in a box: pixels only. */
function Paths({ steps }: { steps: CrashStep[] }) {
    const most = Math.max(
        1,
        ...steps.flatMap((step) => [Number(step.isolatedTotalAtoms), Number(step.crossTotalAtoms)]),
    );
    const line = (of: (step: CrashStep) => bigint) =>
        steps
            .map(
                (step, place) =>
                    `${(place / Math.max(1, steps.length - 1)) * 600},${120 - (Number(of(step)) / most) * 112}`,
            )
            .join(' ');
    return (
        <svg
            className="paths"
            viewBox="0 0 600 124"
            preserveAspectRatio="none"
            role="img"
            aria-label="Both totals over the crash; the table below has the numbers"
        >
            <title>Isolated and cross</title>
            <polyline className="isolated" points={line((step) => step.isolatedTotalAtoms)} />
            <polyline className="cross" points={line((step) => step.crossTotalAtoms)} />
        </svg>
    );
}
