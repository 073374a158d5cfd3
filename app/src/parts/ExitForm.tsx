import { useState, type FormEvent } from 'react';

import { decimal, price, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { asked, standingOf, useWorld } from '../state/hooks.ts';
import { chainNow } from '../state/world.ts';
import { Choices, Slider } from './Choices.tsx';
import type { CompartmentProps } from './Compartment.tsx';
import { Row } from './Field.tsx';
import { ANY_SLIPPAGE_PPM, EXPIRIES, LIMIT, MARKET, STOP_LOSS, TAKE_PROFIT, expiryAt } from './orders.ts';
import { TriggerField, parsePrice } from './TriggerField.tsx';

const KINDS = [
    [MARKET, 'Now'],
    [STOP_LOSS, 'Stop-loss'],
    [TAKE_PROFIT, 'Take-profit'],
    [LIMIT, 'Limit'],
] as const;
const WORDS = { [MARKET]: 'Close', [STOP_LOSS]: 'Stop', [TAKE_PROFIT]: 'Take profit', [LIMIT]: 'Close at a limit' };
const SLIPPAGES = [
    [5_000, '0.5 %'],
    [20_000, '2 %'],
    [100_000, '10 %'],
    [ANY_SLIPPAGE_PPM, 'any'],
] as const;

interface ExitFormProps extends CompartmentProps {
    /** Chosen elsewhere, and no longer here. */
    fixedKind?: number;
}

/** Closes a position or a part of it: now, at a limit, by a stop-loss or a take-profit. */
export function ExitForm({ eye, position, wallet, fixedKind }: ExitFormProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const [chosen, setKind] = useState<number>(MARKET);
    const [percentage, setPercentage] = useState(100);
    const [text, setText] = useState('');
    const [slippagePpm, setSlippage] = useState(20_000);
    const [expiresAfter, setExpiresAfter] = useState<number>(0);
    const kind = fixedKind ?? chosen;
    const isMarket = kind === MARKET;
    const { quoteDecimals } = eye.view;
    const isShort = position.account.side === 1;
    const standing = standingOf(eye, position);
    const triggerPriceE12 = isMarket ? 0n : parsePrice(text);
    const look = triggerPriceE12 === null ? null : isMarket ? eye.look : eye.look.at(triggerPriceE12);
    const sizeAtoms = asked(() => eye.look.sizeOfPart(position.data, percentage)).value ?? 0n;
    const quote =
        look && asked(() => look.quoteDecrease(position.data, sizeAtoms, isMarket ? slippagePpm : ANY_SLIPPAGE_PPM));
    // A limit is a promise of the price itself.
    const acceptableSlippage = kind === LIMIT ? 0 : slippagePpm;
    const worst = look && asked(() => look.acceptablePriceE12(isShort, true, acceptableSlippage)).value;
    const dollars = (atoms: bigint | undefined) => (atoms === undefined ? '–' : usd(atoms, quoteDecimals));
    const part = percentage === 100 ? 'all of it' : `${percentage} %`;
    const name = isMarket
        ? `Close ${part}`
        : `Place ${kind === LIMIT ? 'limit' : kind === STOP_LOSS ? 'stop-loss' : 'take-profit'}`;
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (triggerPriceE12 === null || worst === null) return;
        void act(
            isMarket
                ? `Close ${part} of ${eye.symbol} #${position.account.id}`
                : `${name}: ${part} at ${price(triggerPriceE12)}`,
            async () => {
                const { place } = await import('../chain/acts/index.ts');
                const expiresAt = isMarket ? 0n : expiryAt(chainNow(world), expiresAfter);
                const acceptablePriceE12 = worst;
                const when = { kind, triggerPriceE12, expiresAt, acceptablePriceE12 };
                return place(wallet, position, { increases: false, sizeAtoms, payoutCapPpm: 1_000_000, ...when });
            },
            [position.address],
        ).then((done) => done && setText(''));
    };
    return (
        <form className="act" onSubmit={submit} aria-label={WORDS[kind as keyof typeof WORDS]}>
            {fixedKind === undefined && <Choices label="When" options={KINDS} value={kind} onChange={setKind} />}
            {!isMarket && (
                <TriggerField
                    eye={eye}
                    short={isShort}
                    decreases
                    kind={kind}
                    text={text}
                    onChange={setText}
                    liquidationPriceE12={standing?.liquidationPriceE12 ?? 0n}
                />
            )}
            <Slider
                label="Part of the position"
                shown={`${decimal(BigInt(percentage), 0, { digits: 0 })} %`}
                min={5}
                max={100}
                step={5}
                value={percentage}
                onChange={setPercentage}
            />
            {kind !== LIMIT && (
                <Choices label="Slippage" options={SLIPPAGES} value={slippagePpm} onChange={setSlippage} />
            )}
            {!isMarket && (
                <Choices label="Expires" options={EXPIRIES} value={expiresAfter} onChange={setExpiresAfter} />
            )}
            <dl className="rows">
                <Row label="Fills about">{quote?.value ? price(quote.value.fillPriceE12) : '–'}</Row>
                <Row label="Never worse than">{worst === null || worst === undefined ? '–' : price(worst)}</Row>
                <Row label="Profit and loss">
                    {quote?.value ? usd(quote.value.pnlAtoms, quoteDecimals, { sign: true }) : '–'}
                </Row>
                <Row label="Close fee">{dollars(quote?.value?.tradeFeeAtoms)}</Row>
                <Row label="Left in the vault" strong>
                    {dollars(quote?.value?.collateralAtoms)}
                </Row>
            </dl>
            {quote?.refusal && (
                <p className="note bad">{isMarket ? quote.refusal : `At that price: ${quote.refusal}`}</p>
            )}
            <button
                type="submit"
                className="primary"
                disabled={busy || !quote || worst === null || (isMarket && quote.refusal !== null)}
            >
                {name}
            </button>
        </form>
    );
}
