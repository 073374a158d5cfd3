import type { IncreaseView, Standing } from '../chain/risk.ts';
import { percent, price, usd } from '../format.ts';
import type { Eye } from '../state/hooks.ts';
import { Row } from './Field.tsx';

interface ConsequencesProps {
    quote: IncreaseView | null;
    eye: Eye;
    /** How the position stands now, where there is one. */
    before?: Standing | null;
}

/** Everything that opening or increasing would do, before it is signed. */
export function Consequences({ quote, eye, before }: ConsequencesProps) {
    const { quoteDecimals } = eye.view;
    const dollars = (atoms: bigint | undefined) => (atoms === undefined ? '–' : usd(atoms, quoteDecimals));
    const fine = (atoms: bigint | undefined) => (atoms === undefined ? '–' : usd(atoms, quoteDecimals, { digits: 4 }));
    const at = (e12: bigint | undefined) => (e12 === undefined ? '–' : price(e12));
    const after = quote?.after;
    const change = (now: string, then: string) => (before ? `${now} → ${then}` : then);
    const kept = (standing: Standing | undefined) =>
        standing ? `${dollars(standing.maintenanceMarginAtoms)} (${percent(standing.maintenancePpm)})` : '–';
    return (
        <dl className="rows" aria-label="What it would do">
            <Row label="Fills about">{at(quote?.fillPriceE12)}</Row>
            <Row label="Notional">{dollars(quote?.notionalAtoms)}</Row>
            <Row label="Initial margin">{dollars(quote?.initialMarginAtoms)}</Row>
            <Row label={before ? 'Maintenance margin now' : 'Maintenance margin after'}>
                {kept(before ?? after ?? undefined)}
            </Row>
            {before && <Row label="and after">{kept(after)}</Row>}
            <Row label="Liquidation price" strong>
                {change(at(before?.liquidationPriceE12), at(after?.liquidationPriceE12))}
            </Row>
            <Row label="Most it can lose: the vault" strong>
                {dollars(quote?.lossMaxAtoms)}
            </Row>
            <Row label="Most it can win: the reserve" strong>
                {dollars(quote?.winMaxAtoms)}
            </Row>
            <Row label="Open fee">{dollars(quote?.tradeFeeAtoms)}</Row>
            <Row label="Price impact">{dollars(quote?.impactAtoms)}</Row>
            <Row label="Borrow a day">{fine(after?.borrowDayAtoms)}</Row>
            <Row label="Funding paid a day">{fine(after?.fundingDayAtoms)}</Row>
            <Row label="If volatility doubled: margin up to">{dollars(after?.stressedMaintenanceAtoms)}</Row>
            <Row label="and liquidation from">{at(after?.stressedLiquidationPriceE12)}</Row>
        </dl>
    );
}
