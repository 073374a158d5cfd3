import type { Market, Position } from '@bulkhead/client';

import type { BulkheadEvent } from '../chain/events.ts';
import { explain } from '../chain/risk.ts';
import { clock, price, short, size, usd } from '../format.ts';
import { useHistory } from '../state/history.ts';
import type { Held } from '../state/world.ts';
import { nameOfOrder } from './orders.ts';

const LIMIT = 25;

interface Closed {
    sizeAtoms: bigint;
    fillPriceE12: bigint;
    pnlAtoms: bigint;
    collateralAtoms: bigint;
}

function words(event: BulkheadEvent, { params }: Market): string {
    const dollars = (atoms: bigint) => usd(atoms, params.quoteDecimals);
    const amount = (atoms: bigint) => size(atoms, params.baseDecimals);
    const closed = ({ sizeAtoms, fillPriceE12, pnlAtoms, collateralAtoms }: Closed) =>
        `${amount(sizeAtoms)} at ${price(fillPriceE12)}, result ${dollars(pnlAtoms)}, ${dollars(collateralAtoms)} left`;
    switch (event.name) {
        case 'PositionCreated':
            return `Created with ${dollars(event.data.collateralAtoms)}`;
        case 'OrderPlaced': {
            const { triggerPriceE12, acceptablePriceE12 } = event.data;
            const at = triggerPriceE12 > 0n ? ` at ${price(triggerPriceE12)}` : '';
            return `${nameOfOrder(event.data)} placed${at}, worst price ${price(acceptablePriceE12)}`;
        }
        case 'OrderTriggered':
            return `Order triggered at ${price(event.data.indexPriceE12)}`;
        case 'OrderFailed':
            return `Order refused: ${explain([], event.data.errorCode) ?? `error ${event.data.errorCode}`}`;
        case 'OrderCancelled':
            return 'Order cancelled';
        case 'PositionIncreased': {
            const { sizeAtoms, fillPriceE12, tradeFeeAtoms } = event.data;
            return `Filled ${amount(sizeAtoms)} at ${price(fillPriceE12)}, fee ${dollars(tradeFeeAtoms)}`;
        }
        case 'PositionDecreased':
            return `Closed ${closed(event.data.closed)}`;
        case 'CollateralAdded':
            return `Added ${dollars(event.data.amountAtoms)}`;
        case 'CollateralRemoved':
            return `Removed ${dollars(event.data.amountAtoms)}`;
        case 'MarginCalled': {
            const { priceE12, equityAtoms, maintenanceAtoms } = event.data;
            return `Margin call at ${price(priceE12)}: equity ${dollars(equityAtoms)}, must hold ${dollars(maintenanceAtoms)}`;
        }
        case 'TopUpSet':
            return `Top-up plan set: ${dollars(event.data.amountAtoms)} at a time, ${dollars(event.data.budgetAtoms)} in all`;
        case 'TopUpCancelled':
            return 'Top-up plan taken back';
        case 'ToppedUp': {
            const { intoVaultAtoms, keeperPayAtoms } = event.data;
            return `Topped up by ${dollars(intoVaultAtoms)}, ${dollars(keeperPayAtoms)} to the keeper`;
        }
        case 'PositionRefreshed':
            return 'Margin requirement followed the market’s volatility';
        case 'PositionSighted':
            return 'Seen below maintenance';
        case 'PositionLiquidated':
            return `Liquidated ${closed(event.data.closed)}`;
        case 'CappedSettled':
            return `Settled at its payout cap: ${closed(event.data.closed)}`;
        case 'PositionSettled':
            return `Settled with the market: ${closed(event.data.closed)}`;
        case 'FrozenCollected':
            return `Collected ${dollars(event.data.toVaultAtoms)} that was frozen`;
        case 'PositionClosed':
            return `Taken out: ${dollars(event.data.returnedAtoms)}`;
        case 'DelegateSet':
            return event.data.delegate === NOBODY ? 'Delegate removed' : `Delegate ${short(event.data.delegate)}`;
        default:
            return event.name;
    }
}

const NOBODY = '11111111111111111111111111111111';

export function History({ market, position }: { market: Held<Market>; position: Held<Position> }) {
    const history = useHistory(position.address, LIMIT, position.data);
    if (!history) return <p className="note">Reading its transactions.</p>;
    const own = history.filter(({ event }) => 'position' in event.data && event.data.position === position.address);
    return (
        <ol className="history" aria-label="History, newest first">
            {own.map(({ at, signature, event }, place) => (
                <li key={`${signature}${place}`}>
                    <time>{clock(at)}</time> {words(event, market.account)}
                </li>
            ))}
            {own.length === 0 && <li>Nothing found.</li>}
        </ol>
    );
}
