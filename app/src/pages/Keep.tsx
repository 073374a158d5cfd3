import type { Market, Order, Position, TopUpPlan, Withdrawal } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useMemo } from 'react';

import * as acts from '../chain/acts/index.ts';
import { useWallets } from '../chain/wallet.ts';
import { decimal, percent, short, usd } from '../format.ts';
import { ofFunds, ofSettled, ofSilent, ofVoid, type Duty } from '../parts/duties.ts';
import { nameOfOrder, stateOfOrder } from '../parts/orders.ts';
import { useActing } from '../state/acting.tsx';
import { asked, eyeOn, marketsOf, sightOf, useTick, useWorld, type Eye, type Sight } from '../state/hooks.ts';
import { isSettled, type Held, type World } from '../state/world.ts';

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

const sol = (lamports: bigint) => (lamports === 0n ? '–' : `${decimal(lamports, 9, { digits: 6 })} SOL`);

function ofOrder(eye: Eye, market: Held<Market>, order: Held<Order>, position: Held<Position> | undefined): Duty[] {
    const standing = position && asked(() => eye.look.order(order.data, position.data)).value;
    // A position without orders has ended this one: that it was closed is noticed later.
    if (!standing || !position || position.account.openOrders === 0) return [];
    const { address, account } = order;
    const duty = {
        key: address,
        what: `${eye.symbol} ${nameOfOrder(account).toLowerCase()} ${short(address)}`,
        state: stateOfOrder(standing, account),
        touched: [address, position.address],
    };
    if (standing.cancellableByAnyone) {
        const make = async (keeper: Address) => acts.cancel(keeper, market, order);
        return [{ ...duty, reward: '–', button: 'Cancel', ready: true, make }];
    }
    if (standing.state === 'waiting' || standing.state === 'triggerable') {
        const make = async (keeper: Address) => acts.trigger(keeper, market, order);
        const ready = standing.state === 'triggerable';
        return [{ ...duty, reward: sol(standing.triggerTipLamports), button: 'Trigger', ready, make }];
    }
    const make = (keeper: Address) => acts.execute(keeper, market, position, order);
    const ready = standing.state === 'executable';
    return [{ ...duty, reward: sol(standing.tipLamports), button: 'Execute', ready, make }];
}

function ofWithdrawal({ symbol, look, market }: Sight, withdrawal: Held<Withdrawal>): Duty[] {
    const standing = look && asked(() => look.withdrawal(withdrawal.data)).value;
    if (!standing || standing.state === 'maturing') return [];
    const isPaid = standing.state === 'executable';
    return [
        {
            key: withdrawal.address,
            what: `${symbol} withdrawal ${short(withdrawal.address)}`,
            state: isPaid ? `pays ${usd(standing.amountAtoms, market.account.params.quoteDecimals)} USD` : 'lapsed',
            reward: sol(standing.tipLamports),
            button: isPaid ? 'Pay out' : 'Give back',
            ready: isPaid ? standing.amountAtoms > 0n : standing.cancellableByAnyone,
            touched: [withdrawal.address, market.address],
            make: (keeper) => (isPaid ? acts.executeWithdrawal : acts.cancelWithdrawal)(keeper, market, withdrawal),
        },
    ];
}

function ofPlan(eye: Eye, market: Held<Market>, plan: Held<TopUpPlan>, position: Held<Position> | undefined): Duty[] {
    const standing = position && asked(() => eye.look.plan(position.data, plan.data)).value;
    if (!standing?.due || !position) return [];
    return [
        {
            key: plan.address,
            what: `${eye.symbol} position ${short(position.address)}`,
            state: `${usd(standing.intoVaultAtoms, eye.view.quoteDecimals)} USD from its owner’s wallet`,
            reward: `${usd(standing.keeperPayAtoms, eye.view.quoteDecimals)} USD`,
            button: 'Top up',
            ready: true,
            touched: [plan.address, position.address],
            make: (keeper) => acts.executeTopUp(keeper, market, position, plan),
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

type Kind = 'positions' | 'settling' | 'orders' | 'plans' | 'withdrawals' | 'markets';

type Duties = Record<Kind, Duty[]>;

function ofMarketWithPrice(duties: Duties, eye: Eye, world: World): void {
    const { market } = eye;
    const isHere = (account: { market: Address } | undefined) => account?.market === market.address;
    duties.markets.push(...ofMarket(eye, market));
    for (const position of world.positions.values()) {
        if (isHere(position.account)) duties.positions.push(...ofPosition(eye, market, position));
    }
    for (const order of world.orders.values()) {
        const position = world.positions.get(order.account.position);
        if (isHere(position?.account)) duties.orders.push(...ofOrder(eye, market, order, position));
    }
    for (const plan of world.plans.values()) {
        const position = world.positions.get(plan.account.position);
        if (isHere(position?.account)) duties.plans.push(...ofPlan(eye, market, plan, position));
    }
}

function ofSettledMarket(duties: Duties, sight: Sight, world: World): void {
    duties.markets.push(...ofFunds(sight));
    for (const position of world.positions.values()) {
        if (position.account.market !== sight.market.address) continue;
        duties.settling.push(...ofSettled(sight, position));
        duties.orders.push(...ofVoid(sight, position, world));
    }
}

function dutiesOf(world: World): Duties {
    const duties: Duties = { positions: [], settling: [], orders: [], plans: [], withdrawals: [], markets: [] };
    for (const { address } of marketsOf(world)) {
        const eye = eyeOn(world, address);
        const sight = eye ?? sightOf(world, address);
        if (!sight) continue;
        if (eye) ofMarketWithPrice(duties, eye, world);
        else if (isSettled(sight.market)) ofSettledMarket(duties, sight, world);
        else duties.markets.push(...ofSilent(sight, world));
        for (const withdrawal of world.withdrawals.values()) {
            if (withdrawal.account.market === address) duties.withdrawals.push(...ofWithdrawal(sight, withdrawal));
        }
    }
    // What can be done now comes first.
    for (const list of Object.values(duties)) list.sort((a, b) => Number(b.ready) - Number(a.ready));
    return duties;
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
            <DutyList
                title="Positions to liquidate"
                duties={duties.positions}
                none="Every position meets its requirement."
            />
            <DutyList
                title="Positions to settle"
                duties={duties.settling}
                none="No settled market holds an open position."
            />
            <DutyList title="Orders" duties={duties.orders} none="No order waits." />
            <DutyList title="Top-ups" duties={duties.plans} none="No plan calls for one." />
            <DutyList title="Withdrawals" duties={duties.withdrawals} none="None has matured." />
            <DutyList title="Markets" duties={duties.markets} none="No market has a price, or something to release." />
        </>
    );
}

function DutyList({ title, duties, none }: { title: string; duties: Duty[]; none: string }) {
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
