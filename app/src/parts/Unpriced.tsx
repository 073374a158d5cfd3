import type { Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useState } from 'react';

import * as acts from '../chain/acts/index.ts';
import { price, size, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { ordersOf, useWorld, type Sight } from '../state/hooks.ts';
import { isSettled, type Held } from '../state/world.ts';
import { Row } from './Field.tsx';
import { Head, Vault, titleOf } from './Head.tsx';
import { History } from './History.tsx';
import { Leaving } from './Leaving.tsx';
import { nameOfOrder, sizeOfOrder } from './orders.ts';

const STATUSES = ['pending', 'open', 'closed'];
const OPEN = 1;

interface UnpricedProps {
    sight: Sight;
    position: Held<Position>;
    wallet: Address;
}

/** A position whose market gives no price: it is settled, or its oracle is silent. Only what needs none is offered. */
export function Unpriced({ sight, position, wallet }: UnpricedProps) {
    const [isOpen, setOpen] = useState(false);
    const { market, symbol } = sight;
    const { account } = position;
    const { quoteDecimals } = market.account.params;
    const settled = isSettled(market);
    const title = titleOf(symbol, account);
    const status = STATUSES[account.status] ?? 'unreadable';
    return (
        <article className="panel compartment" aria-label={title} data-testid={`position-${account.id}`}>
            <Head symbol={symbol} account={account} status={settled ? `${status}, market settled` : status} />
            <p className="banner" data-testid="ending">
                {settled ? (
                    <>
                        This market is settled at{' '}
                        <strong data-testid="settlement-price">{price(market.account.settlementPriceE12)}</strong>: it
                        takes no order and no price any more.
                    </>
                ) : (
                    'The oracle gives no price that the program takes. Orders wait for one; after seven days without any, the market can be settled on the Keep page.'
                )}
            </p>
            {account.status === OPEN && <Numbers sight={sight} account={account} />}
            <Vault account={account} decimals={quoteDecimals} />
            <Orders sight={sight} position={position} wallet={wallet} />
            {(settled || account.status !== OPEN) && <Leaving market={market} position={position} wallet={wallet} />}
            <div className="actions" role="group" aria-label={`Acts on ${title}`}>
                <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
                    History
                </button>
            </div>
            {isOpen && <History market={market} position={position} />}
        </article>
    );
}

function Numbers({ sight, account }: { sight: Sight; account: Position }) {
    const { params } = sight.market.account;
    return (
        <dl className="rows two">
            <Row label="Size">{size(account.sizeAtoms, params.baseDecimals)}</Row>
            <Row label="Collateral" strong>
                {usd(account.collateralAtoms, params.quoteDecimals)}
            </Row>
            <Row label="Entry">{price(account.entryPriceE12)}</Row>
            <Row label="Most it can win">{usd(account.reservedAtoms, params.quoteDecimals)}</Row>
        </dl>
    );
}

/** Without a price the page cannot say where an order stands: where it may not be cancelled, the program says so. */
function Orders({ sight: { market }, position, wallet }: UnpricedProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const orders = ordersOf(world, position);
    const { owner, delegate, openOrders } = position.account;
    if (orders.length === 0 || openOrders === 0) return null;
    const settled = isSettled(market);
    // The one button of a settled market sweeps them all.
    const mayTry = !settled && (owner === wallet || delegate === wallet);
    const state = settled ? 'void' : 'waits for a price';
    return (
        <ul className="orders">
            {orders.map((order) => {
                const { address, account } = order;
                const name = nameOfOrder(account);
                return (
                    <li key={address} data-testid={`order-${account.id}`}>
                        <span>
                            <strong>{name}</strong> {sizeOfOrder(account, market.account.params.baseDecimals)}: {state}
                        </span>
                        {mayTry && (
                            <button
                                type="button"
                                disabled={busy}
                                aria-label={`Cancel: ${name} #${account.id}`}
                                onClick={() =>
                                    void act('Cancel the order', async () => acts.cancel(wallet, market, order), [
                                        address,
                                        position.address,
                                    ])
                                }
                            >
                                Cancel
                            </button>
                        )}
                    </li>
                );
            })}
        </ul>
    );
}
