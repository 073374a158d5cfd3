/** The browser tests: what a trader, a provider of liquidity and a keeper do, in Chromium against a local chain. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Locator, Page } from 'playwright-core';

import { start } from './world.ts';

const SHOTS = process.env['E2E_SHOTS'];
const PAGES = ['trade', 'positions', 'market', 'liquidity', 'keep', 'what-if'];

let passed = 0;
const failures: string[] = [];

async function test(name: string, body: () => Promise<void>): Promise<void> {
    const began = Date.now();
    try {
        await body();
        passed++;
        console.log(`ok   ${name} (${Date.now() - began} ms)`);
    } catch (error) {
        failures.push(name);
        console.log(
            `FAIL ${name}\n     ${error instanceof Error ? error.message.split('\n').slice(0, 6).join('\n     ') : error}`,
        );
    }
}

async function says(locator: Locator, pattern: RegExp, timeout = 20_000): Promise<string> {
    const until = Date.now() + timeout;
    let text = '';
    while (Date.now() < until) {
        text =
            (await locator
                .first()
                .textContent({ timeout: 1_000 })
                .catch(() => null)) ?? '';
        if (pattern.test(text)) return text;
        await new Promise((resume) => setTimeout(resume, 150));
    }
    throw new Error(`it says ${JSON.stringify(text)}, not ${pattern}`);
}

const world = await start();
const context = await world.context(1360, 900);
const page = await context.newPage();
page.setDefaultTimeout(8_000);
const complaints: string[] = [];
page.on('pageerror', (error) => complaints.push(error.message));
page.on('request', (request) => {
    if (!/^(http|ws):\/\/127\.0\.0\.1|^data:|^blob:/.test(request.url())) complaints.push(`asks ${request.url()}`);
});

const go = (path: string) => page.locator(`nav a[href="#/${path}"]`).click();
const button = (name: string | RegExp, within: Page | Locator = page) => within.getByRole('button', { name });
const position = page.getByTestId('position-0');
const notices = page.locator('.notices');

/** Lets the wallet fill the waiting order on the keeper's page, once its price is there. */
async function fillAsKeeper(): Promise<void> {
    await go('keep');
    const execute = page.locator('button[aria-label^="Execute: SOL"]').first();
    await execute.waitFor({ timeout: 10_000 });
    for (let tries = 0; tries < 40 && !(await execute.isEnabled()); tries++) await page.waitForTimeout(500);
    await execute.click();
    await says(notices, /Confirmed/);
}

