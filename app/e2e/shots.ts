/** Screenshots of every page, where E2E_SHOTS names a folder for them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { pause, type User } from './check.ts';

export const PAGES = ['trade', 'positions', 'market', 'liquidity', 'keep', 'what-if'];
export const SHOTS = process.env['E2E_SHOTS'];

export async function shoot(user: User, when: string, pages: readonly string[] = PAGES): Promise<void> {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    const { page } = user;
    for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        for (const [name, width, height] of [
            ['desktop', 1280, 900],
            ['phone', 390, 844],
        ] as const) {
            await page.setViewportSize({ width, height });
            for (const path of pages) {
                await user.go(path);
                await pause(900);
                await page.screenshot({ path: join(SHOTS, `${when}-${path}-${name}-${scheme}.png`), fullPage: true });
            }
        }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
}
