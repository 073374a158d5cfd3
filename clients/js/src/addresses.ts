// Addresses whose seeds hold an argument or another account, which the generator does not write. Seeds: docs/accounts.md.
import {
    type Address,
    getAddressEncoder,
    getProgramDerivedAddress,
    getU16Encoder,
    getU32Encoder,
    getU64Encoder,
} from '@solana/kit';

import { BULKHEAD_PROGRAM_ADDRESS } from './generated/index.ts';

const key = getAddressEncoder();

async function find(...seeds: (string | { readonly length: number })[]): Promise<Address> {
    const [address] = await getProgramDerivedAddress({
        programAddress: BULKHEAD_PROGRAM_ADDRESS,
        seeds: seeds as (string | Uint8Array)[],
    });
    return address;
}

/** A market, by its index. */
export const findMarket = (index: number): Promise<Address> => find('market', getU16Encoder().encode(index));

/** A position, by market, owner and id. */
export const findPosition = (market: Address, owner: Address, id: number): Promise<Address> =>
    find('position', key.encode(market), key.encode(owner), getU32Encoder().encode(id));

/** An order, by position and id. */
export const findOrder = (position: Address, id: number): Promise<Address> =>
    find('order', key.encode(position), getU32Encoder().encode(id));

/** A queued change, by the protocol and its number. */
export const findChange = (protocol: Address, nonce: bigint): Promise<Address> =>
    find('change', key.encode(protocol), getU64Encoder().encode(nonce));

/** A withdrawal, by market, owner and id. */
export const findWithdrawal = (market: Address, owner: Address, id: number): Promise<Address> =>
    find('withdrawal', key.encode(market), key.encode(owner), getU32Encoder().encode(id));
