import type { Market } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useEffect, useState } from 'react';

import { rpc } from '../chain/rpc.ts';
import { collateralAccount, tokenAccount } from '../chain/tokens.ts';
import type { Held } from './world.ts';

export interface Balances {
    collateralAtoms: bigint | null;
    shares: bigint | null;
    lamports: bigint | null;
}

const NONE: Balances = { collateralAtoms: null, shares: null, lamports: null };
const EVERY_MS = 4_000;

async function amount(account: Address): Promise<bigint> {
    const { value } = await rpc.getAccountInfo(account, { encoding: 'jsonParsed', commitment: 'confirmed' }).send();
    const data = value?.data as { parsed?: { info?: { tokenAmount?: { amount?: string } } } } | undefined;
    return BigInt(data?.parsed?.info?.tokenAmount?.amount ?? '0');
}

/** What the wallet has, read every few seconds. */
export function useBalances(owner: Address | null, market: Held<Market> | null): Balances {
    const [balances, setBalances] = useState(NONE);
    const address = market?.address;
    useEffect(() => {
        if (!owner || !market) {
            setBalances(NONE);
            return;
        }
        let isCurrent = true;
        const read = async () => {
            const { lpMint, tokenProgram } = market.account;
            const [collateralAtoms, shares, lamports] = await Promise.all([
                collateralAccount(owner, market).then(amount),
                tokenAccount(owner, lpMint, tokenProgram).then(amount),
                rpc.getBalance(owner, { commitment: 'confirmed' }).send(),
            ]);
            if (isCurrent) setBalances({ collateralAtoms, shares, lamports: lamports.value });
        };
        const again = () => void read().catch(() => undefined);
        again();
        const timer = setInterval(again, EVERY_MS);
        return () => {
            isCurrent = false;
            clearInterval(timer);
        };
    }, [owner, address]);
    return balances;
}
