import { useState, type FormEvent } from 'react';

import { parseAmount } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { asked, standingOf, useWorld } from '../state/hooks.ts';
import { chainNow } from '../state/world.ts';
import { Choices, Slider } from './Choices.tsx';
import type { CompartmentProps } from './Compartment.tsx';
import { Consequences } from './Consequences.tsx';
import { Field } from './Field.tsx';
import { ANY_SLIPPAGE_PPM, EXPIRIES, LIMIT, MARKET, expiryAt } from './orders.ts';
import { TriggerField, parsePrice } from './TriggerField.tsx';

const KINDS = [
    [MARKET, 'Market'],
    [LIMIT, 'Limit'],
] as const;
const SLIPPAGE_PPM = 5_000;

/** Adds to a position that is open. */
export function IncreaseForm({ eye, position, wallet }: CompartmentProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const [kind, setKind] = useState<number>(MARKET);
    const [limit, setLimit] = useState('');
    const [text, setText] = useState('');
    const [capPercent, setCapPercent] = useState(100);
    const [expiresAfter, setExpiresAfter] = useState<number>(0);
    const isShort = position.account.side === 1;
    const sizeAtoms = parseAmount(text, eye.view.baseDecimals);
    const triggerPriceE12 = kind === MARKET ? 0n : parsePrice(limit);
    const look = triggerPriceE12 === null ? null : kind === MARKET ? eye.look : eye.look.at(triggerPriceE12);
    const slippage = kind === MARKET ? SLIPPAGE_PPM : 0;
    const quote =
        look && sizeAtoms !== null
            ? asked(() =>
                  look.quoteIncrease(
                      position.data,
                      sizeAtoms,
                      capPercent * 10_000,
                      kind === MARKET ? slippage : ANY_SLIPPAGE_PPM,
                  ),
              )
            : null;
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (!look || sizeAtoms === null || triggerPriceE12 === null) return;
        void act(
            `Increase ${eye.symbol} #${position.account.id}`,
            async () => {
                const { place } = await import('../chain/acts/index.ts');
                return place(wallet, position, {
                    increases: true,
                    sizeAtoms,
                    kind,
                    triggerPriceE12,
                    expiresAt: kind === MARKET ? 0n : expiryAt(chainNow(world), expiresAfter),
                    acceptablePriceE12: look.acceptablePriceE12(isShort, false, slippage),
                    payoutCapPpm: capPercent * 10_000,
                });
            },
            [position.address],
        ).then((done) => done && setText(''));
    };
    return (
        <form className="act" onSubmit={submit} aria-label="Increase">
            <Choices label="When" options={KINDS} value={kind} onChange={setKind} />
            {kind === LIMIT && (
                <TriggerField
                    eye={eye}
                    short={isShort}
                    decreases={false}
                    kind={kind}
                    text={limit}
                    onChange={setLimit}
                />
            )}
            <Field
                label="Size to add"
                unit={eye.symbol}
                value={text}
                onChange={setText}
                problem={quote?.refusal ?? undefined}
            />
            <Slider
                label="Payout cap"
                shown={`${capPercent} % of notional`}
                min={5}
                max={100}
                step={5}
                value={capPercent}
                onChange={setCapPercent}
            />
            {kind === LIMIT && (
                <Choices label="Expires" options={EXPIRIES} value={expiresAfter} onChange={setExpiresAfter} />
            )}
            {quote?.value && <Consequences quote={quote.value} eye={eye} before={standingOf(eye, position)} />}
            <button type="submit" className="primary" disabled={busy || !quote || quote.refusal !== null}>
                Increase
            </button>
        </form>
    );
}
