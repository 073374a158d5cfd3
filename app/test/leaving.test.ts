import {
    BulkheadInstruction,
    BULKHEAD_PROGRAM_ADDRESS,
    identifyBulkheadInstruction,
    type Market,
    type Order,
    type Position,
} from '@bulkhead/client';
import {
    appendTransactionMessageInstructions,
    compileTransaction,
    createTransactionMessage,
    getAddressDecoder,
    getTransactionEncoder,
    pipe,
    setTransactionMessageFeePayer,
    setTransactionMessageLifetimeUsingBlockhash,
    type Address,
    type Blockhash,
    type Instruction,
} from '@solana/kit';
import { TOKEN_PROGRAM_ADDRESS } from '@solana-program/token';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { takeOut } from '../src/chain/acts/index.ts';
import type { Held } from '../src/state/world.ts';

/** What the chain answers. */
const chain = vi.hoisted(() => ({ vaultState: 'initialized', isThere: (one: string): boolean => one !== '' }));
vi.mock('../src/chain/rpc.ts', () => {
    const answer = <T>(value: T) => ({ send: async () => ({ value }) });
    return {
        rpc: {
            getAccountInfo: () => answer({ data: { parsed: { info: { state: chain.vaultState } } } }),
            getMultipleAccounts: (all: string[]) => answer(all.map((one) => (chain.isThere(one) ? {} : null))),
        },
    };
});

let count = 0;
function key(): Address {
    const bytes = new Uint8Array(32).fill(7);
    new DataView(bytes.buffer).setUint32(0, ++count);
    return getAddressDecoder().decode(bytes);
}

const owner = key();
const held = <T>(account: Partial<T>): Held<T> => ({ address: key(), data: new Uint8Array(), account: account as T });
const market = held<Market>({ collateralMint: key(), tokenProgram: TOKEN_PROGRAM_ADDRESS, poolVault: key() });
const [PENDING, OPEN, CLOSED] = [0, 1, 2];
const position = (status: number, more: Partial<Position> = {}) =>
    held<Position>({ status, owner, vault: key(), frozenOwedAtoms: 0n, reservedAtoms: 0n, ...more });
const ordersOf = ({ address }: Held<Position>, number: number) =>
    Array.from({ length: number }, () => held<Order>({ position: address, payer: key() }));

function names(instructions: Instruction[]): string[] {
    return instructions.map(({ programAddress, data }) =>
        programAddress === BULKHEAD_PROGRAM_ADDRESS
            ? (BulkheadInstruction[identifyBulkheadInstruction({ data: data ?? new Uint8Array() })] ?? '')
            : 'token account',
    );
}

beforeEach(() => {
    chain.vaultState = 'initialized';
    chain.isThere = () => true;
});

describe('taking everything out', () => {
    it('settles, sweeps and closes what is open', async () => {
        const open = position(OPEN, { reservedAtoms: 5n });
        const found = names(await takeOut(owner, market, open, ordersOf(open, 2)));
        expect(found).toEqual(['SettlePosition', 'CancelOrder', 'CancelOrder', 'token account', 'ClosePosition']);
    });
    it('only books it while the vault is frozen', async () => {
        chain.vaultState = 'frozen';
        const open = position(OPEN, { reservedAtoms: 5n });
        expect(names(await takeOut(owner, market, open, ordersOf(open, 1)))).toEqual(['SettlePosition', 'CancelOrder']);
    });
    it('collects what was frozen, and nothing where nothing was', async () => {
        const out = async (more: Partial<Position>) => names(await takeOut(owner, market, position(CLOSED, more), []));
        const collected = ['CollectFrozen', 'token account', 'ClosePosition'];
        expect(await out({ reservedAtoms: 1n })).toEqual(collected);
        expect(await out({ frozenOwedAtoms: 1n })).toEqual(collected);
        expect(await out({})).toEqual(['token account', 'ClosePosition']);
    });
    it('cancels the order of what never opened, unless somebody was quicker', async () => {
        const pending = position(PENDING);
        const [first, gone] = ordersOf(pending, 2);
        chain.isThere = (one) => one !== gone?.address;
        const instructions = await takeOut(
            owner,
            market,
            pending,
            [first, gone].flatMap((one) => one ?? []),
        );
        expect(names(instructions)).toEqual(['CancelOrder', 'token account', 'ClosePosition']);
    });
    it('fits into one transaction with eight orders that eight others have paid for', async () => {
        const open = position(OPEN);
        const instructions = await takeOut(owner, market, open, ordersOf(open, 8));
        const lifetime = { blockhash: key() as string as Blockhash, lastValidBlockHeight: 1n };
        const message = pipe(
            createTransactionMessage({ version: 0 }),
            (empty) => setTransactionMessageFeePayer(owner, empty),
            (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
            (timed) => appendTransactionMessageInstructions(instructions, timed),
        );
        expect(getTransactionEncoder().encode(compileTransaction(message)).length).toBeLessThanOrEqual(1232);
    });
});
