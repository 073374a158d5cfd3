/** Keeps the world up to date: the websocket, one read of everything, and both again when the websocket fails. */
import { BULKHEAD_PROGRAM_ADDRESS } from '@bulkhead/client';
import { getBase64Encoder, type Address, type Base64EncodedDataResponse } from '@solana/kit';

import { rpc, subscriptions } from '../chain/rpc.ts';
import { EMPTY, STALE_MS, applied, type Change, type World } from './world.ts';

const CLOCK = 'SysvarC1ock11111111111111111111111111111111' as Address;
const CLOCK_EVERY_MS = 5_000;
const RECONNECT_MS = 1_500;
const SUBSCRIBE_MS = 3_000;
/** A closed account is no longer the program's, so that the websocket does not tell of it. */
const COUNT_EVERY_MS = 6_000;
/** Changes are shown in batches, so that a busy chain does not keep the page from answering. */
const BATCH_MS = 120;

let world: World = EMPTY;
const listeners = new Set<() => void>();
let waiting: Change[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
/** While everything is read, what changes waits: it may be newer than what the read gives. */
let isReading = false;
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
    if (!isReading) timer ??= setTimeout(flush, BATCH_MS);
}

function flush(): void {
    timer = undefined;
    const changes = waiting;
    waiting = [];
    set({ ...changes.reduce(applied, world), heardAt: Date.now(), feed: 'live' });
}

/** Reads everything; `follow` is told of each price account before it is read. */
async function readAll(follow: (price: Address) => Promise<void>): Promise<void> {
    const accounts = await rpc
        .getProgramAccounts(BULKHEAD_PROGRAM_ADDRESS, { encoding: 'base64', commitment: 'confirmed' })
        .send();
    let next: World = { ...EMPTY, clockAhead: world.clockAhead, prices: world.prices };
    for (const { pubkey, account } of accounts) {
        next = applied(next, { kind: 'account', address: pubkey, data: bytes(account.data) });
    }
    const priced = [...next.markets.values()].map((market) => market.account.oracle.account);
    for (const address of new Set(priced)) {
        await follow(address);
        const { value } = await rpc.getAccountInfo(address, { encoding: 'base64', commitment: 'confirmed' }).send();
        if (value) next = applied(next, { kind: 'price', address, owner: value.owner, data: bytes(value.data) });
    }
    set({ ...next, loaded: true, heardAt: Date.now(), feed: world.feed === 'connecting' ? 'connecting' : 'live' });
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

type Following = Promise<void>;

/** Subscribed to once this resolves; what it resolves to ends with the subscription. */
async function followPrice(address: Address, abortSignal: AbortSignal): Promise<{ ends: Following }> {
    const news = await subscriptions
        .accountNotifications(address, { encoding: 'base64', commitment: 'confirmed' })
        .subscribe({ abortSignal });
    const tell = async () => {
        for await (const { value } of news) {
            push({ kind: 'price', address, owner: value.owner, data: bytes(value.data) });
        }
    };
    return { ends: tell() };
}

async function followProgram(abortSignal: AbortSignal): Promise<{ ends: Following }> {
    const news = await subscriptions
        .programNotifications(BULKHEAD_PROGRAM_ADDRESS, { encoding: 'base64', commitment: 'confirmed' })
        .subscribe({ abortSignal });
    const tell = async () => {
        for await (const { value } of news) {
            push({ kind: 'account', address: value.pubkey, data: bytes(value.account.data) });
        }
    };
    return { ends: tell() };
}

async function session(): Promise<void> {
    const ended = new AbortController();
    const following: Following[] = [];
    // Not for ever: without a websocket the page still shows what it reads.
    const patience = new Promise((resume) => setTimeout(resume, SUBSCRIBE_MS));
    const begin = async (begun: Promise<{ ends: Following }>) => {
        following.push(begun.then(({ ends }) => ends));
        await Promise.race([begun.catch(() => undefined), patience]);
    };
    try {
        isReading = true;
        // Subscribed to before it is read: what changes in between is told of.
        await begin(followProgram(ended.signal));
        await readAll((price) => begin(followPrice(price, ended.signal)));
        isReading = false;
        if (waiting.length > 0) flush();
        await readClock();
        // The first that ends, ends the session: what it told of is missing from then on.
        await Promise.race(following);
    } finally {
        isReading = false;
        ended.abort();
        for (const one of following) one.catch(() => undefined);
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
