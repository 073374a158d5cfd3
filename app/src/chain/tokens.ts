/** Where a wallet's tokens of a market lie. */
import type { Market } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { findAssociatedTokenPda } from '@solana-program/token';

import type { Held } from '../state/world.ts';

export async function tokenAccount(owner: Address, mint: Address, tokenProgram: Address): Promise<Address> {
    return (await findAssociatedTokenPda({ owner, mint, tokenProgram }))[0];
}

export function collateralAccount(owner: Address, market: Held<Market>): Promise<Address> {
    return tokenAccount(owner, market.account.collateralMint, market.account.tokenProgram);
}
