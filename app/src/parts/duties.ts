/** What anyone may do for markets that end; the other duties are the Keep page's. */
import type { Position } from '@bulkhead/client';
import type { Address, Instruction } from '@solana/kit';
import type { ReactNode } from 'react';

import * as acts from '../chain/acts/index.ts';
import { price, short, usd } from '../format.ts';
import { ordersOf, type Sight } from '../state/hooks.ts';
import { chainNow, isSettled, type Held, type World } from '../state/world.ts';
import { nameOfOrder } from './orders.ts';

export interface Duty {
    key: string;
    what: string;
    state: string;
    reward: ReactNode;
    button: string;
    ready: boolean;
    touched: Address[];
    make(keeper: Address): Promise<Instruction[]>;
}

const OPEN = 1;
/** An oracle that was silent for so long is dead. */
const DEAD_SECS = 604_800n;

/** A market whose oracle is dead. */
export function ofSilent({ symbol, market }: Sight, world: World): Duty[] {
    const { publishedAt } = market.account.observations;
    if (isSettled(market) || publishedAt === 0n || chainNow(world) - publishedAt < DEAD_SECS) return [];
    return [
        {
            key: market.address,
            what: `${symbol} market`,
            state: 'no price for seven days',
            reward: '–',
            button: 'Settle',
            ready: true,
            touched: [market.address],
            make: (keeper) => acts.settleMarket(keeper, market),
        },
    ];
}

/** What a settled market had put aside is its pool's once nobody is left in it. */
export function ofFunds({ symbol, market }: Sight): Duty[] {
    const { insuranceAtoms, crankBudgetAtoms, long, short, params, settlementPriceE12 } = market.account;
    if (insuranceAtoms === 0n && crankBudgetAtoms === 0n) return [];
    const dollars = (atoms: bigint) => usd(atoms, params.quoteDecimals);
    const isEmpty = long.positions === 0 && short.positions === 0;
    return [
        {
            key: market.address,
            what: `${symbol} market, settled at ${price(settlementPriceE12)}: insurance ${dollars(insuranceAtoms)}, crank budget ${dollars(crankBudgetAtoms)} to its pool`,
            state: isEmpty ? 'nobody is left' : 'positions are left',
            reward: '–',
            button: 'Release',
            ready: isEmpty,
            touched: [market.address],
            make: async () => [acts.releaseFunds(market)],
        },
    ];
}

export function ofSettled({ symbol, market }: Sight, position: Held<Position>): Duty[] {
    const { address, account } = position;
    if (account.status !== OPEN) return [];
    return [
        {
            key: address,
            what: `${symbol} ${account.side === 0 ? 'long' : 'short'} ${short(address)}`,
            state: `closes at ${price(market.account.settlementPriceE12)}`,
            reward: '–',
            button: 'Settle',
            ready: true,
            touched: [address, market.address],
            make: async (keeper) => [acts.settle(keeper, market, position)],
        },
    ];
}

/** The orders of a settled market are void: anyone may sweep them. */
export function ofVoid({ symbol, market }: Sight, position: Held<Position>, world: World): Duty[] {
    // A position without orders has ended this one: that it was closed is noticed later.
    if (position.account.openOrders === 0) return [];
    return ordersOf(world, position).map((order) => ({
        key: order.address,
        what: `${symbol} ${nameOfOrder(order.account).toLowerCase()} ${short(order.address)}`,
        state: 'void',
        reward: '–',
        button: 'Cancel',
        ready: true,
        touched: [order.address, position.address],
        make: async (keeper: Address) => acts.cancel(keeper, market, order),
    }));
}
