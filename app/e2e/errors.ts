/** What goes wrong between a page and a chain: each has its message and a way on. */
import type { Route } from 'playwright-core';

import { User, pause, says, test, until } from './check.ts';
import type { TestWallet } from './wallet.ts';
import type { World } from './world.ts';

interface Call {
    id: unknown;
    method: string;
}

/** Answers one kind of call itself until it is released; the others go on, to an earlier intercept or to the chain. */
async function intercept(
    user: User,
    method: string,
    answer: (call: Call) => Record<string, unknown> | null,
): Promise<() => Promise<void>> {
    const pattern = (url: URL) => url.port !== '' && url.pathname === '/' && url.search === '';
    const handler = async (route: Route) => {
        const body = route.request().postData();
        const call = body ? (JSON.parse(body) as Call) : null;
        const own = call?.method === method ? answer(call) : null;
        if (!own || !call) return route.fallback();
        const headers = { 'access-control-allow-origin': '*' };
        return route.fulfill({ json: { jsonrpc: '2.0', id: call.id, ...own }, headers });
    };
    await user.page.route(pattern, handler);
    return () => user.page.unroute(pattern, handler);
}

/** A wallet that nobody has ever sent anything. */
async function strangersWallet(): Promise<TestWallet> {
    const { privateKey, publicKey } = (await crypto.subtle.generateKey('Ed25519', true, [
        'sign',
        'verify',
    ])) as CryptoKeyPair;
    const seed = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey)).slice(-32);
    const key = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey));
    const { getAddressDecoder } = await import('@solana/kit');
    return { address: getAddressDecoder().decode(key), keypair: [...seed, ...key] };
}

/** A minute that nobody has sampled: there is something to do. The page reads the chain's clock every five seconds. */
async function minuteLater(world: World): Promise<void> {
    world.tell('travel 61');
    await pause(5_500);
}

/** Presses the button that is always there for a keeper. */
async function press(user: User): Promise<void> {
    await user.clear();
    await user.page.locator('button[aria-label^="Update: SOL"]:enabled').click({ timeout: 15_000 });
}

export async function errors(world: World): Promise<void> {
    const user = new User(await (await world.context()).newPage());
    const { page } = user;

    await test('a wallet without SOL is told so, and to get some', async () => {
        const poor = new User(await (await world.context({ wallet: await strangersWallet() })).newPage());
        await poor.page.goto(`${world.url}#/trade`);
        await poor.connect();
        await says(poor.page.locator('.ticket'), /The wallet has no SOL for fees and rent\. Send it some/);
        await poor.go('keep');
        await minuteLater(world);
        await press(poor);
        await says(poor.notices, /Not enough SOL.*Send some SOL to the wallet/);
        await poor.page.close();
    });
    await test('a blockhash that has expired is named, and another try goes through', async () => {
        await page.goto(`${world.url}#/keep`);
        await user.connect();
        // The chain itself refuses it: it has never known this one.
        const context = { slot: 1 };
        const value = { blockhash: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi', lastValidBlockHeight: 1 };
        const release = await intercept(user, 'getLatestBlockhash', () => ({ result: { context, value } }));
        try {
            await minuteLater(world);
            await press(user);
            await says(user.notices, /Expired.*can no longer land.*Try again/);
        } finally {
            await release();
        }
        await user.button('Try again', user.notices).click();
        await says(user.notices, /Confirmed/);
    });
    await test('a transaction that never lands is given up when it no longer can', async () => {
        const signature = '5'.repeat(87);
        const dropped = await intercept(user, 'sendTransaction', () => ({ result: signature }));
        const late = await intercept(user, 'getBlockHeight', () => ({ result: 9_000_000_000 }));
        try {
            await minuteLater(world);
            await press(user);
            await says(user.notices, /Expired.*Nothing has happened/);
        } finally {
            await dropped();
            await late();
        }
    });
    await test('a network that drops is seen, said, and recovered from', async () => {
        await minuteLater(world);
        await until('a duty', async () =>
            (await page.locator('button[aria-label^="Update: SOL"]:enabled').count()) > 0 ? true : null,
        );
        world.cut();
        await press(user);
        await says(user.notices, /No connection.*Check the connection/);
        await says(page.getByTestId('feed'), /Stale/);
        world.mend();
        await says(page.getByTestId('feed'), /Live/);
        await user.button('Try again', user.notices).click();
        await says(user.notices, /Confirmed|refused/);
    });
    await test('a node that answers with an error of the program is quoted in the program’s words', async () => {
        await user.clear();
        const error = {
            code: -32002,
            message: 'Transaction simulation failed',
            data: { err: { InstructionError: [0, { Custom: 6001 }] }, logs: [], unitsConsumed: 0 },
        };
        const release = await intercept(user, 'sendTransaction', () => ({ error }));
        try {
            await minuteLater(world);
            await press(user);
            await says(user.notices, /The program refused.*Only the position's owner may do this/);
        } finally {
            await release();
        }
    });
    await page.context().close();
}
