/** What the page knows of the chain: accounts as bytes and decoded, prices, the clock, and whether the feed lives. */
import {
    MARKET_DISCRIMINATOR,
    ORDER_DISCRIMINATOR,
    PARAM_CHANGE_DISCRIMINATOR,
    POSITION_DISCRIMINATOR,
    PROTOCOL_DISCRIMINATOR,
    getMarketDecoder,
    getOrderDecoder,
    getParamChangeDecoder,
    getPositionDecoder,
    getProtocolDecoder,
    type Market,
    type Order,
    type ParamChange,
    type Position,
    type Protocol,
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
    if (is(data, POSITION_DISCRIMINATOR)) {
        const held = { address, data, account: getPositionDecoder().decode(data) };
        return { ...world, positions: put(world.positions, address, held) };
    }
    if (is(data, ORDER_DISCRIMINATOR)) {
        return {
            ...world,
            orders: put(world.orders, address, { address, data, account: getOrderDecoder().decode(data) }),
        };
    }
    if (is(data, MARKET_DISCRIMINATOR)) {
        const held = { address, data, account: getMarketDecoder().decode(data) };
        return { ...world, markets: put(world.markets, address, held) };
    }
    if (is(data, PROTOCOL_DISCRIMINATOR)) {
        return { ...world, protocol: { address, data, account: getProtocolDecoder().decode(data) } };
    }
    if (is(data, PARAM_CHANGE_DISCRIMINATOR)) {
        const held = { address, data, account: getParamChangeDecoder().decode(data) };
        return { ...world, changes: put(world.changes, address, held) };
    }
    if (data.length > 8 && data.some((byte) => byte !== 0)) return world;
    return {
        ...world,
        positions: without(world.positions, address),
        orders: without(world.orders, address),
        changes: without(world.changes, address),
    };
}

/** The chain's time, Unix seconds. */
export function chainNow(world: World): bigint {
    return BigInt(Math.floor(Date.now() / 1000) + world.clockAhead);
}
