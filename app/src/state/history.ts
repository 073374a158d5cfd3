/** Events of an account's last transactions, out of their logs. */
import type { Address } from '@solana/kit';
import { useEffect, useState } from 'react';

import type { BulkheadEvent } from '../chain/events.ts';
import { rpc } from '../chain/rpc.ts';

export interface Happened {
    at: bigint;
    signature: string;
    event: BulkheadEvent;
}

export async function readHistory(address: Address, limit: number): Promise<Happened[]> {
    const { eventsOf } = await import('../chain/events.ts');
    const found = await rpc.getSignaturesForAddress(address, { limit, commitment: 'confirmed' }).send();
    const read = async (one: (typeof found)[number]): Promise<Happened[]> => {
        if (one.err) return [];
        const options = { commitment: 'confirmed', encoding: 'base64', maxSupportedTransactionVersion: 0 } as const;
        const transaction = await rpc.getTransaction(one.signature, options).send();
        const logs = [...(transaction?.meta?.logMessages ?? [])];
        const at = transaction?.blockTime ?? one.blockTime ?? 0n;
        return eventsOf(logs).map((event) => ({ at: BigInt(at), signature: one.signature, event }));
    };
    return (await Promise.all(found.map(read))).flat();
}

/** Newest first; null while it is read. `version` reads it anew. */
export function useHistory(address: Address | null, limit: number, version: unknown): Happened[] | null {
    const [history, setHistory] = useState<Happened[] | null>(null);
    useEffect(() => {
        if (!address) return;
        let isCurrent = true;
        readHistory(address, limit)
            .then((happened) => isCurrent && setHistory(happened))
            .catch(() => isCurrent && setHistory([]));
        return () => {
            isCurrent = false;
        };
    }, [address, limit, version]);
    return history;
}
