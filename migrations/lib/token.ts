// Which token program a mint belongs to.
import type { Address } from '@solana/kit';

import { type Chain, find } from './chain.ts';

export const TOKEN_PROGRAM_ADDRESS = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA' as Address;
export const TOKEN_2022_PROGRAM_ADDRESS = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb' as Address;

/** The token program that owns the mint; an error if none does. */
export async function tokenProgramOf(chain: Chain, mint: Address): Promise<Address> {
    const account = await find(chain, mint);
    const owner = account?.programAddress;
    if (owner !== TOKEN_PROGRAM_ADDRESS && owner !== TOKEN_2022_PROGRAM_ADDRESS) {
        throw new Error(`${mint} is not a mint of a token program on this cluster`);
    }
    return owner;
}
