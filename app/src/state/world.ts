/** What the page knows of the chain: accounts as bytes and decoded, prices, the clock, and whether the feed lives. */
import {
    MARKET_DISCRIMINATOR,
    ORDER_DISCRIMINATOR,
    PARAM_CHANGE_DISCRIMINATOR,
    POSITION_DISCRIMINATOR,
    PROTOCOL_DISCRIMINATOR,
    TOP_UP_PLAN_DISCRIMINATOR,
    WITHDRAWAL_DISCRIMINATOR,
    getMarketDecoder,
    getOrderDecoder,
    getParamChangeDecoder,
    getPositionDecoder,
    getProtocolDecoder,
    getTopUpPlanDecoder,
    getWithdrawalDecoder,
    type Market,
    type Order,
    type ParamChange,
    type Position,
    type Protocol,
    type TopUpPlan,
    type Withdrawal,
} from '@bulkhead/client';
import type { Address, ReadonlyUint8Array } from '@solana/kit';

export interface Held<T> {
    address: Address;
    data: Uint8Array;
    account: T;
}

export interface PriceAccount {
    owner: Address;
    data: Uint8Array;
}

export type Feed = 'connecting' | 'live' | 'stale';

export interface World {
    protocol: Held<Protocol> | null;
    markets: ReadonlyMap<Address, Held<Market>>;
    positions: ReadonlyMap<Address, Held<Position>>;
    orders: ReadonlyMap<Address, Held<Order>>;
    changes: ReadonlyMap<Address, Held<ParamChange>>;
    withdrawals: ReadonlyMap<Address, Held<Withdrawal>>;
    plans: ReadonlyMap<Address, Held<TopUpPlan>>;
    prices: ReadonlyMap<Address, PriceAccount>;
    /** Chain's clock less this machine's, seconds. */
    clockAhead: number;
    feed: Feed;
    /** When the feed last said anything, milliseconds of this machine. */
    heardAt: number;
    loaded: boolean;
}

export const EMPTY: World = {
    protocol: null,
    markets: new Map(),
    positions: new Map(),
    orders: new Map(),
    changes: new Map(),
    withdrawals: new Map(),
    plans: new Map(),
    prices: new Map(),
    clockAhead: 0,
    feed: 'connecting',
    heardAt: 0,
    loaded: false,
};

/** Nothing heard for so long, and what is shown may be wrong. */
export const STALE_MS = 12_000;

export type Change =
    | { kind: 'account'; address: Address; data: Uint8Array }
    | { kind: 'price'; address: Address; owner: Address; data: Uint8Array };

function is(data: Uint8Array, discriminator: ReadonlyUint8Array): boolean {
    return data.length > 8 && discriminator.every((byte, place) => data[place] === byte);
}

function put<T>(map: ReadonlyMap<Address, T>, address: Address, value: T): ReadonlyMap<Address, T> {
    return new Map(map).set(address, value);
}

function without<T>(map: ReadonlyMap<Address, T>, address: Address): ReadonlyMap<Address, T> {
    if (!map.has(address)) return map;
    const next = new Map(map);
    next.delete(address);
    return next;
}

/** The world after one account has changed. One that cannot be read, of another version, changes nothing. */
export function applied(world: World, change: Change): World {
    try {
        return read(world, change);
    } catch {
        return world;
    }
}

/** An empty account has been closed. */
function read(world: World, change: Change): World {
    const { address, data } = change;
    if (change.kind === 'price') {
        return { ...world, prices: put(world.prices, address, { owner: change.owner, data }) };
    }
    if (is(data, PROTOCOL_DISCRIMINATOR)) {
        return { ...world, protocol: { address, data, account: getProtocolDecoder().decode(data) } };
    }
    const held = <T>(decoder: { decode(bytes: Uint8Array): T }): Held<T> => ({
        address,
        data,
        account: decoder.decode(data),
    });
    if (is(data, MARKET_DISCRIMINATOR)) {
        return { ...world, markets: put(world.markets, address, held(getMarketDecoder())) };
    }
    if (is(data, POSITION_DISCRIMINATOR)) {
        return { ...world, positions: put(world.positions, address, held(getPositionDecoder())) };
    }
    if (is(data, ORDER_DISCRIMINATOR)) {
        return { ...world, orders: put(world.orders, address, held(getOrderDecoder())) };
    }
    if (is(data, WITHDRAWAL_DISCRIMINATOR)) {
        return { ...world, withdrawals: put(world.withdrawals, address, held(getWithdrawalDecoder())) };
    }
    if (is(data, TOP_UP_PLAN_DISCRIMINATOR)) {
        return { ...world, plans: put(world.plans, address, held(getTopUpPlanDecoder())) };
    }
    if (is(data, PARAM_CHANGE_DISCRIMINATOR)) {
        return { ...world, changes: put(world.changes, address, held(getParamChangeDecoder())) };
    }
    if (data.length > 8 && data.some((byte) => byte !== 0)) return world;
    return {
        ...world,
        positions: without(world.positions, address),
        orders: without(world.orders, address),
        changes: without(world.changes, address),
        withdrawals: without(world.withdrawals, address),
        plans: without(world.plans, address),
    };
}

/** The program's status of a market that has ended. */
const SETTLED = 2;

export function isSettled({ account }: Held<Market>): boolean {
    return account.status === SETTLED;
}

/** The chain's time, Unix seconds. */
export function chainNow(world: World): bigint {
    return BigInt(Math.floor(Date.now() / 1000) + world.clockAhead);
}
