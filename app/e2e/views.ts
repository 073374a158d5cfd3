/** The page against the program: what the view instructions return, written as the page writes it. */
import { decimal, percent, percentE12, price, usd, usdShort } from '../src/format.ts';
import { STATES, type Chain } from './chain.ts';
import { require, text, until, type User } from './check.ts';

const QUOTE_DECIMALS = 6;
const dollars = (atoms: bigint) => usd(atoms, QUOTE_DECIMALS);
const brief = (atoms: bigint) => usdShort(atoms, QUOTE_DECIMALS);
const DAY = 86_400n;

/** Fees run by the second: page and program are compared until both speak of the same one. */
async function same(what: string, page: () => Promise<string[]>, program: () => Promise<string[]>): Promise<void> {
    let seen: string[] = [];
    let told: string[] = [];
    try {
        await until(
            what,
            async () => {
                [seen, told] = [await page(), await program()];
                return JSON.stringify(seen) === JSON.stringify(told) ? true : null;
            },
            10_000,
        );
    } catch {
        throw new Error(`${what}: the page says ${JSON.stringify(seen)}, the program ${JSON.stringify(told)}`);
    }
    require(seen.some((one) => /[1-9]/.test(one)), `${what}: numbers are missing in ${JSON.stringify(seen)}`);
    console.log(`     ${what}: ${seen.join(', ')}`);
}

export async function sameNumbers(user: User, chain: Chain): Promise<void> {
    const { page } = user;
    const first = user.position(0);
    const all = (names: string[], within = page.locator('main')) =>
        Promise.all(names.map((name) => text(within.getByTestId(name))));
    await user.go('positions');
    await same(
        'view_position',
        () => all(['equity', 'maintenance', 'initial', 'liquidation', 'health', 'maintenance-ppm', 'pnl'], first),
        async () => {
            const view = await chain.viewPosition(0);
            return [
                dollars(view.equityAtoms),
                dollars(view.maintenanceAtoms),
                dollars(view.initialAtoms),
                price(view.liquidationPriceE12),
                percent(view.healthPpm),
                percent(view.maintenancePpm),
                usd(view.pnlAtoms, QUOTE_DECIMALS, { sign: true }),
            ];
        },
    );
    for (const id of [1, 2]) {
        const order = first.getByTestId(`order-${id}`);
        await same(
            `view_order ${id}`,
            async () => [
                (await order.getAttribute('data-state')) ?? '',
                (await order.getAttribute('data-error')) ?? '',
                ...(await all(['order-fill'], order)),
            ],
            async () => {
                const { state, errorCode, fillPriceE12 } = await chain.viewOrder(0, id);
                return [STATES[state], errorCode.toString(), fillPriceE12 === 0n ? '' : price(fillPriceE12)];
            },
        );
    }
    await user.go('liquidity');
    await same(
        'view_pool',
        () => all(['pool', 'reserved', 'free', 'deposit-value', 'withdrawal-value', 'share-prices']),
        async () => {
            const view = await chain.viewPool();
            const share = (e9: bigint) => decimal(e9, 9, { digits: 6 });
            return [
                brief(view.poolAtoms),
                brief(view.reservedAtoms),
                brief(view.freeAtoms),
                dollars(view.valueForDepositAtoms),
                dollars(view.valueForWithdrawalAtoms),
                `${share(view.depositPriceE9)} / ${share(view.withdrawalPriceE9)}`,
            ];
        },
    );
    await user.go('market');
    await same(
        'view_rates',
        () =>
            all([
                'sigma-1h',
                'sigma-1d',
                'sigma-30d',
                'sigma-ema',
                'target',
                'ramp',
                'oi-long',
                'oi-short',
                'skew',
                'funding',
                'borrow',
                'utilisation',
                'index',
            ]),
        async () => {
            const view = await chain.viewRates();
            return [
                percent(view.sigma1hPpm),
                percent(view.sigma1dPpm),
                percent(view.sigma30dPpm),
                percent(view.sigmaEmaPpm),
                percent(view.targetPpm),
                percent(view.rampPpm),
                brief(view.longNotionalAtoms),
                brief(view.shortNotionalAtoms),
                brief(view.skewAtoms),
                percentE12((view.fundingRateE18 * DAY) / 1_000_000n, { sign: true }),
                percentE12(view.borrowRateE12 * DAY),
                percent(view.utilisationPpm),
                price(view.indexPriceE12),
            ];
        },
    );
}
