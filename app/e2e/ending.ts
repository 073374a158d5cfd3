/** The end of a market: its oracle dies, it is settled, and everybody leaves by the page. */
import { fetchMarket, fetchMaybePosition, fetchPosition, findOrder, type Market } from '@bulkhead/client';
import { address, type Address, type Instruction } from '@solana/kit';
import {
    AccountState,
    fetchMaybeToken,
    fetchToken,
    findAssociatedTokenPda,
    getCloseAccountInstruction,
    getFreezeAccountInstruction,
    getThawAccountInstruction,
    getTransferInstruction,
} from '@solana-program/token';

import { decimal, price, usd } from '../src/format.ts';
import { faults } from './access.ts';
import { Chain } from './chain.ts';
import { User, require, says, test, text, until } from './check.ts';
import { PAGES, shoot } from './shots.ts';
import type { World } from './world.ts';

const WEEK_AND_A_MINUTE = 604_860;
/** Who hold positions beside the user. */
export const OTHERS = 2;
const CONFIRMED = { commitment: 'confirmed' } as const;
const GONE_FROM_COMPARTMENT = ['Add collateral', 'Remove', 'Close or stop', 'Increase', 'Top-up plan', 'Delegate'];

/** What the tests ask of the chain beside the page. */
class Ending {
    readonly chain: Chain;
    private readonly world: World;

    constructor(world: World) {
        this.world = world;
        this.chain = new Chain(world);
    }

    async market(): Promise<Market> {
        return (await fetchMarket(this.chain.rpc, await this.chain.market(), CONFIRMED)).data;
    }

    async position(id: number) {
        return (await fetchPosition(this.chain.rpc, await this.chain.position(id), CONFIRMED)).data;
    }

    async isGone(id: number): Promise<boolean> {
        return !(await fetchMaybePosition(this.chain.rpc, await this.chain.position(id), CONFIRMED)).exists;
    }

    async order(position: number, id: number): Promise<Address> {
        return findOrder(await this.chain.position(position), id);
    }

    async positionsLeft(): Promise<number> {
        const { long, short } = await this.market();
        return long.positions + short.positions;
    }

    /** What lies in the user's wallet. */
    async wallet(): Promise<bigint> {
        const found = await fetchMaybeToken(this.chain.rpc, await this.tokens('user'), CONFIRMED);
        return found.exists ? found.data.amount : 0n;
    }

    private async tokens(name: string): Promise<Address> {
        const { collateralMint: mint, tokenProgram } = await this.market();
        const owner = address(this.world.wallet(name).address);
        return (await findAssociatedTokenPda({ owner, mint, tokenProgram }))[0];
    }

    /** The user gives all collateral away, and closes the account that it lay in. */
    async loseTokenAccount(): Promise<void> {
        const { tokenProgram: programAddress } = await this.market();
        const owner = await this.chain.signer(this.world.wallet('user'));
        const [source, destination, amount] = [await this.tokens('user'), await this.tokens('lp'), await this.wallet()];
        await this.chain.send(owner, [
            getTransferInstruction({ source, destination, authority: owner, amount }, { programAddress }),
            getCloseAccountInstruction({ account: source, destination: owner.address, owner }, { programAddress }),
        ]);
        await until('no token account', async () => {
            const found = await fetchMaybeToken(this.chain.rpc, source, CONFIRMED);
            return found.exists ? null : true;
        });
    }

    /** The issuer of the collateral freezes a vault, or thaws it. */
    async freeze(vault: Address, isThaw = false): Promise<void> {
        const { collateralMint: mint, tokenProgram: programAddress } = await this.market();
        const owner = await this.chain.signer(this.world.wallet('faucet'));
        const [make, state] = isThaw
            ? ([getThawAccountInstruction, AccountState.Initialized] as const)
            : ([getFreezeAccountInstruction, AccountState.Frozen] as const);
        const instruction: Instruction = make({ account: vault, mint, owner }, { programAddress });
        await this.chain.send(await this.chain.signer(this.world.wallet('user')), [instruction]);
        await until(`a vault that is ${isThaw ? 'thawed' : 'frozen'}`, async () => {
            const { data } = await fetchToken(this.chain.rpc, vault, CONFIRMED);
            return data.state === state ? true : null;
        });
    }
}

async function open(user: User, keeper: User, leverageE2: number): Promise<void> {
    await user.go('trade');
    await user.page.getByRole('slider', { name: 'Leverage' }).fill(leverageE2.toString());
    await user.button('Long SOL').click();
    await user.done();
    await keeper.keep('Execute');
}

async function openAtLimit(user: User): Promise<void> {
    await user.go('trade');
    await user.button('Limit').click();
    // What a jump of the price asks for depends on whether it opens a minute: one times is enough for any.
    await user.page.getByRole('slider', { name: 'Leverage' }).fill('100');
    await user.page.getByLabel('Limit price').fill('140');
    await user.button('Long SOL').click();
    await user.done();
}

