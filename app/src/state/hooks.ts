import type { Market, Order, Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';

import { Look, type MarketView, type Standing } from '../chain/risk.ts';
import { symbolOf } from '../config.ts';
import { getWorld, subscribe } from './feed.ts';
import { chainNow, isSettled, type Held, type World } from './world.ts';

export function useWorld(): World {
    return useSyncExternalStore(subscribe, getWorld);
}

/** A market, whether or not it has a price that the program takes. */
export interface Sight {
    market: Held<Market>;
    symbol: string;
    /** Null while its price account cannot be read. */
    look: Look | null;
}

export interface Eye extends Sight {
    look: Look;
    view: MarketView;
}

export function sightOf(world: World, address: Address | null): Sight | null {
    const market = address ? world.markets.get(address) : undefined;
    if (!market) return null;
    const { account, feedId } = market.account.oracle;
    const price = world.prices.get(account);
    const look = price
        ? asked(() => new Look(market.data, account, price.owner, price.data, chainNow(world), true)).value
        : null;
    return { market, symbol: symbolOf(feedId, market.account.index), look };
}

/** The market with its price, ready for questions; null without a price that the program takes. */
export function eyeOn(world: World, address: Address | null): Eye | null {
    const sight = sightOf(world, address);
    if (!sight?.look) return null;
    const { look } = sight;
    const view = asked(() => look.market()).value;
    return view && { ...sight, look, view };
}

/** A settled market takes no price any more: it has no eye, only this. */
export function settledOf(world: World, address: Address | null): Sight | null {
    const market = address ? world.markets.get(address) : undefined;
    return market && isSettled(market) ? sightOf(world, address) : null;
}

export function useEye(address: Address | null): Eye | null {
    const world = useWorld();
    const market = address ? world.markets.get(address) : undefined;
    const price = market ? world.prices.get(market.account.oracle.account) : undefined;
    return useMemo(
        () => eyeOn(world, address),
        // Only what is looked at, not the rest of the world.
        [market, price, address, world.clockAhead],
    );
}

/** How a position stands, or why that cannot be said. */
export function standingOf(eye: Eye | null, position: Held<Position>): Standing | null {
    try {
        return eye?.look.position(position.data) ?? null;
    } catch {
        return null;
    }
}

export function ordersOf(world: World, { address }: Held<Position>): Held<Order>[] {
    return [...world.orders.values()].filter(({ account }) => account.position === address);
}

/** What a question answers: the answer, or the program's words for why there is none. */
export type Answer<T> = { value: T; refusal: null } | { value: null; refusal: string };

export function asked<T>(question: () => T): Answer<T> {
    try {
        return { value: question(), refusal: null };
    } catch (error) {
        return { value: null, refusal: error instanceof Error ? error.message : String(error) };
    }
}

export function marketsOf(world: World): Held<Market>[] {
    return [...world.markets.values()].sort((a, b) => a.account.index - b.account.index);
}

/** A clock that ticks, for what depends on time alone. */
export function useTick(everyMs: number): number {
    const [tick, setTick] = useState(0);
    useEffect(() => {
        const timer = setInterval(() => setTick((count) => count + 1), everyMs);
        return () => clearInterval(timer);
    }, [everyMs]);
    return tick;
}

export function useRoute(): [string, (route: string) => void] {
    const route = useSyncExternalStore(
        (listener) => {
            addEventListener('hashchange', listener);
            return () => removeEventListener('hashchange', listener);
        },
        () => location.hash.replace(/^#\/?/, '') || 'trade',
    );
    return [route, (next) => (location.hash = `/${next}`)];
}
