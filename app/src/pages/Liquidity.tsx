import type { Address } from '@solana/kit';
import { useState, type FormEvent } from 'react';

import * as acts from '../chain/acts.ts';
import { useWallets } from '../chain/wallet.ts';
import { clock, decimal, parseAmount, percent, usd, usdShort } from '../format.ts';
import { Field, Row } from '../parts/Field.tsx';
import { useActing } from '../state/acting.tsx';
import { useBalances } from '../state/balances.ts';
import { useHistory } from '../state/history.ts';
import { asked, useEye, type Eye } from '../state/hooks.ts';

const SLIPPAGE_PPM = 5_000;

export default function Liquidity({ market }: { market: Address | null }) {
    const eye = useEye(market);
    if (!eye) return <p className="boot">No price yet.</p>;
    const { view } = eye;
    const dollars = (atoms: bigint) => usdShort(atoms, view.quoteDecimals);
    return (
        <>
            <h1>{eye.symbol} liquidity</h1>
            <p className="lead">The pool takes the other side. What it has promised it holds, always.</p>
            <div className="cards">
                <section className="panel">
                    <h2>Promised against held</h2>
                    <div
                        className="meter"
                        role="img"
                        aria-label={`${percent(view.utilisationPpm)} of the pool is promised`}
                    >
                        <div style={{ width: `${Math.min(100, view.utilisationPpm / 10_000)}%` }} />
                    </div>
                    <dl className="rows">
                        <Row label="Held">{dollars(view.poolAtoms)}</Row>
                        <Row label="Promised">{dollars(view.reservedAtoms)}</Row>
                        <Row label="Free">{dollars(view.freeAtoms)}</Row>
                        <Row label="Traders’ result, long">{dollars(view.pnlLongAtoms)}</Row>
                        <Row label="Traders’ result, short">{dollars(view.pnlShortAtoms)}</Row>
                        <Row label="Worth for who deposits" strong>
                            {usd(view.depositValueAtoms, view.quoteDecimals)}
                        </Row>
                        <Row label="Worth of a share" strong>
                            {decimal(view.sharePriceE12, 12, { digits: 6 })}
                        </Row>
                    </dl>
                </section>
                <Deposit eye={eye} key={eye.market.address} />
                <Past eye={eye} />
            </div>
        </>
    );
}

function Deposit({ eye }: { eye: Eye }) {
    const { connected } = useWallets();
    const { act, busy } = useActing();
    const { collateralAtoms: balance, shares } = useBalances(connected?.address ?? null, eye.market);
    const [text, setText] = useState('');
    const { quoteDecimals } = eye.view;
    const amount = parseAmount(text, quoteDecimals);
    const quote = amount === null ? null : asked(() => eye.look.quoteDeposit(amount, SLIPPAGE_PPM));
    const own = shares === null ? null : asked(() => eye.look.sharesValueAtoms(shares)).value;
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
        <form className="panel" onSubmit={submit} aria-label="Deposit">
            <h2>Deposit</h2>
            <Field
                label="Amount"
                unit="USD"
                value={text}
                onChange={setText}
                problem={problem}
                note={balance === null ? '' : `Wallet ${usd(balance, quoteDecimals)}`}
            />
            <dl className="rows">
                <Row label="Shares for it">{quote?.value ? usd(quote.value.shares, quoteDecimals) : '–'}</Row>
                <Row label="At least">{quote?.value ? usd(quote.value.sharesMin, quoteDecimals) : '–'}</Row>
                <Row label="Your shares">
                    <span data-testid="shares">{shares === null ? '–' : usd(shares, quoteDecimals)}</span>
                </Row>
                <Row label="Worth" strong>
                    {own === null ? '–' : usd(own, quoteDecimals)}
                </Row>
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

function Past({ eye }: { eye: Eye }) {
    const { quoteDecimals, shares } = eye.view;
    const history = useHistory(eye.market.account.lpMint, 20, shares);
    const deposits = (history ?? []).filter(({ event }) => event.name === 'Deposited');
    return (
        <section className="panel">
            <h2>Last deposits</h2>
            {history !== null && deposits.length === 0 && <p className="note">None in the last transactions.</p>}
            <ol className="history">
                {deposits.map(({ at, signature, event }) => (
                    <li key={signature}>
                        <time>{clock(at)}</time> {usd(event.amountAtoms ?? 0n, quoteDecimals)} for{' '}
                        {usd(event.shares ?? 0n, quoteDecimals)} shares
                    </li>
                ))}
            </ol>
        </section>
    );
}
