import type { Market, Order, Position } from '@bulkhead/client';
import type { Address, Instruction } from '@solana/kit';
import { useMemo, type ReactNode } from 'react';

import * as acts from '../chain/acts.ts';
import { useWallets } from '../chain/wallet.ts';
import { decimal, percent, short, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { asked, eyeOn, marketsOf, useTick, useWorld, type Eye } from '../state/hooks.ts';
import type { Held, World } from '../state/world.ts';

interface Duty {
    key: string;
    what: string;
    state: string;
    reward: ReactNode;
    button: string;
    ready: boolean;
    touched: Address[];
    make(keeper: Address): Promise<Instruction[]>;
}

function ofPosition(eye: Eye, market: Held<Market>, position: Held<Position>): Duty[] {
    if (position.account.status !== 1) return [];
    const plan = asked(() => eye.look.quoteLiquidation(position.data)).value;
    if (!plan || plan.readiness === 'healthy') return [];
    const standing = asked(() => eye.look.position(position.data)).value;
    const isFlag = plan.readiness === 'first sighting';
    return [
        {
            key: position.address,
            what: `${eye.symbol} ${position.account.side === 0 ? 'long' : 'short'} ${short(position.address)}, health ${standing ? percent(standing.healthPpm) : '?'}`,
            state: plan.readiness,
            reward: plan.ready ? `${usd(plan.rewardAtoms, eye.view.quoteDecimals)} USD` : 'the second sighting pays',
            button: isFlag ? 'Flag' : 'Liquidate',
            ready: isFlag || plan.ready,
            touched: [position.address],
            make: async (keeper) => (isFlag ? acts.flag(market, position) : acts.liquidate(keeper, market, position)),
        },
    ];
}

function ofOrder(eye: Eye, market: Held<Market>, order: Held<Order>, position: Held<Position> | undefined): Duty[] {
    const timing = asked(() => eye.look.orderTiming(order.data)).value;
    if (!timing || !position) return [];
    const { address, account } = order;
    return [
        {
            key: address,
            what: `${eye.symbol} ${account.action === 0 ? 'increase' : 'decrease'} order ${short(address)}`,
            state: timing.cancellable ? 'lapsed' : timing.due ? 'fills now' : 'waits for its price',
            reward: `${decimal(timing.tipLamports, 9, { digits: 6 })} SOL`,
            button: timing.cancellable ? 'Cancel' : 'Execute',
            ready: timing.cancellable || timing.due,
            touched: [address, position.address],
            make: (keeper) =>
                timing.cancellable
                    ? Promise.resolve(acts.cancel(keeper, market, order))
                    : acts.execute(keeper, market, position, order),
        },
    ];
}

function ofMarket(eye: Eye, market: Held<Market>): Duty[] {
    const { publishTime, sampledAt } = eye.view;
    const isBehind = publishTime / 60n > market.account.observations.sampledAt / 60n;
    return [
        {
            key: market.address,
            what: `${eye.symbol} market, last sample ${new Date(Number(sampledAt) * 1000).toLocaleTimeString()}`,
            state: isBehind ? 'a minute is missing' : 'up to date',
            reward: '–',
            button: 'Update',
            ready: isBehind,
            touched: [market.address],
            make: async () => [acts.update(market)],
        },
    ];
}

function dutiesOf(world: World): Record<'positions' | 'orders' | 'markets', Duty[]> {
    const positions: Duty[] = [];
    const orders: Duty[] = [];
    const markets: Duty[] = [];
    for (const market of marketsOf(world)) {
        const eye = eyeOn(world, market.address);
        if (!eye) continue;
        markets.push(...ofMarket(eye, market));
        for (const position of world.positions.values()) {
            if (position.account.market === market.address) positions.push(...ofPosition(eye, market, position));
        }
        for (const order of world.orders.values()) {
            const position = world.positions.get(order.account.position);
            if (position?.account.market === market.address) orders.push(...ofOrder(eye, market, order, position));
        }
    }
    return { positions, orders, markets };
}

export default function Keep() {
    const world = useWorld();
    const tick = useTick(2_000);
    const duties = useMemo(() => dutiesOf(world), [world, tick]);
    return (
        <>
            <h1>Keep</h1>
            <p className="lead">
                Anyone may do what keeps the system running, and is paid for it. No stake, no capital.
            </p>
            <Duties
                title="Positions to liquidate"
                duties={duties.positions}
                none="Every position meets its requirement."
            />
            <Duties title="Orders" duties={duties.orders} none="No order waits." />
            <Duties title="Markets" duties={duties.markets} none="No market has a price." />
        </>
    );
}

function Duties({ title, duties, none }: { title: string; duties: Duty[]; none: string }) {
    const { connected } = useWallets();
    const { act, busy } = useActing();
    return (
        <section className="panel">
            <h2>
                {title} <span className="count">{duties.length}</span>
            </h2>
            {duties.length === 0 ? (
                <p className="note">{none}</p>
            ) : (
                <ul className="duties">
                    {duties.map((duty) => (
                        <li key={duty.key}>
                            <span className="what">{duty.what}</span>
                            <span className="state">{duty.state}</span>
                            <span className="reward">{duty.reward}</span>
                            <button
                                type="button"
                                disabled={!connected || busy || !duty.ready}
                                aria-label={`${duty.button}: ${duty.what}`}
                                onClick={() =>
                                    connected && void act(duty.button, () => duty.make(connected.address), duty.touched)
                                }
                            >
                                {duty.button}
                            </button>
                        </li>
                    ))}
                </ul>
            )}
        </section>
    );
}
