/** What most acts share. */
import { getUpdateMarketInstruction, type Market } from '@bulkhead/client';
import { createNoopSigner, type Address, type Instruction } from '@solana/kit';
import { getCreateAssociatedTokenIdempotentInstruction } from '@solana-program/token';

import type { Held } from '../../state/world.ts';

/** The least tip: the fee of two signatures. */
export const TIP_LAMPORTS = 10_000n;

export const common = (market: Held<Market>) => ({
    market: market.address,
    collateralMint: market.account.collateralMint,
    tokenProgram: market.account.tokenProgram,
});

export function makeTokenAccount(owner: Address, ata: Address, mint: Address, tokenProgram: Address): Instruction {
    return getCreateAssociatedTokenIdempotentInstruction({
        payer: createNoopSigner(owner),
        ata,
        owner,
        mint,
        tokenProgram,
    });
}

export function update(market: Held<Market>): Instruction {
    return getUpdateMarketInstruction({ market: market.address, price: market.account.oracle.account });
}
