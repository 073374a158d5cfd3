/** What the browser tests run against: a local chain, the served page, a network that can be cut, and a browser. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { build } from 'vite';

import { serve } from '../serve.mjs';
import { cuttable, type Cuttable } from './network.ts';
import { install, type TestWallet } from './wallet.ts';

const app = resolve(import.meta.dirname, '..');
const root = resolve(app, '..');

export interface Localnet {
    rpcUrl: string;
    wsUrl: string;
    wallets: Record<string, { address: string; keypair: string }>;
    markets: { symbol: string; market: string; price: string }[];
}

export interface ContextOptions {
    width?: number;
    height?: number;
    dark?: boolean;
    /** Another wallet than the user's; null for none. */
    wallet?: TestWallet | null;
}

export interface World {
    net: Localnet;
    url: string;
    browser: Browser;
    wallet(name: string): TestWallet;
    /** Types a command of the local chain. */
    tell(command: string): void;
    /** Cuts every connection between page and chain, and refuses new ones, until it is mended. */
    cut(): void;
    mend(): void;
    context(options?: ContextOptions): Promise<BrowserContext>;
    end(): Promise<void>;
}

function localnetBinary(): string {
    const target = process.env['CARGO_TARGET_DIR'] ?? join(root, 'target');
    const path = process.env['BULKHEAD_LOCALNET'] ?? join(target, 'debug/bulkhead-localnet');
    if (!existsSync(path)) {
        throw new Error(
            `${path} is missing. Build it: cargo build --locked --workspace --exclude xtask --bin bulkhead-localnet, and the program: cargo xtask build`,
        );
    }
    return path;
}

async function startChain(state: string, more: string[]): Promise<ChildProcess> {
    const program = process.env['BULKHEAD_SO'] ?? join(root, 'target/deploy/bulkhead.so');
    const options = ['--rpc-port', '0', '--ws-port', '0', '--state', state, '--hold-prices', '--no-attendant'];
    const chain = spawn(localnetBinary(), [...options, '--markets', join(root, 'migrations/markets'), ...more], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, BULKHEAD_SO: program },
    });
    // Nothing outlives the tests, however they end.
    process.once('exit', () => chain.kill('SIGKILL'));
    await new Promise<void>((ready, failed) => {
        const late = setTimeout(() => failed(new Error('the local chain does not start')), 60_000);
        chain.once('exit', (code) => failed(new Error(`the local chain ended with ${code}`)));
        chain.stdout?.on('data', (text: Buffer) => {
            if (process.env['E2E_LOUD']) process.stdout.write(text);
            if (!existsSync(join(state, 'localnet.json'))) return;
            clearTimeout(late);
            ready();
        });
    });
    return chain;
}

const BROWSER_FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

let isBuilt = false;

/** `more` are options of the local chain. */
export async function start(more: string[] = []): Promise<World> {
    const state = mkdtempSync(join(tmpdir(), 'bulkhead-e2e-'));
    const chain = await startChain(state, more);
    const net = JSON.parse(readFileSync(join(state, 'localnet.json'), 'utf8')) as Localnet;
    const wallet = (name: string): TestWallet => {
        const found = net.wallets[name];
        if (!found) throw new Error(`the local chain has no wallet ${name}`);
        return { address: found.address, keypair: JSON.parse(readFileSync(found.keypair, 'utf8')) as number[] };
    };
    if (!isBuilt) await build({ root: app, logLevel: 'warn' });
    isBuilt = true;
    const server = await serve({ folder: join(app, 'dist') });
    const wires: Cuttable[] = [await cuttable(net.rpcUrl), await cuttable(net.wsUrl)];
    const [rpc, ws] = wires.map((wire) => wire.port);
    const browser = await chromium.launch({
        executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
        args: BROWSER_FLAGS,
    });
    const query = `rpc=${encodeURIComponent(`http://127.0.0.1:${rpc}`)}&ws=${encodeURIComponent(`ws://127.0.0.1:${ws}`)}`;
    return {
        net,
        url: `${server.url}?${query}`,
        browser,
        wallet,
        tell: (command) => chain.stdin?.write(`${command}\n`),
        cut: () => wires.forEach((wire) => wire.cut()),
        mend: () => wires.forEach((wire) => wire.mend()),
        context: async ({ width = 1280, height = 900, dark = false, wallet: own } = {}) => {
            const context = await browser.newContext({
                viewport: { width, height },
                locale: 'en-GB',
                colorScheme: dark ? 'dark' : 'light',
            });
            // The runner's compiler puts this around named functions, and the page does not have it.
            await context.addInitScript('globalThis.__name = (one) => one');
            if (own !== null) await context.addInitScript(install, own ?? wallet('user'));
            return context;
        },
        end: async () => {
            await browser.close();
            server.close();
            for (const wire of wires) wire.close();
            chain.removeAllListeners('exit');
            const ended = new Promise((resume) => chain.once('exit', resume));
            chain.kill('SIGINT');
            const late = setTimeout(() => {
                console.log('the local chain did not end when it was asked to');
                chain.kill('SIGKILL');
            }, 20_000);
            await ended;
            clearTimeout(late);
            rmSync(state, { recursive: true, force: true });
        },
    };
}
