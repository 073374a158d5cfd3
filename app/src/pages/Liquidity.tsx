import type { Market, Withdrawal } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { Suspense, lazy, useMemo, useState, type FormEvent } from 'react';

import * as acts from '../chain/acts/index.ts';
import type { BulkheadEvent } from '../chain/events.ts';
import { useWallets } from '../chain/wallet.ts';
import { clock, decimal, parseAmount, percent, price, short, typed, usd, usdShort } from '../format.ts';
import { Field, Row } from '../parts/Field.tsx';
import { useActing } from '../state/acting.tsx';
import { useBalances } from '../state/balances.ts';
import { asked, settledOf, useEye, useTick, useWorld, type Eye, type Sight } from '../state/hooks.ts';
import { useHistory } from '../state/history.ts';
import { useSharePath, type SharePath } from '../state/shares.ts';
import type { Held } from '../state/world.ts';

const Chart = lazy(() => import('../parts/Chart.tsx'));
const SLIPPAGE_PPM = 5_000;
const NO_LEVELS: never[] = [];

export default function Liquidity({ market }: { market: Address | null }) {
    const eye = useEye(market);
    const world = useWorld();
    const settled = settledOf(world, market);
    if (settled) return <SettledPool sight={settled} key={settled.market.address} />;
    if (!eye) return <p className="boot">No price yet.</p>;
    return <Pool eye={eye} key={eye.market.address} />;
}

function Pool({ eye }: { eye: Eye }) {
    const path = useSharePath(eye);
    return (
        <>
            <h1>{eye.symbol} liquidity</h1>
            <p className="lead">The pool takes the other side of every trade. What it has promised it holds, always.</p>
            <div className="cards">
                <Promised eye={eye} />
                <Deposit eye={eye} />
                <Leave sight={eye} />
            </div>
            <ShareValue path={path} />
            <Past market={eye.market} past={path.past} />
        </>
    );
}

function SettledPool({ sight }: { sight: Sight }) {
    const { lpMint, shares, poolAtoms, settlementPriceE12, params } = sight.market.account;
    const past = useHistory(lpMint, 60, shares);
    return (
        <>
            <h1>{sight.symbol} liquidity</h1>
            <p className="lead">
                The market is settled at {price(settlementPriceE12)}. Positions close at that price, and the pool pays
                its shares as before.
            </p>
            <div className="cards">
                <section className="panel">
                    <h2>Pool</h2>
                    <dl className="rows">
                        <Row label="Held" strong>
                            <span data-testid="pool">{usdShort(poolAtoms, params.quoteDecimals)}</span>
                        </Row>
                        <Row label="Shares">{usdShort(shares, params.quoteDecimals)}</Row>
                    </dl>
                </section>
                <section className="panel" aria-label="Deposit">
                    <h2>Deposit</h2>
                    <p className="note">A settled market takes no deposit.</p>
                </section>
                <Leave sight={sight} />
            </div>
            <Past market={sight.market} past={past} />
        </>
    );
}

function Promised({ eye }: { eye: Eye }) {
    const { view } = eye;
    const dollars = (atoms: bigint) => usdShort(atoms, view.quoteDecimals);
    const share = (e9: bigint) => decimal(e9, 9, { digits: 6 });
    return (
        <section className="panel">
            <h2>Promised against held</h2>
            <div
                className="meter"
                role="img"
                aria-label={`${percent(view.utilisationPpm)} of what the pool holds is set aside for payouts`}
            >
                <div style={{ width: `${Math.min(100, view.utilisationPpm / 10_000)}%` }} />
            </div>
            <dl className="rows">
                <Row label="Held" strong>
                    <span data-testid="pool">{dollars(view.poolAtoms)}</span>
                </Row>
                <Row label="Set aside for payouts">
                    <span data-testid="reserved">{dollars(view.reservedAtoms)}</span>
                </Row>
                <Row label="Of that promised at this price">{dollars(view.promisedAtoms)}</Row>
                <Row label="Free">
                    <span data-testid="free">{dollars(view.freeAtoms)}</span>
                </Row>
                <Row label="May leave within the hour">{dollars(view.outflowLeftAtoms)}</Row>
                <Row label="Traders’ result, long / short">
                    {dollars(view.pnlLongAtoms)} / {dollars(view.pnlShortAtoms)}
                </Row>
                <Row label="Worth to those who enter">
                    <span data-testid="deposit-value">{usd(view.depositValueAtoms, view.quoteDecimals)}</span>
                </Row>
                <Row label="Worth to those who leave">
                    <span data-testid="withdrawal-value">{usd(view.withdrawalValueAtoms, view.quoteDecimals)}</span>
                </Row>
                <Row label="A share costs / brings" strong>
                    <span data-testid="share-prices">
                        {share(view.depositPriceE9)} / {share(view.withdrawalPriceE9)}
                    </span>
                </Row>
                {view.withdrawalsShort > 0 && <Row label="Withdrawals that wait">{view.withdrawalsShort}</Row>}
            </dl>
        </section>
    );
}

