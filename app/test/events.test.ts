import { readFileSync } from 'node:fs';

import { BULKHEAD_PROGRAM_ADDRESS, getCollateralAddedEncoder } from '@bulkhead/client';
import { getBase64Decoder, type Address } from '@solana/kit';
import { beforeAll, describe, expect, it } from 'vitest';

import { eventsOf } from '../src/chain/events.ts';
import { initSync, sharePriceE9 } from '../src/wasm/bulkhead.js';

const KEY = '11111111111111111111111111111111' as Address;
const OTHER = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';

beforeAll(() => {
    initSync({ module: readFileSync(new URL('../src/wasm/bulkhead_bg.wasm', import.meta.url)) });
});

/** Data as the program logs it. */
function logged(): string {
    const idl = JSON.parse(readFileSync(new URL('../../idl/bulkhead.json', import.meta.url), 'utf8')) as {
        events: { name: string; discriminator: number[] }[];
    };
    const { discriminator } = idl.events.find(({ name }) => name === 'CollateralAdded') ?? { discriminator: [] };
    const fields = getCollateralAddedEncoder().encode({
        position: KEY,
        from: KEY,
        amountAtoms: 250_000_000n,
        collateralAtoms: 750_000_000n,
    });
    return getBase64Decoder().decode(new Uint8Array([...discriminator, ...fields]));
}

const run = (program: string, ...lines: string[]) => [
    `Program ${program} invoke [1]`,
    ...lines,
    `Program ${program} success`,
];

describe('events', () => {
    it('are read out of the logs of this program', () => {
        const [event] = eventsOf(run(BULKHEAD_PROGRAM_ADDRESS, `Program data: ${logged()}`));
        expect(event).toMatchObject({ name: 'CollateralAdded', data: { amountAtoms: 250_000_000n, position: KEY } });
    });
    it('of other programs, of failed transactions and of other versions are none', () => {
        const data = `Program data: ${logged()}`;
        expect(eventsOf(run(OTHER, data))).toEqual([]);
        const failed = [`Program ${BULKHEAD_PROGRAM_ADDRESS} invoke [1]`, data];
        expect(eventsOf([...failed, `Program ${BULKHEAD_PROGRAM_ADDRESS} failed: custom program error: 0x1`])).toEqual(
            [],
        );
        expect(eventsOf(run(BULKHEAD_PROGRAM_ADDRESS, 'Program data: AAAAAAAAAAA='))).toEqual([]);
        expect(eventsOf(run(BULKHEAD_PROGRAM_ADDRESS, 'Program data: no base64!'))).toEqual([]);
    });
});

describe('the price of a share', () => {
    it('is rounded down, and none for no shares', () => {
        expect(sharePriceE9(2_000_000n, 3_000_000n)).toBe(666_666_666n);
        expect(sharePriceE9(1n, 0n)).toBe(0n);
    });
});
