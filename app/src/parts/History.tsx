import { explain, type BulkheadEvent } from '../chain/risk.ts';
import { clock, price, short, size, usd } from '../format.ts';
import { useHistory } from '../state/history.ts';
import type { Eye } from '../state/hooks.ts';
import type { CompartmentProps } from './Compartment.tsx';

const LIMIT = 25;

function words(event: BulkheadEvent, { view }: Eye): string {
    const dollars = (atoms = 0n) => usd(atoms, view.quoteDecimals);
    const amount = size(event.sizeAtoms ?? 0n, view.baseDecimals);
    const at = price(event.priceE12 ?? 0n);
    switch (event.name) {
        case 'PositionCreated':
            return `Created with ${dollars(event.collateralAtoms)}`;
        case 'OrderPlaced':
            return event.triggerPriceE12
                ? `${['', 'Limit', 'Stop-loss', 'Take-profit'][event.kind ?? 0]} placed at ${price(event.triggerPriceE12)}, worst price ${at}`
                : `Order placed, worst price ${at}`;
        case 'OrderTriggered':
            return `Order triggered at ${at}`;
        case 'OrderFailed':
            return `Order refused: ${explain([], event.errorCode) ?? `error ${event.errorCode}`}`;
        case 'OrderCancelled':
            return 'Order cancelled';
        case 'PositionIncreased':
            return `Filled ${amount} at ${at}, fee ${dollars(event.feeAtoms)}`;
        case 'PositionDecreased':
            return `Closed ${amount} at ${at}, result ${dollars(event.pnlAtoms)}`;
        case 'CollateralAdded':
            return `Added ${dollars(event.amountAtoms)}`;
        case 'CollateralRemoved':
            return `Removed ${dollars(event.amountAtoms)}`;
        case 'MarginCalled':
            return `Margin call at ${at}: equity ${dollars(event.equityAtoms)}, must hold ${dollars(event.maintenanceAtoms)}`;
        case 'TopUpSet':
            return `Top-up plan set: ${dollars(event.amountAtoms)} at a time, ${dollars(event.budgetAtoms)} in all`;
        case 'TopUpCancelled':
            return 'Top-up plan taken back';
        case 'ToppedUp':
            return `Topped up by ${dollars(event.amountAtoms)}, ${dollars(event.payAtoms)} to the keeper`;
        case 'PositionRefreshed':
            return 'Margin requirement followed the market’s volatility';
        case 'PositionSettled':
            return `Settled with the market at ${at}, result ${dollars(event.pnlAtoms)}`;
        case 'FrozenCollected':
            return `Collected ${dollars(event.amountAtoms)} that was frozen`;
        case 'PositionSighted':
            return 'Seen below maintenance';
        case 'PositionLiquidated':
            return `Liquidated ${amount} at ${at}, result ${dollars(event.pnlAtoms)}, ${dollars(event.collateralAtoms)} left`;
        case 'CappedSettled':
            return `Settled at its payout cap, ${at}`;
        case 'PositionClosed':
            return `Taken out: ${dollars(event.amountAtoms)}`;
        case 'DelegateSet':
            return `Delegate ${short(event.delegate ?? '')}`;
        default:
            return event.name;
    }
}

export function History({ eye, position }: Pick<CompartmentProps, 'eye' | 'position'>) {
    const history = useHistory(position.address, LIMIT, position.data);
    if (!history) return <p className="note">Reading its transactions.</p>;
    const own = history.filter(({ event }) => event.position === position.address);
    return (
        <ol className="history" aria-label="History, newest first">
            {own.map(({ at, signature, event }, place) => (
                <li key={`${signature}${place}`}>
                    <time>{clock(at)}</time> {words(event, eye)}
                </li>
            ))}
            {own.length === 0 && <li>Nothing found.</li>}
        </ol>
    );
}
