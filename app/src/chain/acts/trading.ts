/** The instructions of a trader’s acts, made by the generated client. */
import {
    OrderAction,
    OrderKind,
    PositionSide,
    findProtocolPda,
    findOrder,
    findPosition,
    findTraderPda,
    fetchMaybeTrader,
    getAddCollateralInstruction,
    getCancelOrderInstruction,
    getPlaceOpeningOrderInstructionAsync,
    getPlaceOrderInstruction,
    getRemoveCollateralInstruction,
    getSetDelegateInstruction,
    type Market,
    type Order,
    type Position,
} from '@bulkhead/client';
import { createNoopSigner, type Address, type Instruction } from '@solana/kit';

import type { Held } from '../../state/world.ts';
import { rpc } from '../rpc.ts';
import { collateralAccount } from '../tokens.ts';
import { TIP_LAMPORTS, common, update } from './common.ts';

/** When an order fills: at once, or once its trigger price is met. */
export interface When {
    kind: OrderKind;
    /** Zero for market orders. */
    triggerPriceE12: bigint;
    /** Zero for never. */
    expiresAt: bigint;
}

export interface Opening extends When {
    short: boolean;
    collateralAtoms: bigint;
    sizeAtoms: bigint;
    acceptablePriceE12: bigint;
    payoutCapPpm: number;
}

export async function open(owner: Address, market: Held<Market>, opening: Opening): Promise<[Address, Instruction[]]> {
    const [trader] = await findTraderPda({ market: market.address, owner });
    const counters = await fetchMaybeTrader(rpc, trader, { commitment: 'confirmed' });
    const positionId = counters.exists ? counters.data.nextPositionId : 0;
    const position = await findPosition(market.address, owner, positionId);
    const [protocol] = await findProtocolPda();
    const { short, ...rest } = opening;
    const instruction = await getPlaceOpeningOrderInstructionAsync({
        ...common(market),
        ...rest,
        owner: createNoopSigner(owner),
        payer: createNoopSigner(owner),
        protocol,
        position,
        order: await findOrder(position, 0),
        source: await collateralAccount(owner, market),
        positionId,
        side: short ? PositionSide.Short : PositionSide.Long,
        tipLamports: TIP_LAMPORTS,
    });
    return [position, [instruction]];
}

export interface Placing extends When {
    increases: boolean;
    sizeAtoms: bigint;
    acceptablePriceE12: bigint;
    /** Increases only. */
    payoutCapPpm: number;
}

/** An order on a position that is open. */
export async function place(
    authority: Address,
    position: Held<Position>,
    { increases, ...rest }: Placing,
): Promise<Instruction[]> {
    const orderId = position.account.nextOrderId;
    const instruction = getPlaceOrderInstruction({
        ...rest,
        authority: createNoopSigner(authority),
        payer: createNoopSigner(authority),
        market: position.account.market,
        position: position.address,
        order: await findOrder(position.address, orderId),
        orderId,
        action: increases ? OrderAction.Increase : OrderAction.Decrease,
        tipLamports: TIP_LAMPORTS,
    });
    return [instruction];
}

export async function addCollateral(
    from: Address,
    market: Held<Market>,
    position: Held<Position>,
    amountAtoms: bigint,
): Promise<Instruction[]> {
    const source = await collateralAccount(from, market);
    const { address, account } = position;
    const signer = createNoopSigner(from);
    return [
        getAddCollateralInstruction({
            ...common(market),
            from: signer,
            position: address,
            vault: account.vault,
            source,
            amountAtoms,
        }),
    ];
}

export async function removeCollateral(
    owner: Address,
    market: Held<Market>,
    position: Held<Position>,
    amountAtoms: bigint,
): Promise<Instruction[]> {
    const instruction = getRemoveCollateralInstruction({
        ...common(market),
        owner: createNoopSigner(owner),
        position: position.address,
        price: market.account.oracle.account,
        vault: position.account.vault,
        poolVault: market.account.poolVault,
        destination: await collateralAccount(owner, market),
        amountAtoms,
    });
    return [update(market), instruction];
}

export function setDelegate(owner: Address, position: Held<Position>, delegate: Address): Instruction[] {
    return [getSetDelegateInstruction({ owner: createNoopSigner(owner), position: position.address, delegate })];
}

export function cancel(by: Address, market: Held<Market>, order: Held<Order>): Instruction[] {
    const { position, payer } = order.account;
    const canceller = createNoopSigner(by);
    return [getCancelOrderInstruction({ canceller, market: market.address, position, order: order.address, payer })];
}
