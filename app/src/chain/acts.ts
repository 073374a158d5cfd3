/** The instructions of every act, made by the generated client. */
import {
    OrderAction,
    OrderKind,
    PositionSide,
    findProtocolPda,
    findTraderPda,
    fetchMaybeTrader,
    getAddCollateralInstruction,
    getCancelOrderInstruction,
    getClosePositionInstruction,
    getDepositInstruction,
    getExecuteOrderInstruction,
    getFlagInstruction,
    getLiquidateInstruction,
    getPlaceOpeningOrderInstructionAsync,
    getPlaceOrderInstruction,
    getRemoveCollateralInstruction,
    getSetDelegateInstruction,
    getUpdateMarketInstruction,
    BULKHEAD_PROGRAM_ADDRESS,
    type Market,
    type Order,
    type Position,
} from '@bulkhead/client';
import {
    AccountRole,
    createNoopSigner,
    getAddressEncoder,
    getProgramDerivedAddress,
    getU32Encoder,
    getUtf8Encoder,
    type Address,
    type Instruction,
} from '@solana/kit';
import { getCreateAssociatedTokenIdempotentInstruction } from '@solana-program/token';

import type { Held } from '../state/world.ts';
import { rpc } from './rpc.ts';
import { collateralAccount, tokenAccount } from './tokens.ts';

/** The least tip: the fee of two signatures. */
export const TIP_LAMPORTS = 10_000n;

async function positionAddress(market: Address, owner: Address, id: number): Promise<Address> {
    const text = getAddressEncoder();
    const [found] = await getProgramDerivedAddress({
        programAddress: BULKHEAD_PROGRAM_ADDRESS,
        seeds: [
            getUtf8Encoder().encode('position'),
            text.encode(market),
            text.encode(owner),
            getU32Encoder().encode(id),
        ],
    });
    return found;
}

async function orderAddress(position: Address, id: number): Promise<Address> {
    const [found] = await getProgramDerivedAddress({
        programAddress: BULKHEAD_PROGRAM_ADDRESS,
        seeds: [getUtf8Encoder().encode('order'), getAddressEncoder().encode(position), getU32Encoder().encode(id)],
    });
    return found;
}

const common = (market: Held<Market>) => ({
    market: market.address,
    collateralMint: market.account.collateralMint,
    tokenProgram: market.account.tokenProgram,
});

export interface Opening {
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
    const position = await positionAddress(market.address, owner, positionId);
    const [protocol] = await findProtocolPda();
    const instruction = await getPlaceOpeningOrderInstructionAsync({
        ...common(market),
        owner: createNoopSigner(owner),
        payer: createNoopSigner(owner),
        protocol,
        position,
        order: await orderAddress(position, 0),
        source: await collateralAccount(owner, market),
        positionId,
        side: opening.short ? PositionSide.Short : PositionSide.Long,
        collateralAtoms: opening.collateralAtoms,
        kind: OrderKind.Market,
        sizeAtoms: opening.sizeAtoms,
        triggerPriceE12: 0n,
        expiresAt: 0n,
        acceptablePriceE12: opening.acceptablePriceE12,
        payoutCapPpm: opening.payoutCapPpm,
        tipLamports: TIP_LAMPORTS,
    });
    return [position, [instruction]];
}

export async function decrease(
    authority: Address,
    position: Held<Position>,
    sizeAtoms: bigint,
    acceptablePriceE12: bigint,
): Promise<Instruction[]> {
    const orderId = position.account.nextOrderId;
    const instruction = getPlaceOrderInstruction({
        authority: createNoopSigner(authority),
        payer: createNoopSigner(authority),
        market: position.account.market,
        position: position.address,
        order: await orderAddress(position.address, orderId),
        orderId,
        action: OrderAction.Decrease,
        kind: OrderKind.Market,
        sizeAtoms,
        triggerPriceE12: 0n,
        expiresAt: 0n,
        acceptablePriceE12,
        payoutCapPpm: 1_000_000,
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

/** Takes everything out of a flat position: collateral and rent go to the owner. */
export async function close(owner: Address, market: Held<Market>, position: Held<Position>): Promise<Instruction[]> {
    const instruction = getClosePositionInstruction({
        ...common(market),
        owner: createNoopSigner(owner),
        position: position.address,
        vault: position.account.vault,
        destination: await collateralAccount(owner, market),
    });
    return [instruction];
}

export function setDelegate(owner: Address, position: Held<Position>, delegate: Address): Instruction[] {
    return [getSetDelegateInstruction({ owner: createNoopSigner(owner), position: position.address, delegate })];
}

export function cancel(by: Address, market: Held<Market>, order: Held<Order>): Instruction[] {
    const { position, payer } = order.account;
    const canceller = createNoopSigner(by);
    return [getCancelOrderInstruction({ canceller, market: market.address, position, order: order.address, payer })];
}

export function update(market: Held<Market>): Instruction {
    return getUpdateMarketInstruction({ market: market.address, price: market.account.oracle.account });
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

function makeTokenAccount(owner: Address, ata: Address, mint: Address, tokenProgram: Address): Instruction {
    return getCreateAssociatedTokenIdempotentInstruction({
        payer: createNoopSigner(owner),
        ata,
        owner,
        mint,
        tokenProgram,
    });
}

export async function deposit(
    owner: Address,
    market: Held<Market>,
    amountAtoms: bigint,
    sharesMin: bigint,
): Promise<Instruction[]> {
    const { lpMint, tokenProgram } = market.account;
    const ownerShares = await tokenAccount(owner, lpMint, tokenProgram);
    const [protocol] = await findProtocolPda();
    const instruction = getDepositInstruction({
        ...common(market),
        owner: createNoopSigner(owner),
        protocol,
        price: market.account.oracle.account,
        poolVault: market.account.poolVault,
        lpMint,
        ownerCollateral: await collateralAccount(owner, market),
        ownerShares,
        amountAtoms,
        sharesMin,
    });
    return [update(market), makeTokenAccount(owner, ownerShares, lpMint, tokenProgram), instruction];
}
