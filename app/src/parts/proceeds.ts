import type { Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useEffect, useState } from 'react';

import * as acts from '../chain/acts/index.ts';
import { simulate } from '../chain/simulate.ts';
import { getWorld } from '../state/feed.ts';
import { ordersOf, type Sight } from '../state/hooks.ts';
import type { Held } from '../state/world.ts';

/**
 * What taking everything out would bring, as the program itself answers when a node is asked to try it; null
 * while that is not known.
 */
export function useProceeds(market: Sight['market'], position: Held<Position>, owner: Address): bigint | null {
    const [returnedAtoms, setReturned] = useState<bigint | null>(null);
    useEffect(() => {
        let isCurrent = true;
        const ask = async () => {
            const orders = ordersOf(getWorld(), position);
            const events = await simulate(owner, await acts.takeOut(owner, market, position, orders));
            const closed = events.find((event) => event.name === 'PositionClosed');
            if (isCurrent) setReturned(closed?.data.returnedAtoms ?? null);
        };
        // Without an answer the page shows what it has read.
        ask().catch(() => isCurrent && setReturned(null));
        return () => {
            isCurrent = false;
        };
    }, [market.account.status, position.data, owner]);
    return returnedAtoms;
}
