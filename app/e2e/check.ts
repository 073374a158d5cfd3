/** Running the tests one after another, and waiting for what a page says. */
import type { Locator, Page } from 'playwright-core';

export const results = { passed: 0, failures: [] as string[] };

export async function test(name: string, body: () => Promise<void>): Promise<void> {
    const only = process.env['E2E_ONLY'];
    if (only && !new RegExp(only).test(name)) return;
    const began = Date.now();
    try {
        await body();
        results.passed++;
        console.log(`ok   ${name} (${Date.now() - began} ms)`);
    } catch (error) {
        results.failures.push(name);
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        console.log(`FAIL ${name} (${Date.now() - began} ms)\n     ${words.split('\n').slice(0, 12).join('\n     ')}`);
    }
}

export function require(holds: boolean, words: string): asserts holds {
    if (!holds) throw new Error(words);
}

export const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** Asks until the answer is not null. */
export async function until<T>(what: string, ask: () => Promise<T | null>, timeout = 20_000): Promise<T> {
    const end = Date.now() + timeout;
    for (;;) {
        const answer = await ask();
        if (answer !== null) return answer;
        if (Date.now() > end) throw new Error(`it did not come to this: ${what}`);
        await pause(100);
    }
}

export async function text(locator: Locator): Promise<string> {
    return (
        (await locator
            .first()
            .textContent({ timeout: 1_000 })
            .catch(() => null)) ?? ''
    );
}

/** Waits until the first of what is located says something like this. */
export async function says(locator: Locator, pattern: RegExp, timeout = 20_000): Promise<string> {
    let seen = '';
    try {
        return await until(
            String(pattern),
            async () => {
                seen = await text(locator);
                return pattern.test(seen) ? seen : null;
            },
            timeout,
        );
    } catch {
        throw new Error(`it says ${JSON.stringify(seen.slice(0, 300))}, not ${pattern}`);
    }
}

/** Hands on a page. */
export class User {
    readonly page: Page;
    /** Errors in the page, and addresses asked for that are not this machine's. */
    readonly complaints: string[] = [];

    constructor(page: Page) {
        this.page = page;
        page.setDefaultTimeout(8_000);
        page.on('pageerror', (error) => this.complaints.push(error.message));
        page.on('request', (request) => {
            if (!/^(https?|wss?):\/\/127\.0\.0\.1[:/]|^data:|^blob:/.test(request.url())) {
                this.complaints.push(`asks ${request.url()}`);
            }
        });
    }

    get notices(): Locator {
        return this.page.locator('.notices');
    }

    button(name: string | RegExp, within: Page | Locator = this.page): Locator {
        return within.getByRole('button', { name });
    }

    position(id: number): Locator {
        return this.page.getByTestId(`position-${id}`);
    }

    async go(path: string): Promise<void> {
        await this.page.locator(`nav a[href="#/${path}"]`).click();
    }

    async connect(): Promise<void> {
        await this.page.getByRole('button', { name: 'Connect', exact: true }).click();
        await this.button(/Test wallet/).click();
        await says(this.page.locator('.top-right'), /connected/);
    }

    /** Waits for the end of an act, and clears its notice away. */
    async done(pattern = /Confirmed/): Promise<void> {
        await says(this.notices, pattern);
        await this.clear();
    }

    async clear(): Promise<void> {
        for (let tries = 0; tries < 10; tries++) {
            const close = this.button(/^Dismiss/, this.notices).first();
            if ((await close.count()) === 0) return;
            await close.click({ timeout: 1_000 }).catch(() => undefined);
        }
    }

    /** Opens one of a position's forms. */
    async form(id: number, name: string): Promise<Locator> {
        const position = this.position(id);
        const button = position.locator('.actions').first().getByRole('button', { name, exact: true });
        if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
        return position.locator('form');
    }

    /** Presses a keeper's button once it can be pressed. */
    async keep(button: string, what = 'SOL'): Promise<void> {
        if (!this.page.url().endsWith('#/keep')) await this.go('keep');
        const one = this.page.locator(`button[aria-label^="${button}: ${what}"]:enabled`).first();
        // What was closed since may stand in the list for some seconds: it is said to be gone, and is not there next time.
        for (let tries = 0; tries < 3; tries++) {
            await one.click({ timeout: 20_000 });
            const said = await says(this.notices, /Confirmed|not there any more/);
            await this.clear();
            if (/Confirmed/.test(said)) return;
        }
        throw new Error(`${button}: what is listed is gone, three times`);
    }
}