/** Presses the one button; what the page has promised is what comes. */
async function leave(user: User, own: Ending, id: number, button: string): Promise<bigint> {
    const position = user.position(id);
    const promised = await says(position.getByTestId('proceeds'), /^[\d,]+\.\d\d$/);
    const before = await own.wallet();
    await user.button(button, position).click();
    await user.done();
    await until('no position', async () => ((await position.count()) === 0 ? true : null));
    require(await own.isGone(id), 'the account of the position is still there');
    const came = (await own.wallet()) - before;
    require(usd(came, 6) === promised, `the page has promised ${promised}, ${usd(came, 6)} came`);
    return came;
}

async function everythingFits(user: User): Promise<void> {
    const wrong: string[] = [];
    for (const [width, scheme] of [
        [1280, 'light'],
        [390, 'dark'],
        [320, 'light'],
    ] as const) {
        await user.page.emulateMedia({ colorScheme: scheme });
        await user.page.setViewportSize({ width, height: 900 });
        for (const path of PAGES) {
            await user.go(path);
            await user.page.locator(`nav a[href="#/${path}"][aria-current]`).waitFor();
            await until('its heading', async () => ((await user.page.locator('h1').count()) > 0 ? true : null));
            const found = await user.page.evaluate(faults);
            wrong.push(...found.map((one) => `${path} ${scheme} ${width}: ${one}`));
        }
    }
    await user.page.emulateMedia({ colorScheme: 'light' });
    await user.page.setViewportSize({ width: 1280, height: 900 });
    require(wrong.length === 0, wrong.join('\n     '));
}

export async function ending(world: World): Promise<void> {
    const own = new Ending(world);
    const user = new User(await (await world.context()).newPage());
    const keeper = new User(await (await world.context({ wallet: world.wallet('keeper') })).newPage());
    await beforeTheEnd(world, own, user, keeper);
    await theEnd(world, own, user, keeper);
    await leaving(own, user);
    await afterIt(world, own, user, keeper);
}

async function beforeTheEnd(world: World, own: Ending, user: User, keeper: User): Promise<void> {
    const { page } = user;
    await test('a trader holds positions, orders and shares of the pool', async () => {
        // The local chain's traders fill their own orders: a keeper who sees these comes too late for each.
        await until('what others hold', async () => ((await own.positionsLeft()) >= OTHERS ? true : null));
        await page.goto(world.url);
        await user.connect();
        await keeper.page.goto(`${world.url}#/keep`);
        await keeper.connect();
        await open(user, keeper, 500);
        await user.go('positions');
        const exit = await user.form(0, 'Close or stop');
        for (const [kind, at] of [
            ['Stop-loss', '100'],
            ['Take-profit', '200'],
        ] as const) {
            await user.button(kind, exit).click();
            await exit.getByLabel('Trigger price').fill(at);
            await user.button(`Place ${kind.toLowerCase()}`, exit).click();
            await user.done();
        }
        await openAtLimit(user);
        await user.button('Market').click();
        world.tell('price SOL 156');
        await says(page.getByTestId('price'), /^156\.00$/);
        await open(user, keeper, 150);
        await user.go('liquidity');
        await page.getByLabel('Amount to deposit').fill('1000');
        await user.button('Deposit').click();
        await user.done();
        await openAtLimit(user);
        await user.go('positions');
        await user.button('Cancel: Limit increase #0', user.position(3)).click();
        await user.done();
        require((await own.position(0)).status === 1, 'position 0 is not open');
        require((await own.position(1)).status === 0, 'position 1 is not pending');
        require((await own.position(2)).status === 1, 'position 2 is not open');
    });
}

async function theEnd(world: World, own: Ending, user: User, keeper: User): Promise<void> {
    const { page } = user;
    await test('an oracle that is silent hides no position, and keeps nothing that is flat', async () => {
        world.tell('pause');
        world.tell('travel 200');
        await user.go('positions');
        await says(user.position(0).getByTestId('ending'), /gives no price.*can be settled on the Keep page/);
        require((await user.button(/everything out/, user.position(0)).count()) === 0, 'an open position is let out');
        const came = await leave(user, own, 3, 'Take everything out');
        require(came === 500_000_000n, `${usd(came, 6)} came of 500`);
        require((await keeper.page.locator('button[aria-label^="Settle"]').count()) === 0, 'settling is offered early');
    });
    await test('after seven days without a price anyone settles the market by a click', async () => {
        world.tell(`travel ${WEEK_AND_A_MINUTE}`);
        await keeper.keep('Settle', 'SOL market');
        require((await own.market()).status === 2, 'the market is not settled');
    });
    await test('the page says that it is settled, at which price, and offers nothing that is refused', async () => {
        const { settlementPriceE12 } = await own.market();
        require(price(settlementPriceE12) === '156.00', `it is settled at ${price(settlementPriceE12)}`);
        const first = user.position(0);
        await says(first.getByTestId('settlement-price'), /^156\.00$/);
        await says(first.getByTestId('status'), /^open, market settled$/);
        await says(first.getByTestId('order-1'), /Stop-loss of everything: void/);
        for (const name of GONE_FROM_COMPARTMENT) {
            require((await user.button(name, first).count()) === 0, `${name} is offered`);
        }
        await user.go('trade');
        await says(page.getByTestId('settled'), /SOL is settled.*takes no order.*Settlement price156\.00/);
        require((await page.locator('form').count()) === 0, 'a ticket is offered');
        await user.go('market');
        await says(page.getByTestId('settled'), /SOL is settled/);
        await user.go('liquidity');
        await says(page.getByRole('region', { name: 'Deposit' }), /A settled market takes no deposit/);
        require((await user.button('Deposit').count()) === 0, 'a deposit is offered');
    });
    await test('every page of a settled market has names, is legible and fits', () => everythingFits(user));
    await test('pages of a settled market', () => shoot(user, 'settled', ['trade', 'positions', 'liquidity', 'keep']));
}

