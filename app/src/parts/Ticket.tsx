import { useState, type FormEvent } from 'react';

import type { IncreaseView } from '../chain/risk.ts';
import { useWallets } from '../chain/wallet.ts';
import { decimal, parseAmount, percent, size, typed, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { useBalances } from '../state/balances.ts';
import { asked, useWorld, type Answer, type Eye } from '../state/hooks.ts';
import { chainNow } from '../state/world.ts';
import { Choices, Slider } from './Choices.tsx';
import { Consequences } from './Consequences.tsx';
import { Field } from './Field.tsx';
import { ANY_SLIPPAGE_PPM, EXPIRIES, LIMIT, MARKET, expiryAt } from './orders.ts';
import { TriggerField, parsePrice } from './TriggerField.tsx';

const KINDS = [
    [MARKET, 'Market'],
    [LIMIT, 'Limit'],
] as const;
const SLIPPAGES = [1_000, 5_000, 20_000].map((ppm) => [ppm, percent(ppm, { digits: 1 })] as const);
/** The order that opens a position: what it is, and everything that it would do, before it is signed. */
export function OpenForm({ eye }: { eye: Eye }) {
    const world = useWorld();
    const { connected } = useWallets();
    const { act, busy } = useActing();
    const { collateralAtoms: balance, lamports } = useBalances(connected?.address ?? null, eye.market);
    const { quoteDecimals, baseDecimals } = eye.view;
    const [kind, setKind] = useState<number>(MARKET);
    const [limit, setLimit] = useState('');
    const [expiresAfter, setExpiresAfter] = useState<number>(0);
    const [isShort, setShort] = useState(false);
    const [collateral, setCollateral] = useState('500');
    const [leverageE2, setLeverage] = useState(300);
    const [ownSize, setOwnSize] = useState<string | null>(null);
    const [capPercent, setCapPercent] = useState(100);
    const [slippagePpm, setSlippage] = useState(5_000);

    const isLimit = kind === LIMIT;
    const triggerPriceE12 = isLimit ? parsePrice(limit) : 0n;
    const look = triggerPriceE12 === null ? null : isLimit ? eye.look.at(triggerPriceE12) : eye.look;
    const collateralAtoms = parseAmount(collateral, quoteDecimals);
    const sizeAtoms =
        ownSize !== null
            ? parseAmount(ownSize, baseDecimals)
            : collateralAtoms === null
              ? null
              : asked(() => (look ?? eye.look).sizeAtLeverage(collateralAtoms, leverageE2)).value;
    const capPpm = capPercent * 10_000;
    const quote: Answer<IncreaseView> =
        collateralAtoms === null || sizeAtoms === null
            ? { value: null, refusal: 'Enter collateral and size.' }
            : !look
              ? { value: null, refusal: 'Enter the limit price.' }
              : asked(() =>
                    look.quoteOpen(
                        isShort,
                        collateralAtoms,
                        sizeAtoms,
                        capPpm,
                        isLimit ? ANY_SLIPPAGE_PPM : slippagePpm,
                    ),
                );
    const isShortOfFunds = balance !== null && collateralAtoms !== null && collateralAtoms > balance;
    const problem = isShortOfFunds ? `The wallet has only ${usd(balance, quoteDecimals)} USD` : quote.refusal;
    const side = isShort ? 'Short' : 'Long';

    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (!connected || !look || collateralAtoms === null || sizeAtoms === null || problem) return;
        void act(`${side} ${size(sizeAtoms, baseDecimals)} ${eye.symbol}`, async () => {
            // Loaded with the first order: the page shows its numbers without it.
            const { open } = await import('../chain/acts/index.ts');
            const opening = {
                kind,
                triggerPriceE12: triggerPriceE12 ?? 0n,
                expiresAt: isLimit ? expiryAt(chainNow(world), expiresAfter) : 0n,
                short: isShort,
                collateralAtoms,
                sizeAtoms,
                acceptablePriceE12: look.acceptablePriceE12(isShort, false, isLimit ? 0 : slippagePpm),
                payoutCapPpm: capPpm,
            };
            return (await open(connected.address, eye.market, opening))[1];
        });
    };

    return (
        <form className="ticket" onSubmit={submit} aria-label={`Order ticket for ${eye.symbol}`}>
            <div className="sides" role="group" aria-label="Side">
                <button type="button" className="long" aria-pressed={!isShort} onClick={() => setShort(false)}>
                    Long
                </button>
                <button type="button" className="short" aria-pressed={isShort} onClick={() => setShort(true)}>
                    Short
                </button>
            </div>
            <Choices label="Order" options={KINDS} value={kind} onChange={setKind} />
            {isLimit && (
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
                label="Collateral"
                value={collateral}
                unit="USD"
                onChange={setCollateral}
                note={balance === null ? 'The most this position can lose' : `Wallet ${usd(balance, quoteDecimals)}`}
            />
            <Slider
                label="Leverage"
                shown={`${decimal(BigInt(leverageE2), 2, { digits: 1 })}×`}
                min={100}
                max={2000}
                step={10}
                value={leverageE2}
                onChange={(value) => {
                    setLeverage(value);
                    setOwnSize(null);
                }}
            />
            <Field
                label="Size"
                value={ownSize ?? (sizeAtoms === null ? '' : typed(sizeAtoms, baseDecimals))}
                unit={eye.symbol}
                onChange={setOwnSize}
                note="Follows the slider unless you type one"
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
            {isLimit ? (
                <Choices label="Expires" options={EXPIRIES} value={expiresAfter} onChange={setExpiresAfter} />
            ) : (
                <Choices label="Slippage" options={SLIPPAGES} value={slippagePpm} onChange={setSlippage} />
            )}
            <Consequences quote={quote.value} eye={eye} />
            {problem && (
                <p className="note bad" role="status" data-testid="refusal">
                    {problem}
                </p>
            )}
            {lamports === 0n && (
                <p className="note bad" role="status">
                    The wallet has no SOL for fees and rent. Send it some first.
                </p>
            )}
            <button
                type="submit"
                className={isShort ? 'primary short' : 'primary long'}
                disabled={!connected || busy || problem !== null}
            >
                {connected ? `${side} ${eye.symbol}` : 'Connect a wallet to trade'}
            </button>
            <p className="note">
                Fills on a price published two to fifteen seconds after it {isLimit ? 'is triggered' : 'was placed'}, at
                its worse edge: nobody knows it yet, neither do you.
            </p>
        </form>
    );
}