await test('the page shows a live price', async () => {
    await page.goto(world.url);
    await says(page.getByTestId('feed'), /Live/);
    await says(page.getByTestId('price'), /\d/);
});
await test('a wallet connects', async () => {
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await button(/Test wallet/).click();
    await says(page.locator('.top-right'), /connected/);
});
await test('an order that the program would refuse is refused in its words', async () => {
    await page.getByLabel('Size').fill('100000');
    await says(page.getByTestId('refusal'), /margin|pool|cap|interest|price/i);
    await page.getByRole('slider', { name: /^Leverage/ }).fill('500');
});
await test('a wallet that declines is said to have declined', async () => {
    await page.evaluate(() => Object.assign(window, { walletRejects: true }));
    await button('Long SOL').click();
    await says(notices, /You declined/);
    await page.evaluate(() => Object.assign(window, { walletRejects: false }));
    await button(/Dismiss/)
        .first()
        .click();
});
await test('a position opens, filled by a click of a keeper', async () => {
    await button('Long SOL').click();
    await says(notices, /Confirmed/);
    await fillAsKeeper();
    await go('positions');
    await says(position.getByTestId('status'), /open/);
});
await test('it is seen live', async () => {
    const before = await position.getByTestId('equity').textContent();
    world.tell('move SOL 1');
    await says(position.getByTestId('equity'), new RegExp(`^(?!${before?.replace(/[.]/g, '\\.')}$).+`));
});
await test('collateral is added', async () => {
    await button('Add collateral', position).first().click();
    await position.getByLabel('Amount').fill('250');
    await position.locator('form').getByRole('button', { name: 'Add collateral' }).click();
    await says(position.locator('.vault'), /7[45]\d\.\d\d/);
});
await test('its history tells of it', async () => {
    await button('History', position).click();
    await says(position.locator('.history'), /Added 250\.00/);
});
await test('a feed that stops is shown as stale, and as live again', async () => {
    world.tell('pause');
    await says(page.getByTestId('feed'), /Stale/, 25_000);
    world.tell('resume');
    await says(page.getByTestId('feed'), /Live/, 25_000);
});
await test('pages with an open position', () => shoot('open'));
await test('a crash brings a margin call and a keeper liquidates by two clicks', async () => {
    world.tell('move SOL -28');
    await says(page.locator('.banner-warn'), /Margin call: SOL/);
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'margin-call.png') });
    await go('keep');
    const own = page.locator('li', { hasText: /below|first sighting|unconfirmed|insolvent/ });
    await own.first().waitFor({ timeout: 15_000 });
    if (SHOTS) await page.screenshot({ path: join(SHOTS, 'duty.png') });
    for (let tries = 0; tries < 60; tries++) {
        const next = page
            .locator('button[aria-label^="Flag: SOL long"]:enabled, button[aria-label^="Liquidate: SOL long"]:enabled')
            .first();
        if ((await next.count()) > 0) await next.click().catch(() => undefined);
        await page.waitForTimeout(700);
        if (
            (await page
                .locator('button[aria-label^="Flag: SOL long"], button[aria-label^="Liquidate: SOL long"]')
                .count()) === 0
        )
            break;
    }
    await go('positions');
    await button('History', position).click();
    await says(position.locator('.history'), /Liquidated/);
});
await test('what is left is closed and taken out', async () => {
    const status = await position.getByTestId('status').textContent();
    if (/open/.test(status ?? '')) {
        await button('Close', position).first().click();
        await button('Close all of it', position).click();
        await says(notices, /Confirmed/);
        await fillAsKeeper();
        await go('positions');
        await says(position.getByTestId('status'), /closed/);
    }
    await button('Take everything out', position).click();
    await position.waitFor({ state: 'detached', timeout: 20_000 });
});
await test('a deposit into the pool gives shares', async () => {
    await go('liquidity');
    await page.getByLabel('Amount').fill('1000');
    await page.locator('form').getByRole('button', { name: 'Deposit' }).click();
    await says(page.getByTestId('shares'), /^[1-9][\d,]*\.\d\d$/);
});
await test('every page can be reached, at phone width too, without an error', async () => {
    if (SHOTS) await shoot('end');
    else for (const path of PAGES) await go(path);
    if (complaints.length > 0) throw new Error(complaints.join('; '));
});
await test('first paint is quick', async () => {
    const fresh = await (await world.context(1360, 900)).newPage();
    await fresh.goto(world.url);
    await says(fresh.getByTestId('price'), /\d/);
    const paint = await fresh.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
    console.log(`     first contentful paint ${Math.round(paint)} ms`);
    if (paint > 1_500) throw new Error(`first contentful paint after ${paint} ms`);
});

async function shoot(when: string): Promise<void> {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    for (const [name, width, height] of [
        ['desktop', 1360, 900],
        ['phone', 390, 844],
    ] as const) {
        await page.setViewportSize({ width, height });
        for (const path of PAGES) {
            await go(path);
            await page.waitForTimeout(900);
            await page.screenshot({ path: join(SHOTS, `${when}-${path}-${name}.png`), fullPage: true });
        }
    }
    await page.setViewportSize({ width: 1360, height: 900 });
    await go('positions');
}

await world.end();
for (const name of failures) console.log(`failed: ${name}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
