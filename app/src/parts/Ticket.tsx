import { useState, type FormEvent } from 'react';

import type { IncreaseView } from '../chain/risk.ts';
import { useWallets } from '../chain/wallet.ts';
import { decimal, parseAmount, percent, price, size, typed, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { useBalances } from '../state/balances.ts';
import { asked, type Answer, type Eye } from '../state/hooks.ts';
import { Field, Row } from './Field.tsx';

const SLIPPAGES_PPM = [1_000, 5_000, 20_000];

/** The order that opens a position: what it is, and everything that it would do, before it is signed. */
export function Ticket({ eye }: { eye: Eye }) {
    const { connected } = useWallets();
    const { act, busy } = useActing();
    const { collateralAtoms: balance, lamports } = useBalances(connected?.address ?? null, eye.market);
    const { quoteDecimals, baseDecimals } = eye.view;
    const [isShort, setShort] = useState(false);
    const [collateral, setCollateral] = useState('500');
    const [leverageE2, setLeverage] = useState(300);
    const [ownSize, setOwnSize] = useState<string | null>(null);
    const [capPercent, setCapPercent] = useState(100);
    const [slippagePpm, setSlippage] = useState(5_000);

    const collateralAtoms = parseAmount(collateral, quoteDecimals);
    const sizeAtoms =
        ownSize !== null
            ? parseAmount(ownSize, baseDecimals)
            : collateralAtoms === null
              ? null
              : asked(() => eye.look.sizeAtLeverage(collateralAtoms, leverageE2)).value;
    const quote: Answer<IncreaseView> =
        collateralAtoms === null || sizeAtoms === null
            ? { value: null, refusal: 'Enter collateral and size' }
            : asked(() => eye.look.quoteOpen(isShort, collateralAtoms, sizeAtoms, capPercent * 10_000, slippagePpm));
    const isShortOfFunds = balance !== null && collateralAtoms !== null && collateralAtoms > balance;
    const problem = isShortOfFunds ? `The wallet has ${usd(balance, quoteDecimals)}` : quote.refusal;
    const side = isShort ? 'Short' : 'Long';

    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (!connected || collateralAtoms === null || sizeAtoms === null || problem) return;
        void act(`${side} ${size(sizeAtoms, baseDecimals)} ${eye.symbol}`, async () => {
            // Loaded with the first order: the page shows its numbers without it.
            const { open } = await import('../chain/acts.ts');
            const acceptablePriceE12 = eye.look.acceptablePriceE12(isShort, false, slippagePpm);
            const payoutCapPpm = capPercent * 10_000;
            const opening = { short: isShort, collateralAtoms, sizeAtoms, acceptablePriceE12, payoutCapPpm };
            return (await open(connected.address, eye.market, opening))[1];
        });
    };

    return (
        <form className="panel ticket" onSubmit={submit} aria-label={`Order ticket for ${eye.symbol}`}>
            <div className="sides" role="group" aria-label="Side">
                <button type="button" className="long" aria-pressed={!isShort} onClick={() => setShort(false)}>
                    Long
                </button>
                <button type="button" className="short" aria-pressed={isShort} onClick={() => setShort(true)}>
                    Short
                </button>
            </div>
            <Field
                label="Collateral"
                value={collateral}
                unit="USD"
                onChange={setCollateral}
                note={balance === null ? 'The most this position can lose' : `Wallet ${usd(balance, quoteDecimals)}`}
            />
            <label className="slider">
                <span>
                    Leverage <output>{decimal(BigInt(leverageE2), 2, { digits: 1 })}×</output>
                </span>
                <input
                    type="range"
                    min={100}
                    max={2000}
                    step={10}
                    value={leverageE2}
                    onChange={(event) => {
                        setLeverage(Number(event.target.value));
                        setOwnSize(null);
                    }}
                />
            </label>
            <Field
                label="Size"
                value={ownSize ?? (sizeAtoms === null ? '' : typed(sizeAtoms, baseDecimals))}
                unit={eye.symbol}
                onChange={setOwnSize}
                note="Follows the slider unless you type one"
            />
            <label className="slider">
                <span>
                    Payout cap <output>{capPercent} % of notional</output>
                </span>
                <input
                    type="range"
                    min={5}
                    max={100}
                    step={5}
                    value={capPercent}
                    onChange={(event) => setCapPercent(Number(event.target.value))}
                />
            </label>
            <div className="choices" role="group" aria-label="Slippage">
                <span>Slippage</span>
                {SLIPPAGES_PPM.map((ppm) => (
                    <button key={ppm} type="button" aria-pressed={ppm === slippagePpm} onClick={() => setSlippage(ppm)}>
                        {percent(ppm, { digits: 1 })}
                    </button>
                ))}
            </div>
            <Consequences quote={quote.value} eye={eye} />
            {problem && (
                <p className="note bad" role="status" data-testid="refusal">
                    {problem}
                </p>
            )}
            {lamports === 0n && <p className="note bad">The wallet has no SOL for fees and rent.</p>}
            <button
                type="submit"
                className={isShort ? 'primary short' : 'primary long'}
                disabled={!connected || busy || problem !== null}
            >
                {connected ? `${side} ${eye.symbol}` : 'Connect a wallet to trade'}
            </button>
            <p className="note">
                Fills on a price published two to fifteen seconds from now, at its worse edge: nobody knows it yet,
                neither do you.
            </p>
        </form>
    );
}

function Consequences({ quote, eye }: { quote: IncreaseView | null; eye: Eye }) {
    const { quoteDecimals } = eye.view;
    const dollars = (atoms: bigint | undefined) => (atoms === undefined ? '–' : usd(atoms, quoteDecimals));
    const after = quote?.after;
    return (
        <dl className="rows" aria-label="What it would do">
            <Row label="Fill about">{quote ? price(quote.fillPriceE12) : '–'}</Row>
            <Row label="Notional">{dollars(quote?.notionalAtoms)}</Row>
            <Row label="Margin now needed">{dollars(quote?.initialMarginAtoms)}</Row>
            <Row label="Margin to be kept after">
                {after ? `${dollars(after.maintenanceMarginAtoms)} (${percent(after.maintenancePpm)})` : '–'}
            </Row>
            <Row label="Liquidation price" strong>
                {after ? price(after.liquidationPriceE12) : '–'}
            </Row>
            <Row label="Most it can lose" strong>
                {dollars(quote?.lossMaxAtoms)}
            </Row>
            <Row label="Most it can win" strong>
                {dollars(quote?.winMaxAtoms)}
            </Row>
            <Row label="Open fee">{dollars(quote?.tradeFeeAtoms)}</Row>
            <Row label="Price impact">{dollars(quote?.impactAtoms)}</Row>
            <Row label="Borrow a day">{dollars(after?.borrowDayAtoms)}</Row>
            <Row label="Funding paid a day">{dollars(after?.fundingDayAtoms)}</Row>
            <Row label="Kept if volatility doubled, at most">{dollars(after?.stressedMaintenanceAtoms)}</Row>
        </dl>
    );
}
