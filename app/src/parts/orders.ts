/** Words for orders. */
import type { Order } from '@bulkhead/client';

import type { OrderStanding } from '../chain/risk.ts';
import { price, size } from '../format.ts';

/** The program's kinds of orders. */
export const MARKET = 0;
export const LIMIT = 1;
export const STOP_LOSS = 2;
export const TAKE_PROFIT = 3;

const KINDS = ['Market', 'Limit', 'Stop-loss', 'Take-profit'];

export function nameOfOrder({ action, kind }: Pick<Order, 'action' | 'kind'>): string {
    const isExit = kind === STOP_LOSS || kind === TAKE_PROFIT;
    return isExit ? (KINDS[kind] ?? '') : `${KINDS[kind] ?? ''} ${action === 0 ? 'increase' : 'close'}`;
}

/** A size that closes whatever there is. */
const ALL = 0xffff_ffff_ffff_ffffn;

export function sizeOfOrder({ sizeAtoms }: Order, decimals: number): string {
    return sizeAtoms === ALL ? 'of everything' : size(sizeAtoms, decimals);
}

export function stateOfOrder(standing: OrderStanding | null, order: Order): string {
    if (!standing) return 'cannot be read';
    switch (standing.state) {
        case 'waiting':
            return `waits for ${standing.triggersAbove ? '≥' : '≤'} ${price(order.triggerPriceE12)}`;
        case 'triggerable':
            return 'its trigger is met';
        case 'in window':
            return standing.refusal && !/window/i.test(standing.refusal)
                ? `waits: ${standing.refusal}`
                : 'waits for a price that nobody knows yet';
        case 'executable':
            return standing.refusal ? `ends now: ${standing.refusal}` : 'fills now';
        case 'lapsed':
            return 'lapsed';
        case 'expired':
            return 'expired';
        default:
            return 'void';
    }
}

/** What an order does once it is triggered is quoted whatever its worst price, which is shown beside it. */
export const ANY_SLIPPAGE_PPM = 990_000;

export const EXPIRIES = [
    [0, 'never'],
    [86_400, '1 day'],
    [604_800, '1 week'],
] as const;

export function expiryAt(now: bigint, afterSecs: number): bigint {
    return afterSecs === 0 ? 0n : now + BigInt(afterSecs);
}
