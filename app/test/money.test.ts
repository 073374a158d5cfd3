import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const SRC = new URL('../src', import.meta.url).pathname;
/** An amount, price, rate or number of shares beside an operator of arithmetic. */
const NAME = String.raw`\b\w*(?:Atoms|E12|E9|E18|Ppm|[lL]amports|[sS]hares)\b`;
const MONEY_MATH = [
    new RegExp(String.raw`${NAME}\)?\s*(?:[-*]|\+(?!\+)|\/(?!\/|>))\s*[\w(]`),
    new RegExp(String.raw`[\w)]\s*[-+*/]\s*[\w.]*${NAME}`),
];
/** They place pixels and feed charts, which draw floating point. */
const DRAWS = ['parts/Gauge.tsx', 'state/path.ts', 'pages/Liquidity.tsx: width'];

function sources(): [string, string][] {
    return readdirSync(SRC, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.endsWith('wasm'))
        .map((entry) => {
            const path = join(entry.parentPath, entry.name);
            return [path.slice(SRC.length + 1), readFileSync(path, 'utf8')];
        });
}

function found(text: string): string[] {
    // Neither text for people nor imports compute; JSX shows two values with a sign between them.
    const code = text
        .replace(/\/\*\*?[\s\S]*?\*\/|\/\/.*$/gm, '')
        .replace(/'[^'\n]*'/g, "''")
        .replace(/\} [-+/] \{/g, '} {');
    return code.split('\n').filter((line) => MONEY_MATH.some((pattern) => pattern.test(line)));
}

describe('money', () => {
    it('is computed by the compiled arithmetic alone', () => {
        const lines = sources().flatMap(([path, text]) => found(text).map((line) => `${path}: ${line.trim()}`));
        const own = lines.filter(
            (line) =>
                !DRAWS.some(
                    (allowed) =>
                        line.startsWith(allowed.split(': ')[0] ?? '') && line.includes(allowed.split(': ')[1] ?? ''),
                ),
        );
        expect(own).toEqual([]);
    });
    it('would be found', () => {
        expect(found('const left = view.poolAtoms - view.reservedAtoms;')).toHaveLength(1);
        expect(found('const worth = size * quote.fillPriceE12;')).toHaveLength(1);
        expect(found('<Row>{dollars(view.pnlLongAtoms)} / {dollars(view.pnlShortAtoms)}</Row>')).toHaveLength(0);
    });
});
