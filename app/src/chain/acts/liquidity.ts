/** Entering and leaving the pool. */
import {
    findProtocolPda,
    findWithdrawal,
    findTraderPda,
    fetchMaybeTrader,
    getCancelWithdrawalInstruction,
    getDepositInstruction,
    getExecuteWithdrawalInstruction,
    getRequestWithdrawalInstructionAsync,
    type Market,
    type Withdrawal,
} from '@bulkhead/client';
import { createNoopSigner, type Address, type Instruction } from '@solana/kit';
import { getCreateAssociatedTokenIdempotentInstruction } from '@solana-program/token';

import { isSettled, type Held } from '../../state/world.ts';
import { rpc } from '../rpc.ts';
import { collateralAccount, tokenAccount } from '../tokens.ts';
import { TIP_LAMPORTS, common, makeTokenAccount, update } from './common.ts';

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

/** Puts shares into escrow for an hour; then anyone may pay them out. */
export async function requestWithdrawal(owner: Address, market: Held<Market>, shares: bigint): Promise<Instruction[]> {
    const { lpMint, tokenProgram, collateralMint } = market.account;
    const [trader] = await findTraderPda({ market: market.address, owner });
    const counters = await fetchMaybeTrader(rpc, trader, { commitment: 'confirmed' });
    const withdrawalId = counters.exists ? counters.data.nextWithdrawalId : 0;
    const destination = await collateralAccount(owner, market);
    const [protocol] = await findProtocolPda();
    const instruction = await getRequestWithdrawalInstructionAsync({
        market: market.address,
        tokenProgram,
        lpMint,
        owner: createNoopSigner(owner),
        payer: createNoopSigner(owner),
        protocol,
        trader,
        withdrawal: await findWithdrawal(market.address, owner, withdrawalId),
        ownerShares: await tokenAccount(owner, lpMint, tokenProgram),
        destination,
        withdrawalId,
        shares,
        tipLamports: TIP_LAMPORTS,
    });
    return [makeTokenAccount(owner, destination, collateralMint, tokenProgram), instruction];
}

export async function executeWithdrawal(
    executor: Address,
    market: Held<Market>,
    { address, account }: Held<Withdrawal>,
): Promise<Instruction[]> {
    const [protocol] = await findProtocolPda();
    const instruction = getExecuteWithdrawalInstruction({
        ...common(market),
        executor: createNoopSigner(executor),
        protocol,
        withdrawal: address,
        payer: account.payer,
        price: market.account.oracle.account,
        vault: account.vault,
        destination: account.destination,
        poolVault: market.account.poolVault,
        lpMint: market.account.lpMint,
    });
    // A settled market takes in no price: an update is what the program would refuse.
    return isSettled(market) ? [instruction] : [update(market), instruction];
}

export async function cancelWithdrawal(
    by: Address,
    market: Held<Market>,
    { address, account }: Held<Withdrawal>,
): Promise<Instruction[]> {
    const { lpMint, tokenProgram } = market.account;
    const ownerShares = await tokenAccount(account.owner, lpMint, tokenProgram);
    const instruction = getCancelWithdrawalInstruction({
        canceller: createNoopSigner(by),
        market: market.address,
        withdrawal: address,
        payer: account.payer,
        vault: account.vault,
        ownerShares,
        lpMint,
        tokenProgram,
    });
    // Anyone who cancels makes the account that the shares go back to.
    const refundAccount = getCreateAssociatedTokenIdempotentInstruction({
        payer: createNoopSigner(by),
        ata: ownerShares,
        owner: account.owner,
        mint: lpMint,
        tokenProgram,
    });
    return [refundAccount, instruction];
}