function Deposit({ eye }: { eye: Eye }) {
    const { connected } = useWallets();
    const { act, busy } = useActing();
    const { collateralAtoms: balance } = useBalances(connected?.address ?? null, eye.market);
    const [text, setText] = useState('');
    const { quoteDecimals } = eye.view;
    const amount = parseAmount(text, quoteDecimals);
    const quote = amount === null ? null : asked(() => eye.look.quoteDeposit(amount, SLIPPAGE_PPM));
    const isTooMuch = balance !== null && amount !== null && amount > balance;
    const problem = isTooMuch ? 'More than the wallet has' : (quote?.refusal ?? undefined);
    const submit = (event: FormEvent) => {
        event.preventDefault();
        const least = quote?.value?.sharesMin;
        if (!connected || amount === null || least === undefined) return;
        void act('Deposit', () => acts.deposit(connected.address, eye.market, amount, least), [
            eye.market.address,
        ]).then((done) => done && setText(''));
    };
    return (
        <form className="panel stack" onSubmit={submit} aria-label="Deposit">
            <h2>Deposit</h2>
            <Field
                label="Amount to deposit"
                unit="USD"
                value={text}
                onChange={setText}
                problem={problem}
                note={balance === null ? '' : `Wallet ${usd(balance, quoteDecimals)}`}
            />
            <dl className="rows">
                <Row label="Shares for it">{quote?.value ? usd(quote.value.shares, quoteDecimals) : '–'}</Row>
                <Row label="At least">{quote?.value ? usd(quote.value.sharesMin, quoteDecimals) : '–'}</Row>
            </dl>
            <button
                type="submit"
                className="primary"
                disabled={!connected || busy || !quote?.value || problem !== undefined}
            >
                {connected ? 'Deposit' : 'Connect a wallet'}
            </button>
        </form>
    );
}

function Leave({ sight: { market, look } }: { sight: Sight }) {
    const world = useWorld();
    const { connected } = useWallets();
    const { act, busy } = useActing();
    const { shares } = useBalances(connected?.address ?? null, market);
    const [text, setText] = useState('');
    const { quoteDecimals } = market.account.params;
    const amount = parseAmount(text, quoteDecimals);
    const quote = amount === null || amount === 0n || !look ? null : asked(() => look.quoteWithdrawal(amount));
    const worth = shares === null || !look ? null : asked(() => look.sharesValueAtoms(shares)).value;
    const isTooMuch = shares !== null && amount !== null && amount > shares;
    const problem = isTooMuch ? 'More shares than you have' : (quote?.refusal ?? undefined);
    const own = [...world.withdrawals.values()].filter(
        ({ account }) => account.owner === connected?.address && account.market === market.address,
    );
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (!connected || amount === null) return;
        void act('Request the withdrawal', () => acts.requestWithdrawal(connected.address, market, amount)).then(
            (done) => done && setText(''),
        );
    };
    return (
        <form className="panel stack" onSubmit={submit} aria-label="Withdraw">
            <h2>Withdraw</h2>
            <Field
                label="Shares to withdraw"
                unit="shares"
                value={text}
                onChange={setText}
                problem={problem}
                note={
                    <>
                        You have <span data-testid="shares">{shares === null ? '–' : usd(shares, quoteDecimals)}</span>
                        {worth === null ? '' : `, worth ${usd(worth, quoteDecimals)} USD on leaving`}
                    </>
                }
            />
            {shares !== null && shares > 0n && (
                <button type="button" className="quiet" onClick={() => setText(typed(shares, quoteDecimals))}>
                    All of them
                </button>
            )}
            <dl className="rows">
                <Row label="Would bring now">{quote?.value ? usd(quote.value.amountAtoms, quoteDecimals) : '–'}</Row>
                {quote?.value && !quote.value.whole && (
                    <Row label="The rest waits; shares paid">{usd(quote.value.shares, quoteDecimals)}</Row>
                )}
            </dl>
            <p className="note">
                The shares wait an hour, then anyone may pay them out at the pool’s worth of that moment. You can call
                it back until ten minutes before.
            </p>
            <button
                type="submit"
                className="primary"
                disabled={!connected || busy || amount === null || amount === 0n || problem !== undefined}
            >
                {connected ? 'Request' : 'Connect a wallet'}
            </button>
            {own.map((withdrawal) => (
                <Waiting
                    key={withdrawal.address}
                    market={market}
                    look={look}
                    withdrawal={withdrawal}
                    wallet={connected?.address}
                />
            ))}
        </form>
    );
}

