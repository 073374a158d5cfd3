import { getPositionEncoder, type Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { describe, expect, it } from 'vitest';

import { EMPTY, applied } from '../src/state/world.ts';

const KEY = '11111111111111111111111111111111' as Address;
const AT = 'So11111111111111111111111111111111111111112' as Address;
const wide = { low: 0n, high: 0n };

function positionBytes(sizeAtoms: bigint): Uint8Array {
    const position: Omit<Position, 'discriminator'> = {
        version: 1,
        bump: 255,
        vaultBump: 255,
        status: 1,
        side: 0,
        openOrders: 0,
        marginCalled: 0,
        waitingIncreases: 0,
        id: 7,
        nextOrderId: 1,
        market: KEY,
        owner: KEY,
        delegate: KEY,
        vault: KEY,
        sizeAtoms,
        entryPriceE12: 1n,
        collateralAtoms: 5n,
        collateralCountedAtoms: 5n,
        owedBorrowAtoms: 0n,
        owedFundingAtoms: 0n,
        dueAtoms: 0n,
        reservedAtoms: 0n,
        frozenOwedAtoms: 0n,
        borrowSnapshotE12: wide,
        fundingPaidSnapshotE24: wide,
        fundingReceivedSnapshotE24: wide,
        marginPpm: 1,
        addonPpm: 1,
        liquidationFeePpm: 1,
        pad2: new Uint8Array(4),
        marginRefreshedAt: 0n,
        openedAt: 0n,
        belowSince: 0n,
        reserved: new Uint8Array(104),
    };
    return new Uint8Array(getPositionEncoder().encode(position));
}

describe('the world', () => {
    it('takes a position in, and its newer state', () => {
        const once = applied(EMPTY, { kind: 'account', address: AT, data: positionBytes(1n) });
        const twice = applied(once, { kind: 'account', address: AT, data: positionBytes(2n) });
        expect(once.positions.get(AT)?.account.sizeAtoms).toBe(1n);
        expect(twice.positions.get(AT)?.account.sizeAtoms).toBe(2n);
        expect(EMPTY.positions.size).toBe(0);
    });
    it('forgets an account that was closed', () => {
        const open = applied(EMPTY, { kind: 'account', address: AT, data: positionBytes(1n) });
        expect(applied(open, { kind: 'account', address: AT, data: new Uint8Array() }).positions.size).toBe(0);
    });
    it('leaves alone what it does not know', () => {
        const unknown = new Uint8Array(64).fill(9);
        expect(applied(EMPTY, { kind: 'account', address: AT, data: unknown })).toBe(EMPTY);
    });
});
