/** How fast it is: first paint, what is loaded for it, and how soon the ticket answers while a hundred positions stream. */
import {
    fetchMarket,
    getAddCollateralInstruction,
    getPositionDecoder,
    BULKHEAD_PROGRAM_ADDRESS,
    POSITION_DISCRIMINATOR,
    type Market,
} from '@bulkhead/client';
import { getBase58Decoder, getBase64Encoder, type Address, type Base58EncodedBytes } from '@solana/kit';
import { findAssociatedTokenPda } from '@solana-program/token';

import { Chain } from './chain.ts';
import { User, pause, require, says, test, until } from './check.ts';
import type { World } from './world.ts';

const POSITIONS = 100;
const PAINT_MS = 1_500;
const INTERACTION_MS = 200;
const FIRST_PAGE_BYTES = 200_000;

interface Open {
    address: Address;
    vault: Address;
}

async function openPositions(chain: Chain): Promise<Open[]> {
    const market = await chain.market();
    const bytes = getBase58Decoder().decode(POSITION_DISCRIMINATOR) as Base58EncodedBytes;
    const accounts = await chain.rpc
        .getProgramAccounts(BULKHEAD_PROGRAM_ADDRESS, {
            encoding: 'base64',
            commitment: 'confirmed',
            filters: [{ memcmp: { offset: 0n, bytes, encoding: 'base58' } }],
        })
        .send();
    return accounts.flatMap(({ pubkey, account }) => {
        const position = getPositionDecoder().decode(getBase64Encoder().encode(account.data[0]));
        return position.status === 1 && position.market === market ? [{ address: pubkey, vault: position.vault }] : [];
    });
}

/** Changes one position after another, so that the page hears of each: an atom of collateral from a stranger. */
async function stream(chain: Chain, world: World, positions: Open[], isOver: () => boolean): Promise<number> {
    const from = await chain.signer(world.wallet('user'));
    const market = await chain.market();
    const { data }: { data: Market } = await fetchMarket(chain.rpc, market, { commitment: 'confirmed' });
    const { collateralMint, tokenProgram } = data;
    const [source] = await findAssociatedTokenPda({ owner: from.address, mint: collateralMint, tokenProgram });
    let changes = 0;
    let amountAtoms = 1n;
    while (!isOver()) {
        const five = Array.from({ length: 5 }, (_, place) => positions[(changes + place) % positions.length]);
        const instructions = five.flatMap((one) =>
            one
                ? [
                      getAddCollateralInstruction({
                          market,
                          collateralMint,
                          tokenProgram,
                          from,
                          position: one.address,
                          vault: one.vault,
                          source,
                          amountAtoms,
                      }),
                  ]
                : [],
        );
        await chain.send(from, instructions);
        changes += five.length;
        // Another amount is another transaction, also within the life of a blockhash.
        amountAtoms = (amountAtoms % 1_000n) + 1n;
    }
    return changes;
}

export async function speed(world: World): Promise<void> {
    const chain = new Chain(world);

    await test('the first page paints at once and is small', async () => {
        const { page } = new User(await (await world.context({ wallet: null })).newPage());
        await page.goto(world.url);
        await says(page.getByTestId('price'), /\d/);
        await page.locator('.chart canvas').first().waitFor();
        const seen = await page.evaluate(() => ({
            paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
            loaded: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                .map((entry) => entry as PerformanceResourceTiming)
                .filter(({ name }) => new URL(name).origin === location.origin)
                .map(({ name, encodedBodySize }) => ({ name: new URL(name).pathname, bytes: encodedBodySize })),
        }));
        const isChart = ({ name }: { name: string }) => /\/Chart-/.test(name);
        const sum = (files: { bytes: number }[]) => files.reduce((all, { bytes }) => all + bytes, 0);
        const first = sum(seen.loaded.filter((file) => !isChart(file)));
        const chart = sum(seen.loaded.filter(isChart));
        console.log(
            `     first contentful paint ${Math.round(seen.paint)} ms; first page ${first} bytes packed, the chart after it ${chart}`,
        );
        require(seen.paint < PAINT_MS, `first contentful paint after ${seen.paint} ms`);
        require(first > 0 && first < FIRST_PAGE_BYTES, `the first page has ${first} bytes`);
        await page.context().close();
    });
    await test(`the ticket answers while ${POSITIONS} positions stream`, async () => {
        const positions = await until(
            `${POSITIONS} positions`,
            async () => {
                const open = await openPositions(chain);
                return open.length >= POSITIONS ? open : null;
            },
            60_000,
        );
        const user = new User(await (await world.context()).newPage());
        const { page } = user;
        await page.goto(world.url);
        await says(page.getByTestId('price'), /\d/);
        await user.connect();
        await page.evaluate(() => {
            const took = new Map<number, number>();
            Object.assign(window, { took });
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries() as (PerformanceEventTiming & { interactionId: number })[]) {
                    if (entry.interactionId === 0) continue;
                    took.set(entry.interactionId, Math.max(took.get(entry.interactionId) ?? 0, entry.duration));
                }
            }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
        });
        let isOver = false;
        const streaming = stream(chain, world, positions, () => isOver);
        streaming.catch(() => undefined); // It is awaited below; until then its failure is not a crash.
        const began = Date.now();
        let interactions = 0;
        for (let round = 0; round < 6; round++) {
            await page.getByLabel('Collateral').fill('');
            for (const digit of '725') await page.keyboard.type(digit, { delay: 60 });
            interactions += 3;
            await user.button(round % 2 === 0 ? 'Short' : 'Long').click();
            const slider = page.getByRole('slider', { name: 'Leverage' });
            await slider.focus();
            for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight', { delay: 60 });
            interactions += 6;
            await pause(150);
        }
        const seconds = (Date.now() - began) / 1000;
        isOver = true;
        const changes = await streaming;
        const took = await page.evaluate(() => [...(window as unknown as { took: Map<number, number> }).took.values()]);
        const worst = Math.max(0, ...took);
        console.log(
            `     interaction to next paint ${worst} ms at worst of ${interactions}, with ${Math.round(changes / seconds)} changed positions a second`,
        );
        require(took.length > 0, 'no interaction was measured');
        require(worst < INTERACTION_MS, `an interaction took ${worst} ms`);
        require(changes > POSITIONS, `only ${changes} changes`);
        await page.context().close();
    });
}
