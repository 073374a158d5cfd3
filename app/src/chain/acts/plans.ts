/** Top-up plans, and the approval that lets them move tokens. */
import {
    getCancelTopUpInstruction,
    getExecuteTopUpInstructionAsync,
    getSetTopUpInstructionAsync,
    findSetTopUpTopUpAuthorityPda,
    type Market,
    type Position,
    type TopUpPlan,
} from '@bulkhead/client';
import { createNoopSigner, type Address, type Instruction } from '@solana/kit';
import { getApproveInstruction, getRevokeInstruction } from '@solana-program/token';

import type { Held } from '../../state/world.ts';
import { collateralAccount } from '../tokens.ts';
import { common, makeTokenAccount, update } from './common.ts';

export interface PlanArgs {
    budgetAtoms: bigint;
    triggerPpm: number;
    amountAtoms: bigint;
    intervalSecs: number;
    keeperPayAtoms: bigint;
}

/** Sets the plan, and lets the owner's top-up authority move as much as all plans of that account may. */
export async function setTopUp(
    owner: Address,
    market: Held<Market>,
    position: Held<Position>,
    plan: PlanArgs,
    approvedAtoms: bigint,
): Promise<Instruction[]> {
    const signer = createNoopSigner(owner);
    const source = await collateralAccount(owner, market);
    const [topUpAuthority] = await findSetTopUpTopUpAuthorityPda({ owner });
    const instruction = await getSetTopUpInstructionAsync({
        ...plan,
        owner: signer,
        payer: signer,
        market: market.address,
        position: position.address,
        source,
        topUpAuthority,
    });
    const approval = getApproveInstruction(
        { source, delegate: topUpAuthority, owner: signer, amount: approvedAtoms },
        { programAddress: market.account.tokenProgram },
    );
    return [approval, instruction];
}

/** Takes the plan back, and lowers the approval to what is left for the owner's other plans. */
export async function cancelTopUp(
    owner: Address,
    market: Held<Market>,
    plan: Held<TopUpPlan>,
    approvedAtoms: bigint,
): Promise<Instruction[]> {
    const signer = createNoopSigner(owner);
    const { position, payer, source } = plan.account;
    const [delegate] = await findSetTopUpTopUpAuthorityPda({ owner });
    const instruction = getCancelTopUpInstruction({ canceller: signer, position, plan: plan.address, payer });
    const token = { programAddress: market.account.tokenProgram };
    const approval =
        approvedAtoms === 0n
            ? getRevokeInstruction({ source, owner: signer }, token)
            : getApproveInstruction({ source, delegate, owner: signer, amount: approvedAtoms }, token);
    return [instruction, approval];
}

export async function executeTopUp(
    keeper: Address,
    market: Held<Market>,
    position: Held<Position>,
    plan: Held<TopUpPlan>,
): Promise<Instruction[]> {
    const keeperAccount = await collateralAccount(keeper, market);
    const [topUpAuthority] = await findSetTopUpTopUpAuthorityPda({ owner: plan.account.owner });
    const instruction = await getExecuteTopUpInstructionAsync({
        ...common(market),
        keeper: createNoopSigner(keeper),
        position: position.address,
        price: market.account.oracle.account,
        vault: position.account.vault,
        plan: plan.address,
        source: plan.account.source,
        topUpAuthority,
        keeperAccount,
    });
    return [
        makeTokenAccount(keeper, keeperAccount, market.account.collateralMint, market.account.tokenProgram),
        update(market),
        instruction,
    ];
}
