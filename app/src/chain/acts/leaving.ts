/** Leaving: what takes everything out of a position, and what ends a market. None of it needs a price. */
import {
    fetchMaybeSettlement,
    findSettlementPda,
    getClosePositionInstruction,
    getCollectFrozenInstruction,
    getReleaseFundsInstruction,
    getSettleMarketInstruction,
    getSettlePositionInstruction,
    type Market,
    type Order,
    type Position,
} from '@bulkhead/client';
import { createNoopSigner, type Address, type Instruction } from '@solana/kit';

import type { Held } from '../../state/world.ts';
import { rpc } from '../rpc.ts';
import { common, receiving } from './common.ts';
import { cancel } from './trading.ts';

const OPEN = 1;
const CLOSED = 2;

/** What a vault that was frozen at closing still owes the pool, or the pool still owes it. */
export function hasFrozen({ account }: Held<Position>): boolean {
    return account.status === CLOSED && (account.frozenOwedAtoms > 0n || account.reservedAtoms > 0n);
}

/** Closes a position of a settled market at its settlement price. */
export function settle(keeper: Address, market: Held<Market>, position: Held<Position>): Instruction {
    return getSettlePositionInstruction({
        ...common(market),
        keeper: createNoopSigner(keeper),
        position: position.address,
        vault: position.account.vault,
        poolVault: market.account.poolVault,
    });
}

function collect(market: Held<Market>, position: Held<Position>): Instruction {
    return getCollectFrozenInstruction({
        ...common(market),
        position: position.address,
        vault: position.account.vault,
        poolVault: market.account.poolVault,
    });
}

/**
 * Takes everything out: settles what a settled market has left open, collects what was frozen, sweeps the orders,
 * closes. Collateral and rent go to the owner.
 */
export async function takeOut(
    owner: Address,
    market: Held<Market>,
    position: Held<Position>,
    orders: Held<Order>[],
): Promise<Instruction[]> {
    const { vault, status } = position.account;
    const swept = (await those(orders)).flatMap((order) => cancel(owner, market, order));
    // In a frozen vault the settlement is only booked: the rest follows once it is thawed.
    if (status === OPEN && (await isFrozen(vault))) return [settle(owner, market, position), ...swept];
    const [destination, make] = await receiving(owner, market);
    const close = getClosePositionInstruction({
        ...common(market),
        owner: createNoopSigner(owner),
        position: position.address,
        vault,
        destination,
    });
    if (status === OPEN) return [settle(owner, market, position), ...swept, make, close];
    return [...(hasFrozen(position) ? [collect(market, position)] : []), ...swept, make, close];
}

/** Those that exist: that one was closed is noticed later. */
async function those(orders: Held<Order>[]): Promise<Held<Order>[]> {
    if (orders.length === 0) return [];
    const addresses = orders.map(({ address }) => address);
    const { value } = await rpc.getMultipleAccounts(addresses, { encoding: 'base64', commitment: 'confirmed' }).send();
    return orders.filter((_, place) => value[place]);
}

async function isFrozen(vault: Address): Promise<boolean> {
    const { value } = await rpc.getAccountInfo(vault, { encoding: 'jsonParsed', commitment: 'confirmed' }).send();
    const data = value?.data as { parsed?: { info?: { state?: string } } } | undefined;
    return data?.parsed?.info?.state === 'frozen';
}

/** Settles a market whose oracle is dead. */
export async function settleMarket(keeper: Address, market: Held<Market>): Promise<Instruction[]> {
    const [settlement] = await findSettlementPda({ market: market.address });
    const kept = await fetchMaybeSettlement(rpc, settlement, { commitment: 'confirmed' });
    const settlementPayer = kept.exists ? kept.data.payer : keeper;
    return [getSettleMarketInstruction({ market: market.address, settlement, settlementPayer })];
}

/** Gives a settled market's insurance and crank budget to its pool. */
export function releaseFunds(market: Held<Market>): Instruction {
    const { poolVault, insuranceVault } = market.account;
    return getReleaseFundsInstruction({ ...common(market), poolVault, insuranceVault });
}