async function leaving(own: Ending, user: User): Promise<void> {
    await test('one button settles, sweeps the orders and brings collateral and gain', async () => {
        await user.go('positions');
        const { collateralAtoms, sizeAtoms, entryPriceE12 } = await own.position(0);
        const came = await leave(user, own, 0, 'Settle and take everything out');
        // 150 to 156 on some 2,500 dollars: about a hundred, less the borrow fee of seven days.
        console.log(
            `     ${decimal(sizeAtoms, 9, { digits: 4 })} SOL from ${price(entryPriceE12)}: ${usd(collateralAtoms, 6)} became ${usd(came, 6)}`,
        );
        require(came > collateralAtoms + 50_000_000n, 'the gain is missing');
        require(came < collateralAtoms + 101_000_000n, 'more came than was won');
        const orders = await own.chain.rpc
            .getMultipleAccounts([await own.order(0, 1), await own.order(0, 2)], CONFIRMED)
            .send();
        require(orders.value.every((order) => order === null), 'orders are left');
    });
    await test('a position that never opened cancels its order and leaves, into a token account made anew', async () => {
        await own.loseTokenAccount();
        const { collateralAtoms } = await own.position(1);
        const came = await leave(user, own, 1, 'Cancel its order and take everything out');
        require(came === collateralAtoms, `${usd(came, 6)} came of ${usd(collateralAtoms, 6)}`);
    });
    await test('a vault that is frozen does not keep its position from settling', async () => {
        const last = user.position(2);
        await own.freeze((await own.position(2)).vault);
        await user.button('Settle and take everything out', last).click();
        await user.done();
        await says(last.getByTestId('status'), /^closed, market settled$/);
        const { status, reservedAtoms, frozenOwedAtoms } = await own.position(2);
        require(status === 2, 'it is not closed');
        require(reservedAtoms > 0n || frozenOwedAtoms > 0n, 'nothing stayed frozen');
    });
    await test('what is frozen is refused in words, and collected once it is thawed', async () => {
        const last = user.position(2);
        await says(last, /Its vault was frozen when it was closed/);
        await user.button('Collect and take everything out', last).click();
        await says(user.notices, /The program refused.*frozen/i);
        await user.clear();
        require(!(await own.isGone(2)), 'it is gone');
        await shoot(user, 'frozen', ['positions']);
        await own.freeze((await own.position(2)).vault, true);
        const before = await own.wallet();
        await user.button('Collect and take everything out', last).click();
        await user.done();
        await until('no position', async () => ((await last.count()) === 0 ? true : null));
        require(await own.isGone(2), 'the account of the position is still there');
        require((await own.wallet()) > before + 400_000_000n, 'its collateral is missing');
    });
}

async function afterIt(world: World, own: Ending, user: User, keeper: User): Promise<void> {
    const { page } = user;
    await test('a keeper settles everybody else and gives the pool what the market had put aside', async () => {
        const release = keeper.page.locator('button[aria-label^="Release: SOL"]');
        await release.waitFor();
        let left = await own.positionsLeft();
        require(left === OTHERS && (await release.isDisabled()), 'funds can be released while a position is left');
        for (; left > 0; left = await own.positionsLeft()) await keeper.keep('Settle');
        const before = await own.market();
        const aside = before.insuranceAtoms + before.crankBudgetAtoms;
        require(aside > 0n, 'nothing was put aside');
        await keeper.keep('Release', 'SOL market');
        const after = await own.market();
        require(after.insuranceAtoms === 0n && after.crankBudgetAtoms === 0n, 'something is left aside');
        require(after.poolAtoms === before.poolAtoms + aside, 'the pool did not get all of it');
        await until('nothing to release', async () => ((await release.count()) === 0 ? true : null));
    });
    await test('shares are withdrawn from a settled market', async () => {
        await user.go('liquidity');
        await user.button('All of them').click();
        await says(page.getByRole('form', { name: 'Withdraw' }), /Would bring now[\d,]+\.\d\d/);
        await user.button('Request').click();
        await user.done();
        world.tell('travel 3601');
        const before = await own.wallet();
        await keeper.keep('Pay out');
        require((await own.wallet()) > before + 900_000_000n, 'the shares brought too little');
        await says(page.getByTestId('shares'), /^0\.00$/);
    });
    await test('nothing went wrong in the page of a settled market', async () => {
        const complaints = [...user.complaints, ...keeper.complaints];
        require(complaints.length === 0, complaints.join('; '));
        require((await text(page.locator('h1'))) !== '', 'the page is empty');
    });
}
