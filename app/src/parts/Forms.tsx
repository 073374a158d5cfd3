/** Collateral and delegate of a position. Each form says what it would do before it is signed. */
import { address, isAddress } from '@solana/kit';
import { useState, type FormEvent } from 'react';

import * as acts from '../chain/acts/index.ts';
import { parseAmount, percent, price, typed, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { useBalances } from '../state/balances.ts';
import { asked } from '../state/hooks.ts';
import type { CompartmentProps } from './Compartment.tsx';
import { Field, Row } from './Field.tsx';

const NOBODY = '11111111111111111111111111111111';

export function CollateralForm({ eye, position, wallet, removes }: CompartmentProps & { removes: boolean }) {
    const [text, setText] = useState('');
    const { act, busy } = useActing();
    const { collateralAtoms: balance } = useBalances(wallet, eye.market);
    const { quoteDecimals } = eye.view;
    const amount = parseAmount(text, quoteDecimals);
    const most = removes ? asked(() => eye.look.removableAtoms(position.data)) : { value: balance, refusal: null };
    const after =
        amount === null
            ? null
            : asked(() =>
                  removes ? eye.look.quoteRemove(position.data, amount) : eye.look.quoteAdd(position.data, amount),
              );
    const isTooMuch = !removes && balance !== null && amount !== null && amount > balance;
    const problem = most.refusal ?? (isTooMuch ? 'More than the wallet has' : after?.refusal) ?? undefined;
    const words = removes ? 'Remove collateral' : 'Add collateral';
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (amount === null || problem) return;
        const make = removes ? acts.removeCollateral : acts.addCollateral;
        void act(words, () => make(wallet, eye.market, position, amount), [position.address]).then(
            (done) => done && setText(''),
        );
    };
    return (
        <form className="act" onSubmit={submit} aria-label={words}>
            <Field
                label="Amount"
                unit="USD"
                value={text}
                onChange={setText}
                problem={problem}
                note={most.value === null ? '' : `At most ${usd(most.value, quoteDecimals)}`}
            />
            {most.value !== null && (
                <button type="button" className="quiet" onClick={() => setText(typed(most.value ?? 0n, quoteDecimals))}>
                    Most
                </button>
            )}
            {after?.value && (
                <dl className="rows">
                    <Row label="Health after">
                        {percent(after.value.healthPpm)}, must hold {percent(after.value.maintenancePpm)}
                    </Row>
                    <Row label="Liquidation price after">{price(after.value.liquidationPriceE12)}</Row>
                </dl>
            )}
            <button type="submit" className="primary" disabled={busy || amount === null || problem !== undefined}>
                {words}
            </button>
        </form>
    );
}

export function DelegateForm({ eye, position, wallet }: CompartmentProps) {
    const [text, setText] = useState('');
    const { act, busy } = useActing();
    const present = position.account.delegate === NOBODY ? null : position.account.delegate;
    const isValid = isAddress(text);
    const set = (delegate: string) =>
        void act('Set the delegate', async () => acts.setDelegate(wallet, position, address(delegate)), [
            position.address,
        ]);
    return (
        <form
            className="act"
            aria-label={`Delegate of ${eye.symbol} #${position.account.id}`}
            onSubmit={(event) => {
                event.preventDefault();
                if (isValid) set(text);
            }}
        >
            <label className="wide">
                Address
                <input
                    value={text}
                    autoComplete="off"
                    spellCheck={false}
                    onChange={(event) => setText(event.target.value.trim())}
                />
            </label>
            <p className="note">
                May place and cancel orders and add collateral. Never opens, never withdraws.
                {present ? ` Now ${present}.` : ''}
            </p>
            <button type="submit" className="primary" disabled={busy || !isValid}>
                Set delegate
            </button>
            {present && (
                <button type="button" disabled={busy} onClick={() => set(NOBODY)}>
                    Remove delegate
                </button>
            )}
        </form>
    );
}
