/** Keeps the world up to date: one read of everything, then the websocket, and the read again when that fails. */
import { BULKHEAD_PROGRAM_ADDRESS } from '@bulkhead/client';
import { getBase64Encoder, type Address, type Base64EncodedDataResponse } from '@solana/kit';

import { rpc, subscriptions } from '../chain/rpc.ts';
import { EMPTY, STALE_MS, applied, type Change, type World } from './world.ts';

const CLOCK = 'SysvarC1ock11111111111111111111111111111111' as Address;
const CLOCK_EVERY_MS = 5_000;
const RECONNECT_MS = 1_500;
/** A closed account is no longer the program's, so that the websocket does not tell of it. */
const COUNT_EVERY_MS = 6_000;
/** Changes are shown in batches, so that a busy chain does not keep the page from answering. */
const BATCH_MS = 120;

let world: World = EMPTY;
const listeners = new Set<() => void>();
let waiting: Change[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let started = false;

export function getWorld(): World {
    return world;
}

export function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

function set(next: World): void {
    world = next;
    for (const listener of listeners) listener();
}

function bytes(data: Base64EncodedDataResponse): Uint8Array {
    return new Uint8Array(getBase64Encoder().encode(data[0]));
}

function push(change: Change): void {
    waiting.push(change);
    timer ??= setTimeout(flush, BATCH_MS);
}

function flush(): void {
    timer = undefined;
    const changes = waiting;
    waiting = [];
    set({ ...changes.reduce(applied, world), heardAt: Date.now(), feed: 'live' });
}

async function readAll(): Promise<Address[]> {
    const accounts = await rpc
        .getProgramAccounts(BULKHEAD_PROGRAM_ADDRESS, { encoding: 'base64', commitment: 'confirmed' })
        .send();
    let next: World = { ...EMPTY, clockAhead: world.clockAhead, prices: world.prices };
    for (const { pubkey, account } of accounts) {
        next = applied(next, { kind: 'account', address: pubkey, data: bytes(account.data) });
    }
    const priced = [...next.markets.values()].map((market) => market.account.oracle.account);
    for (const address of new Set(priced)) {
        const { value } = await rpc.getAccountInfo(address, { encoding: 'base64', commitment: 'confirmed' }).send();
        if (value) next = applied(next, { kind: 'price', address, owner: value.owner, data: bytes(value.data) });
    }
    set({ ...next, loaded: true, heardAt: Date.now(), feed: world.feed === 'connecting' ? 'connecting' : 'live' });
    return [...new Set(priced)];
}

/** Reads one account anew: after an act, before the websocket tells of it. */
export async function refresh(addresses: Address[]): Promise<void> {
    for (const address of addresses) {
        const { value } = await rpc.getAccountInfo(address, { encoding: 'base64', commitment: 'confirmed' }).send();
        push({ kind: 'account', address, data: value ? bytes(value.data) : new Uint8Array() });
    }
}

/** Forgets the accounts that are gone. */
async function count(): Promise<void> {
    const { orders, positions, changes, withdrawals, plans } = world;
    const known = [orders, positions, changes, withdrawals, plans].flatMap((map) => [...map.keys()] as Address[]);
    const options = { encoding: 'base64', commitment: 'confirmed', dataSlice: { offset: 0, length: 0 } } as const;
    const found = await rpc.getProgramAccounts(BULKHEAD_PROGRAM_ADDRESS, options).send();
    const alive = new Set(found.map(({ pubkey }) => pubkey));
    for (const address of known) {
        if (!alive.has(address)) push({ kind: 'account', address, data: new Uint8Array() });
    }
}

async function readClock(): Promise<void> {
    const { value } = await rpc.getAccountInfo(CLOCK, { encoding: 'base64', commitment: 'confirmed' }).send();
    if (!value) return;
    const data = bytes(value.data);
    const shown = Number(new DataView(data.buffer, data.byteOffset).getBigInt64(32, true));
    const ahead = shown - Math.floor(Date.now() / 1000);
    // A second of difference is the read's own delay.
    if (Math.abs(ahead - world.clockAhead) > 1) set({ ...world, clockAhead: ahead });
}

async function followPrice(address: Address, abortSignal: AbortSignal): Promise<void> {
    const news = await subscriptions
        .accountNotifications(address, { encoding: 'base64', commitment: 'confirmed' })
        .subscribe({ abortSignal });
    for await (const { value } of news) push({ kind: 'price', address, owner: value.owner, data: bytes(value.data) });
}

async function followProgram(abortSignal: AbortSignal): Promise<void> {
    const news = await subscriptions
        .programNotifications(BULKHEAD_PROGRAM_ADDRESS, { encoding: 'base64', commitment: 'confirmed' })
        .subscribe({ abortSignal });
    for await (const { value } of news) {
        push({ kind: 'account', address: value.pubkey, data: bytes(value.account.data) });
    }
}

async function session(): Promise<void> {
    const ended = new AbortController();
    try {
        const prices = await readAll();
        await readClock();
        const following = [followProgram(ended.signal), ...prices.map((address) => followPrice(address, ended.signal))];
        // The first that ends, ends the session: what it told of is missing from then on.
        await Promise.race(following);
    } finally {
        ended.abort();
    }
}

/** Starts once and goes on for as long as the page is open. */
export function startFeed(): void {
    if (started) return;
    started = true;
    void (async () => {
        for (;;) {
            await session().catch((error: unknown) => console.warn('feed', error));
            if (world.feed !== 'stale') set({ ...world, feed: world.loaded ? 'stale' : 'connecting' });
            await new Promise((resume) => setTimeout(resume, RECONNECT_MS));
        }
    })();
    setInterval(() => void readClock().catch(() => undefined), CLOCK_EVERY_MS);
    setInterval(() => void count().catch(() => undefined), COUNT_EVERY_MS);
    setInterval(() => {
        const isQuiet = Date.now() - world.heardAt > STALE_MS;
        if (world.feed === 'live' && isQuiet) set({ ...world, feed: 'stale' });
    }, 1_000);
}
