/** What anyone may do for the system. */
import {
    findProtocolPda,
    getExecuteOrderInstruction,
    getFlagInstruction,
    getLiquidateInstruction,
    getTriggerOrderInstruction,
    type Market,
    type Order,
    type Position,
} from '@bulkhead/client';
import { AccountRole, createNoopSigner, type Address, type Instruction } from '@solana/kit';

import type { Held } from '../../state/world.ts';
import { collateralAccount } from '../tokens.ts';
import { common, makeTokenAccount, update } from './common.ts';

/** Brings an order the price that meets its trigger. */
export function trigger(triggerer: Address, market: Held<Market>, order: Held<Order>): Instruction[] {
    const instruction = getTriggerOrderInstruction({
        triggerer: createNoopSigner(triggerer),
        market: market.address,
        position: order.account.position,
        order: order.address,
        price: market.account.oracle.account,
    });
    return [update(market), instruction];
}

export async function execute(
    executor: Address,
    market: Held<Market>,
    position: Held<Position>,
    order: Held<Order>,
): Promise<Instruction[]> {
    const [protocol] = await findProtocolPda();
    const instruction = getExecuteOrderInstruction({
        ...common(market),
        executor: createNoopSigner(executor),
        protocol,
        position: position.address,
        order: order.address,
        payer: order.account.payer,
        price: market.account.oracle.account,
        vault: position.account.vault,
        poolVault: market.account.poolVault,
        placedAt: order.account.placedAt,
        tipLamportsMin: order.account.tipLamports,
    });
    return [update(market), instruction];
}

/** The first sighting of a position below maintenance. */
export function flag(market: Held<Market>, position: Held<Position>): Instruction[] {
    const instruction = getFlagInstruction({ market: market.address, price: market.account.oracle.account });
    const seen = { address: position.address, role: AccountRole.WRITABLE };
    return [{ ...instruction, accounts: [...instruction.accounts, seen] }];
}

export async function liquidate(
    keeper: Address,
    market: Held<Market>,
    position: Held<Position>,
): Promise<Instruction[]> {
    const keeperAccount = await collateralAccount(keeper, market);
    const payer = createNoopSigner(keeper);
    const instruction = getLiquidateInstruction({
        ...common(market),
        keeper: payer,
        position: position.address,
        price: market.account.oracle.account,
        vault: position.account.vault,
        poolVault: market.account.poolVault,
        insuranceVault: market.account.insuranceVault,
        keeperAccount,
    });
    return [
        makeTokenAccount(keeper, keeperAccount, market.account.collateralMint, market.account.tokenProgram),
        instruction,
    ];
}
