/** What the browser tests run against: a local chain, the built page, and a browser. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';

import { install, type TestWallet } from './wallet.ts';

const app = resolve(import.meta.dirname, '..');
const root = resolve(app, '..');

export interface Localnet {
    rpcUrl: string;
    wsUrl: string;
    wallets: Record<string, { address: string; keypair: string }>;
    markets: { symbol: string; market: string }[];
}

export interface World {
    net: Localnet;
    url: string;
    wallet: TestWallet;
    browser: Browser;
    /** Types a command of the local chain. */
    tell(command: string): void;
    context(width: number, height: number): Promise<BrowserContext>;
    end(): Promise<void>;
}

function localnetBinary(): string {
    const target = process.env['CARGO_TARGET_DIR'] ?? join(root, 'target');
    const path = process.env['BULKHEAD_LOCALNET'] ?? join(target, 'debug/bulkhead-localnet');
    if (!existsSync(path)) {
        throw new Error(
            `${path} is missing. Build it: cargo build --locked -p bulkhead-localnet, and the program: cargo xtask build`,
        );
    }
    return path;
}

async function startChain(state: string): Promise<ChildProcess> {
    const options = [
        '--rpc-port',
        '0',
        '--ws-port',
        '0',
        '--state',
        state,
        '--markets',
        join(root, 'migrations/markets'),
        '--no-attendant',
        '--hold-prices',
    ];
    const chain = spawn(localnetBinary(), options, { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise<void>((ready, failed) => {
        chain.once('exit', (code) => failed(new Error(`the local chain ended with ${code}`)));
        chain.stdout?.on('data', (text: Buffer) => {
            if (process.env['E2E_LOUD']) process.stdout.write(text);
            if (/Ctrl-C|Commands|status/i.test(text.toString())) ready();
        });
        setTimeout(ready, 8_000);
    });
    return chain;
}

export async function start(): Promise<World> {
    const state = mkdtempSync(join(tmpdir(), 'bulkhead-e2e-'));
    const chain = await startChain(state);
    const shown = JSON.parse(readFileSync(join(state, 'localnet.json'), 'utf8')) as Localnet;
    const user = shown.wallets['user'];
    if (!user) throw new Error('the local chain has no wallet for the user');
    const wallet = { address: user.address, keypair: JSON.parse(readFileSync(user.keypair, 'utf8')) as number[] };
    await build({ root: app, logLevel: 'warn' });
    const server: PreviewServer = await preview({
        root: app,
        preview: { host: '127.0.0.1', port: 0 },
        logLevel: 'warn',
    });
    const page = server.resolvedUrls?.local[0];
    if (!page) throw new Error('the page is not served');
    const browser = await chromium.launch({
        executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
        ],
    });
    const url = `${page}?rpc=${encodeURIComponent(shown.rpcUrl)}&ws=${encodeURIComponent(shown.wsUrl)}`;
    return {
        net: shown,
        url,
        wallet,
        browser,
        tell: (command) => chain.stdin?.write(`${command}\n`),
        context: async (width, height) => {
            const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB' });
            // The runner's compiler puts this around named functions, and the page does not have it.
            await context.addInitScript('globalThis.__name = (one) => one');
            await context.addInitScript(install, wallet);
            return context;
        },
        end: async () => {
            await browser.close();
            await server.close();
            chain.removeAllListeners('exit');
            chain.kill('SIGINT');
            rmSync(state, { recursive: true, force: true });
        },
    };
}
