import { describe, expect, it } from 'vitest';

import { decimal, duration, parseAmount, percent, price, size, typed, usd, usdShort } from '../src/format.ts';

describe('decimal', () => {
    it('rounds half away from zero and separates thousands', () => {
        expect(decimal(1_234_567_895n, 6, { digits: 2 })).toBe('1,234.57');
        expect(decimal(5n, 1, { digits: 0 })).toBe('1');
        expect(decimal(-5n, 1, { digits: 0 })).toBe('−1');
    });
    it('shows no sign before a zero', () => {
        expect(decimal(-4n, 3, { digits: 2, sign: true })).toBe('0.00');
        expect(decimal(40n, 3, { digits: 2, sign: true })).toBe('+0.04');
    });
    it('is exact beyond what a floating point number holds', () => {
        expect(decimal(18_446_744_073_709_551_615n, 6, { digits: 6 })).toBe('18,446,744,073,709.551615');
    });
});

describe('amounts', () => {
    it('go in as they come out', () => {
        for (const atoms of [0n, 1n, 10n, 123_456_789n, 18_446_744_073_709_551_615n]) {
            expect(parseAmount(typed(atoms, 6), 6)).toBe(atoms);
        }
    });
    it('are refused where they are none', () => {
        for (const text of ['', '.', '-1', '1e3', '1.2345678', '99999999999999999999', 'x']) {
            expect(parseAmount(text, 6)).toBeNull();
        }
    });
    it('are shown in their units', () => {
        expect(usd(1_500_000n, 6)).toBe('1.50');
        expect(usdShort(20_000_000_000_000n, 6)).toBe('20.00M');
        expect(price(60_024_000_000_000_000n)).toBe('60,024.0');
        expect(percent(47_400)).toBe('4.74 %');
        expect(size(1_500_000_000n, 9)).toBe('1.5');
        expect(duration(3_700)).toBe('1 h 1 min');
    });
});
