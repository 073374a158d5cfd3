/** What a trader, a provider of liquidity and a keeper do, from the first connection to the last withdrawal. */
import { getQueueChangeInstruction, findChange, findProtocolPda, fetchMarket, fetchProtocol } from '@bulkhead/client';

import { short } from '../src/format.ts';
import { pause, require, says, test, text, until, type User } from './check.ts';
import { faults } from './access.ts';
import { Chain } from './chain.ts';
import { SHOTS, shoot } from './shots.ts';
import { sameNumbers } from './views.ts';
import type { World } from './world.ts';

const FORMS = ['Add collateral', 'Remove', 'Close or stop', 'Increase', 'Top-up plan', 'Delegate', 'History'];

/** Digits of a number as the page writes it. */
export const number = (shown: string): number => Number(shown.replace(/[^\d.−-]/g, '').replace('−', '-'));

export async function journey(world: World, user: User, keeper: User): Promise<void> {
    const { page } = user;
    const chain = new Chain(world);
    const first = user.position(0);
    const status = () => text(first.getByTestId('status'));

    await test('the page shows a live price', async () => {
        await page.goto(world.url);
        await says(page.getByTestId('feed'), /Live/);
        await says(page.getByTestId('price'), /^150\.00$/);
    });
    await test('a wallet connects', () => user.connect());
    await test('somebody else connects, to keep', async () => {
        await keeper.page.goto(`${world.url}#/keep`);
        await keeper.connect();
    });
    await test('an order that the program would refuse is refused in its words', async () => {
        await page.getByRole('slider', { name: /^Leverage/ }).fill('2000');
        await says(page.getByTestId('refusal'), /margin/i);
        await page.getByLabel('Collateral').fill('99999999');
        await says(page.getByTestId('refusal'), /The wallet has only 10,000,000\.00/);
        await page.getByLabel('Collateral').fill('500');
        await page.getByRole('slider', { name: /^Leverage/ }).fill('500');
        await until('no refusal', async () => ((await page.getByTestId('refusal').count()) === 0 ? true : null));
    });
    await test('a wallet that declines is said to have declined, and another try goes through', async () => {
        await page.evaluate(() => Object.assign(window, { walletRejects: true }));
        await user.button('Long SOL').click();
        await says(user.notices, /You declined/);
        await page.evaluate(() => Object.assign(window, { walletRejects: false }));
        await user.button('Try again', user.notices).click();
        await user.done();
    });
    await test('a position opens once a keeper has filled its order by a click', async () => {
        await keeper.keep('Execute');
        await user.go('positions');
        await says(first.getByTestId('status'), /^open$/);
    });
    await test('it is seen live', async () => {
        const before = await text(first.getByTestId('equity'));
        world.tell('move SOL 1');
        await until('another equity', async () => ((await text(first.getByTestId('equity'))) === before ? null : true));
        world.tell('price SOL 150');
    });
    await test('collateral is added and some of it taken back', async () => {
        const add = await user.form(0, 'Add collateral');
        await add.getByLabel('Amount').fill('250');
        await user.button('Add collateral', add).click();
        await user.done();
        await says(first.locator('.vault'), /7[45]\d\.\d\d/);
        const remove = await user.form(0, 'Remove');
        await remove.getByLabel('Amount').fill('50');
        await says(remove, /Liquidation price after/);
        await user.button('Remove collateral', remove).click();
        await user.done();
        await says(first.locator('.vault'), /(69|70)\d\.\d\d/);
    });
    await test('a stop is placed on the ticket, a take-profit on the position', async () => {
        await user.go('trade');
        await user.button('Stop-loss').click();
        await page.getByLabel('Trigger price').fill('138');
        await says(page.getByRole('form', { name: 'Stop' }), /once the index is at 138\.00 or below/);
        await user.button('any').click();
        await user.button('Place stop-loss').click();
        await user.done();
        await user.go('positions');
        await says(first.getByTestId('order-1'), /Stop-loss of everything: waits for ≤ 138\.00/);
        const exit = await user.form(0, 'Close or stop');
        await user.button('Take-profit', exit).click();
        await exit.getByLabel('Trigger price').fill('180');
        await user.button('Place take-profit', exit).click();
        await user.done();
        await says(first.getByTestId('order-2'), /Take-profit of everything: waits for ≥ 180\.00/);
    });
    await test('every number on the page is what the view instructions return', () => sameNumbers(user, chain));
    await test('an order that waits is cancelled', async () => {
        await user.go('positions');
        await user.button('Cancel: Take-profit #2', first).click();
        await user.done();
        await until('one order', async () => ((await first.getByTestId('order-2').count()) === 0 ? true : null));
    });
    await test('a position is increased', async () => {
        const increase = await user.form(0, 'Increase');
        const before = await text(first.getByTestId('initial'));
        await increase.getByLabel('Size to add').fill('1');
        await says(increase, /Maintenance margin now/);
        await user.button('Increase', increase).click();
        await user.done();
        const order = first.getByTestId('order-3');
        await says(order, /Market increase 1: waits for a price that nobody knows yet/);
        await says(order, /Market increase 1: fills now/);
        await keeper.keep('Execute');
        await user.go('positions');
        await until('no order', async () => ((await order.count()) === 0 ? true : null));
        await until('more margin', async () => ((await text(first.getByTestId('initial'))) === before ? null : true));
    });
    await test('a delegate is set and removed', async () => {
        const form = await user.form(0, 'Delegate');
        const delegate = world.wallet('keeper').address;
        await form.getByLabel('Address').fill(delegate);
        await user.button('Set delegate', form).click();
        await user.done();
        await says(form, new RegExp(delegate));
        await user.button('Remove delegate', form).click();
        await user.done();
    });
    await test('its history tells of it', async () => {
        await user.form(0, 'History');
        await says(first.locator('.history'), /Added 250\.00/);
        await says(first.locator('.history'), /Stop-loss placed at 138\.00/);
    });
    await test('the what-if page runs a crash over every position', async () => {
        await user.go('what-if');
        await page.getByRole('slider', { name: /SOL moves by/ }).fill('-60');
        await says(page.locator('.versus'), /Isolated.*1 of 1 were liquidated.*Cross/);
        await user.go('positions');
    });
    await test('a feed that stops is shown as stale, and as live again', async () => {
        world.tell('pause');
        await says(page.getByTestId('feed'), /Stale/, 25_000);
        world.tell('resume');
        await says(page.getByTestId('feed'), /Live/, 25_000);
    });
    await test('every form of a position has names, is legible and fits', async () => {
        const wrong: string[] = [];
        for (const [width, scheme] of [
            [1280, 'light'],
            [390, 'dark'],
            [320, 'light'],
        ] as const) {
            await page.emulateMedia({ colorScheme: scheme });
            await page.setViewportSize({ width, height: 900 });
            for (const name of FORMS) {
                await user.form(0, name);
                await page.waitForTimeout(80);
                const found = await page.evaluate(faults);
                wrong.push(...found.map((one) => `${name} ${scheme} ${width}: ${one}`));
            }
        }
        await page.emulateMedia({ colorScheme: 'light' });
        await page.setViewportSize({ width: 1280, height: 900 });
        require(wrong.length === 0, wrong.join('\n     '));
    });
    await test('pages with an open position', async () => {
        if (!SHOTS) return;
        // A path worth looking at.
        for (let step = 0; step < 40; step++) {
            const price = 150 + 1.6 * Math.sin(step / 5) + 0.5 * Math.sin(step * 1.7);
            world.tell(`price SOL ${price.toFixed(2)}`);
            await pause(700);
        }
        await shoot(user, 'open');
        world.tell('price SOL 150');
    });
    await test('a plan tops the position up when its price comes', async () => {
        await user.go('positions');
        const plan = await user.form(0, 'Top-up plan');
        await plan.getByLabel('Each time').fill('200');
        await plan.getByRole('slider').fill('300');
        await user.button('Set the plan', plan).click();
        await user.done();
        await says(first.getByTestId('plan'), /200\.00 at a time, of 500\.00 left/);
        const price = number(await text(first.getByTestId('liquidation')));
        world.tell(`price SOL ${(price * 1.05).toFixed(2)}`);
        await keeper.keep('Top up');
        await user.go('positions');
        await user.form(0, 'History');
        await says(first.locator('.history'), /Topped up by 190\.00, 10\.00 to the keeper/);
        await user.form(0, 'Top-up plan');
        await user.button('Take the plan back', first).click();
        await user.done();
    });
    await test('a crash brings a margin call, and a keeper liquidates a part by two clicks', async () => {
        const size = async () => text(first.locator('.row', { hasText: 'Size' }).locator('dd'));
        const before = number(await size());
        const price = number(await text(first.getByTestId('liquidation')));
        world.tell(`price SOL ${(price * 0.995).toFixed(2)}`);
        await says(page.locator('.banner-warn'), /Margin call: SOL #0/);
        await shoot(user, 'margin-call', ['positions', 'keep']);
        const own = `SOL long ${short(await chain.position(0))}`;
        await keeper.keep('Flag', own);
        await keeper.keep('Liquidate', own);
        await user.go('positions');
        await until('a smaller size', async () => (number(await size()) < before ? true : null));
        require(number(await size()) > 0 && /^open/.test(await status()), 'nothing is left of it');
        await user.form(0, 'History');
        await says(first.locator('.history'), /Liquidated/);
    });
    await test('the stop closes the rest, and what is left is taken out', async () => {
        await keeper.keep('Trigger');
        await keeper.keep('Execute');
        await user.go('positions');
        await says(first.getByTestId('status'), /closed/);
        await user.button('Take everything out', first).click();
        await user.done();
        await until('no position', async () => ((await first.count()) === 0 ? true : null));
        world.tell('price SOL 150');
    });
    await test('a limit order waits, is cancelled, and its collateral comes back', async () => {
        await user.go('trade');
        await user.button('Open').click();
        await user.button('Limit').click();
        await page.getByRole('slider', { name: 'Leverage' }).fill('100');
        await page.getByLabel('Limit price').fill('120');
        await says(page.getByRole('form', { name: /ticket/ }), /at 120\.00 or below/);
        await user.button('Long SOL').click();
        await user.done();
        await user.go('positions');
        const second = user.position(1);
        await says(second.getByTestId('order-0'), /Limit increase .*waits for ≤ 120\.00/);
        await user.button(/^Cancel/, second).click();
        await user.done();
        await user.button('Take everything out', second).click();
        await user.done();
        await until('no position', async () => ((await second.count()) === 0 ? true : null));
    });
    await test('a deposit gives shares; they are withdrawn an hour later by a keeper’s click', async () => {
        await user.go('liquidity');
        await page.getByLabel('Amount to deposit').fill('1000');
        await user.button('Deposit').click();
        await user.done();
        await says(page.getByTestId('shares'), /^9\d\d\.\d\d$|^1,000\.\d\d$/);
        await page.getByLabel('Shares to withdraw').fill('400');
        await user.button('Request').click();
        await user.done();
        await says(page.getByTestId('withdrawal-0'), /400\.00 shares.*can be paid from/);
        await user.button('Call back').click();
        await user.done();
        await says(page.getByTestId('shares'), /^9\d\d\.\d\d$|^1,000\.\d\d$/);
        await user.button('All of them').click();
        await user.button('Request').click();
        await user.done();
        await says(page.getByTestId('withdrawal-1'), /can be paid from/);
        await shoot(user, 'withdrawal', ['liquidity']);
        world.tell('travel 3601');
        await keeper.keep('Pay out');
        await user.go('liquidity');
        await says(page.getByTestId('shares'), /^0\.00$/);
        await says(page.locator('.history'), /Out:/);
    });
    await test('a queued change is shown with what it would set', async () => {
        const market = await chain.market();
        const [protocol] = await findProtocolPda();
        const { data } = await fetchMarket(chain.rpc, market, { commitment: 'confirmed' });
        const { nextChange: nonce } = (await fetchProtocol(chain.rpc, protocol, { commitment: 'confirmed' })).data;
        const admin = await chain.signer(world.wallet('admin'));
        const change = await findChange(protocol, nonce);
        const params = { ...data.params, tradeFeePpm: 700 };
        const definition = { __kind: 'MarketParams' as const, fields: [params] as const };
        const instruction = getQueueChangeInstruction({ admin, protocol, market, change, nonce, definition });
        await chain.send(admin, [instruction]);
        await user.go('market');
        await says(page.getByTestId('pending'), /trade fee.*0\.06 % → 0\.07 %/);
        await shoot(user, 'pending', ['market']);
    });
    await test('nothing went wrong in the page, and it asked nobody but this machine', async () => {
        const complaints = [...user.complaints, ...keeper.complaints];
        require(complaints.length === 0, complaints.join('; '));
    });
}