interface WaitingProps extends Pick<Sight, 'market' | 'look'> {
    withdrawal: Held<Withdrawal>;
    wallet: Address | undefined;
}

function Waiting({ market, look, withdrawal, wallet }: WaitingProps) {
    useTick(2_000);
    const { act, busy } = useActing();
    const { quoteDecimals } = market.account.params;
    const { account, address } = withdrawal;
    const standing = look && asked(() => look.withdrawal(withdrawal.data)).value;
    if (!standing || !wallet) return null;
    const touched = [address, market.address];
    const words = {
        maturing: `can be paid from ${clock(account.executableFrom)}`,
        executable: `pays ${usd(standing.amountAtoms, quoteDecimals)} USD now${standing.whole ? '' : ', the rest later'}`,
        lapsed: 'has lapsed: call it back and ask again',
    }[standing.state];
    return (
        <div className="act" data-testid={`withdrawal-${account.id}`}>
            <p>
                <strong>{usd(account.shares, quoteDecimals)} shares</strong> ({short(address)}) {words}
            </p>
            <div className="actions">
                <button
                    type="button"
                    disabled={busy || standing.state !== 'executable'}
                    onClick={() =>
                        void act('Pay out', () => acts.executeWithdrawal(wallet, market, withdrawal), touched)
                    }
                >
                    Pay out
                </button>
                <button
                    type="button"
                    disabled={busy || !standing.cancellableByOwner}
                    onClick={() =>
                        void act('Call it back', () => acts.cancelWithdrawal(wallet, market, withdrawal), touched)
                    }
                >
                    Call back
                </button>
            </div>
        </div>
    );
}

function ShareValue({ path }: { path: SharePath }) {
    const lines = useMemo(
        () => [
            { name: 'Entering', tone: 'index' as const, points: path.entering },
            { name: 'Leaving', tone: 'third' as const, points: path.leaving },
        ],
        [path.entering.length, path.leaving.length, path.entering.at(-1)?.time],
    );
    return (
        <section className="panel" aria-label="Value of a share over time">
            <h2>Value of a share, USD</h2>
            <Suspense fallback={<div className="chart low" />}>
                <Chart lines={lines} levels={NO_LEVELS} digits={6} label="What a share costs and brings over time" />
            </Suspense>
        </section>
    );
}

function Past({ market, past }: { market: Held<Market>; past: SharePath['past'] }) {
    const flows = (past ?? []).flatMap((one) => {
        const words = flowOf(one.event, market.account.params.quoteDecimals);
        return words ? [{ ...one, words }] : [];
    });
    return (
        <section className="panel">
            <h2>Deposits and withdrawals</h2>
            {past !== null && flows.length === 0 && <p className="note">None in the last transactions.</p>}
            <ol className="history">
                {flows.slice(0, 20).map(({ at, signature, words }, place) => (
                    <li key={`${signature}${place}`}>
                        <time>{clock(at)}</time> {words}
                    </li>
                ))}
            </ol>
        </section>
    );
}

function flowOf(event: BulkheadEvent, decimals: number): string | null {
    const amount = (atoms: bigint) => usd(atoms, decimals);
    switch (event.name) {
        case 'Deposited':
            return `In: ${amount(event.data.amountAtoms)} USD for ${amount(event.data.shares)} shares`;
        case 'WithdrawalRequested':
            return `Requested: ${amount(event.data.shares)} shares`;
        case 'WithdrawalExecuted':
            return `Out: ${amount(event.data.amountAtoms)} USD for ${amount(event.data.sharesBurnt)} shares`;
        case 'WithdrawalCancelled':
            return `Called back: ${amount(event.data.sharesReturned)} shares`;
        default:
            return null;
    }
}
