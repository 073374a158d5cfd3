/** What most acts share. */
import { getUpdateMarketInstruction, type Market } from '@bulkhead/client';
import { createNoopSigner, type Address, type Instruction } from '@solana/kit';
import { getCreateAssociatedTokenIdempotentInstruction } from '@solana-program/token';

import type { Held } from '../../state/world.ts';
import { collateralAccount } from '../tokens.ts';

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

/** Tokens into the owner's usual account, made where it is missing. */
export async function receiving(owner: Address, market: Held<Market>): Promise<[Address, Instruction]> {
    const { collateralMint, tokenProgram } = market.account;
    const destination = await collateralAccount(owner, market);
    return [destination, makeTokenAccount(owner, destination, collateralMint, tokenProgram)];
}

export function update(market: Held<Market>): Instruction {
    return getUpdateMarketInstruction({ market: market.address, price: market.account.oracle.account });
}
