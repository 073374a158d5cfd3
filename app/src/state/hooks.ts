import type { Market, Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';

import { Look, type MarketView, type Standing } from '../chain/risk.ts';
import { symbolOf } from '../config.ts';
import { getWorld, subscribe } from './feed.ts';
import { chainNow, type Held, type World } from './world.ts';

export function useWorld(): World {
    return useSyncExternalStore(subscribe, getWorld);
}

export interface Eye {
    market: Held<Market>;
    symbol: string;
    look: Look;
    view: MarketView;
}

/** The market with its price, ready for questions; null while its price has not been read. */
export function eyeOn(world: World, address: Address | null): Eye | null {
    const market = address ? world.markets.get(address) : undefined;
    const price = market ? world.prices.get(market.account.oracle.account) : undefined;
    if (!market || !price) return null;
    try {
        const { account } = market.account.oracle;
        const look = new Look(market.data, account, price.owner, price.data, chainNow(world), true);
        const symbol = symbolOf(market.account.oracle.feedId, market.account.index);
        return { market, symbol, look, view: look.market() };
    } catch {
        return null;
    }
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
