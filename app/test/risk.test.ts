import { readFileSync } from 'node:fs';

import { beforeAll, describe, expect, it } from 'vitest';

import { inWords } from '../src/chain/failure.ts';
import { Look, explain, initSync } from '../src/wasm/bulkhead.js';

beforeAll(() => {
    initSync({ module: readFileSync(new URL('../src/wasm/bulkhead_bg.wasm', import.meta.url)) });
});

describe('the program’s words', () => {
    it('are found by code and in logs', () => {
        expect(explain([], 6000)).toBe("Only the protocol's admin may do this");
        const program = 'FkEYjjFvzHqYgJR2KpLeKGxaysAREtaYpTroxuJ3iLRq';
        const logs = [`Program ${program} invoke [1]`, `Program ${program} failed: custom program error: 0x1771`];
        expect(explain(logs)).toBe("Only the position's owner may do this");
        expect(explain([], 4_000_000)).toBeUndefined();
    });
    it('refuse bytes that are no market', () => {
        expect(() => new Look(new Uint8Array(20), '', '', new Uint8Array(), 0n, false)).toThrow(/not a Market/);
    });
});

describe('a failure', () => {
    const title = (message: string, name = 'Error') => inWords(Object.assign(new Error(message), { name })).title;
    it('is told apart', () => {
        expect(title('User rejected the request.')).toBe('Declined');
        expect(title('Failed to fetch', 'TypeError')).toBe('No connection');
        expect(title('Blockhash not found')).toBe('Expired');
        expect(title('Transfer: insufficient lamports 0, need 5')).toBe('Not enough SOL');
        expect(title('custom program error: 0x1771')).toBe('The program refused');
        expect(title('custom program error: 0xbbf')).toBe('Gone');
        expect(title('something else')).toBe('It failed');
    });
});
