/** Keyboard, labels, contrast, width: the page for people who do not see it or do not use a mouse. */
import type { Page } from 'playwright-core';

import { User, require, says, test, text, until } from './check.ts';
import { PAGES } from './shots.ts';
import type { World } from './world.ts';

/** Runs in the page: what a screen reader could not say, and what cannot be read. */
export function faults(): string[] {
    const found: string[] = [];
    const label = (element: Element) => element.outerHTML.slice(0, 110);
    const isShown = (element: Element) => {
        const box = element.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== 'hidden';
    };
    const named = (element: Element): string => {
        const by = element.getAttribute('aria-labelledby');
        const own = element.getAttribute('aria-label') ?? (by && document.getElementById(by)?.textContent);
        const labels = (element as HTMLInputElement).labels;
        const around = labels ? [...labels].map((one) => one.textContent).join(' ') : '';
        return (
            own ||
            around ||
            element.textContent ||
            element.getAttribute('alt') ||
            element.getAttribute('title') ||
            ''
        ).trim();
    };
    for (const element of document.querySelectorAll('a, button, input, select, textarea, [role=img], svg[role]')) {
        if (isShown(element) && !named(element)) found.push(`without a name: ${label(element)}`);
    }
    for (const image of document.querySelectorAll('img')) {
        if (!image.hasAttribute('alt')) found.push(`without alt: ${label(image)}`);
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of ids.filter((one, place) => ids.indexOf(one) !== place)) found.push(`twice: #${id}`);
    for (const element of document.querySelectorAll('[aria-describedby]')) {
        for (const id of (element.getAttribute('aria-describedby') ?? '').split(' ')) {
            if (!document.getElementById(id)) found.push(`describes nothing: ${label(element)}`);
        }
    }
    if (document.querySelectorAll('h1').length !== 1) found.push('not exactly one h1');
    if (document.querySelectorAll('main').length !== 1) found.push('not exactly one main');
    if (!document.documentElement.lang) found.push('no language');

    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour: string): number[] => {
        if (!canvas) return [0, 0, 0, 1];
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const ground = (element: Element | null): number[] => {
        for (let at = element; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            if ((colour[3] ?? 0) > 0.99) return colour;
        }
        return [255, 255, 255, 1];
    };
    const light = ([r = 0, g = 0, b = 0]: number[]) => {
        const [x = 0, y = 0, z = 0] = [r, g, b].map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!element || !node.textContent?.trim() || !isShown(element)) continue;
        if (element.closest('script, style, :disabled, .sr, .skip, .chart, option')) continue;
        const [one, other] = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(2)}: ${node.textContent.trim().slice(0, 40)}`);
    }
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over > 0) found.push(`${over} px too wide`);
    return [...new Set(found)];
}

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 90; presses++) {
        const focused = await page.evaluate(() => {
            const element = document.activeElement as HTMLInputElement | null;
            const labels = element?.labels ? [...element.labels].map((one) => one.textContent).join(' ') : '';
            return `${element?.getAttribute('aria-label') ?? ''} ${labels} ${element?.textContent ?? ''}`.trim();
        });
        if (name.test(focused)) {
            const outline = await page.evaluate(() => {
                const element = document.activeElement;
                const framed = element?.closest('.input') ?? element;
                const style = framed && getComputedStyle(framed);
                return style ? `${style.outlineStyle} ${style.borderColor}` : 'none';
            });
            require(outline !== 'none', `${name} does not show its focus`);
            return;
        }
        await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${name}`);
}

export async function access(world: World): Promise<void> {
    await test('everything has a name, is legible and fits, on every page, light and dark, at every width', async () => {
        const wrong: string[] = [];
        for (const dark of [false, true]) {
            const user = new User(await (await world.context({ dark })).newPage());
            await user.page.goto(world.url);
            await says(user.page.getByTestId('price'), /\d/);
            await user.connect();
            for (const [width, height] of [
                [1280, 900],
                [390, 844],
                [320, 640],
            ] as const) {
                await user.page.setViewportSize({ width, height });
                for (const path of PAGES) {
                    await user.go(path);
                    await until('its heading', async () => ((await user.page.locator('h1').count()) > 0 ? true : null));
                    await user.page.waitForTimeout(120);
                    const found = await user.page.evaluate(faults);
                    wrong.push(...found.map((one) => `${path} ${dark ? 'dark' : 'light'} ${width}: ${one}`));
                }
            }
            await user.page.context().close();
        }
        require(wrong.length === 0, [...new Set(wrong)].join('\n     '));
    });
    await test('the keyboard alone connects, places an order and cancels nothing by accident', async () => {
        const user = new User(await (await world.context()).newPage());
        const { page } = user;
        await page.goto(world.url);
        await says(page.getByTestId('price'), /\d/);
        await page.keyboard.press('Tab');
        await tabTo(page, /^Skip to content/);
        await tabTo(page, /^Connect$/);
        await page.keyboard.press('Enter');
        await tabTo(page, /Test wallet/);
        await page.keyboard.press('Enter');
        await says(page.locator('.top-right'), /connected/);
        await tabTo(page, /^Short$/);
        await page.keyboard.press('Space');
        await tabTo(page, /^Collateral/);
        await page.keyboard.press('Control+a');
        await page.keyboard.type('300');
        await tabTo(page, /^Leverage/);
        const before = await text(page.locator('.slider output'));
        await page.keyboard.press('ArrowRight');
        await until('another leverage', async () =>
            (await text(page.locator('.slider output'))) === before ? null : true,
        );
        await tabTo(page, /^Short SOL$/);
        await page.keyboard.press('Enter');
        await says(user.notices, /Confirmed/);
        await page.context().close();
    });
}
