import type { Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useState } from 'react';

import * as acts from '../chain/acts/index.ts';
import type { Standing } from '../chain/risk.ts';
import { decimal, percent, price, size, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { asked, ordersOf, standingOf, useWorld, type Eye } from '../state/hooks.ts';
import type { Held } from '../state/world.ts';
import { ExitForm } from './ExitForm.tsx';
import { CollateralForm, DelegateForm } from './Forms.tsx';
import { Gauge } from './Gauge.tsx';
import { Head, Vault, titleOf } from './Head.tsx';
import { History } from './History.tsx';
import { IncreaseForm } from './IncreaseForm.tsx';
import { Row } from './Field.tsx';
import { Leaving } from './Leaving.tsx';
import { TopUpForm } from './TopUpForm.tsx';
import { nameOfOrder, sizeOfOrder, stateOfOrder } from './orders.ts';

type Open = 'add' | 'remove' | 'exit' | 'increase' | 'top-up' | 'delegate' | 'history' | null;

export interface CompartmentProps {
    eye: Eye;
    position: Held<Position>;
    wallet: Address;
}

/** One position: its own vault, its own health, its own acts. */
export function Compartment({ eye, position, wallet }: CompartmentProps) {
    const [open, setOpen] = useState<Open>(null);
    const standing = standingOf(eye, position);
    const { account } = position;
    const isOwner = account.owner === wallet;
    const title = titleOf(eye.symbol, account);
    const options: [Exclude<Open, null>, string, boolean][] = [
        ['add', 'Add collateral', account.status !== 2],
        ['remove', 'Remove', account.status === 1 && isOwner],
        ['exit', 'Close or stop', account.status === 1],
        ['increase', 'Increase', account.status === 1],
        ['top-up', 'Top-up plan', account.status === 1 && isOwner],
        ['delegate', 'Delegate', account.status !== 2 && isOwner],
        ['history', 'History', true],
    ];
    return (
        <article className="panel compartment" aria-label={title} data-testid={`position-${account.id}`}>
            <Head
                symbol={eye.symbol}
                account={account}
                status={`${standing?.status ?? 'unreadable'}${standing?.reduceOnly ? ', reduce-only' : ''}`}
            />
            {standing?.status === 'open' && <Numbers standing={standing} eye={eye} />}
            {account.status !== 1 && <Leaving market={eye.market} position={position} wallet={wallet} />}
            <Vault account={account} decimals={eye.view.quoteDecimals} />
            <Orders eye={eye} position={position} wallet={wallet} />
            <div className="actions" role="group" aria-label={`Acts on ${title}`}>
                {options
                    .filter(([, , isPossible]) => isPossible)
                    .map(([name, words]) => (
                        <button
                            key={name}
                            type="button"
                            aria-expanded={open === name}
                            onClick={() => setOpen(open === name ? null : name)}
                        >
                            {words}
                        </button>
                    ))}
            </div>
            {(open === 'add' || open === 'remove') && (
                <CollateralForm key={open} removes={open === 'remove'} eye={eye} position={position} wallet={wallet} />
            )}
            {open === 'exit' && <ExitForm eye={eye} position={position} wallet={wallet} />}
            {open === 'increase' && <IncreaseForm eye={eye} position={position} wallet={wallet} />}
            {open === 'top-up' && <TopUpForm eye={eye} position={position} wallet={wallet} />}
            {open === 'delegate' && <DelegateForm eye={eye} position={position} wallet={wallet} />}
            {open === 'history' && <History market={eye.market} position={position} />}
        </article>
    );
}

function Numbers({ standing, eye }: { standing: Standing; eye: Eye }) {
    const { quoteDecimals, baseDecimals } = eye.view;
    const dollars = (atoms: bigint) => usd(atoms, quoteDecimals);
    const tone = standing.pnlAtoms < 0n ? 'bad' : 'good';
    return (
        <>
            <Gauge standing={standing} decimals={quoteDecimals} />
            <dl className="rows two">
                <Row label="Health">
                    <span data-testid="health">{percent(standing.healthPpm)}</span>
                </Row>
                <Row label="Must hold">
                    <span data-testid="maintenance-ppm">{percent(standing.maintenancePpm)}</span>
                </Row>
                <Row label="Size">{size(standing.sizeAtoms, baseDecimals)}</Row>
                <Row label="Leverage">{decimal(standing.leverageE2, 2, { digits: 1 })}×</Row>
                <Row label="Entry">{price(standing.entryPriceE12)}</Row>
                <Row label="Index">{price(eye.view.priceE12)}</Row>
                <Row label="Profit and loss">
                    <span className={tone} data-testid="pnl">
                        {usd(standing.pnlAtoms, quoteDecimals, { sign: true })}
                    </span>
                </Row>
                <Row label="Equity" strong>
                    <span data-testid="equity">{dollars(standing.equityAtoms)}</span>
                </Row>
                <Row label="Maintenance margin">
                    <span data-testid="maintenance">{dollars(standing.maintenanceMarginAtoms)}</span>
                </Row>
                <Row label="Initial margin">
                    <span data-testid="initial">{dollars(standing.initialMarginAtoms)}</span>
                </Row>
                <Row label="Liquidation price" strong>
                    <span data-testid="liquidation">{price(standing.liquidationPriceE12)}</span>
                </Row>
                <Row label="Distance to it">
                    {percent(standing.distancePpm)} or {decimal(standing.distanceSigmaE2, 2, { digits: 1 })} σ
                </Row>
                <Row label="Most it can win">{dollars(standing.reservedAtoms)}</Row>
                <Row label="Fees owed / funding due">
                    {dollars(standing.owedAtoms)} / {dollars(standing.dueAtoms)}
                </Row>
                <Row label="Maintenance if volatility doubled">up to {dollars(standing.stressedMaintenanceAtoms)}</Row>
                <Row label="Made of">
                    <span title="volatility + size + liquidation fee">
                        {percent(standing.marginPpm)} + {percent(standing.addonPpm)} +{' '}
                        {percent(standing.liquidationFeePpm)}
                    </span>
                </Row>
            </dl>
        </>
    );
}

function Orders({ eye, position, wallet }: CompartmentProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const { account } = position;
    const orders = ordersOf(world, position);
    // The position knows first: that an order was closed is noticed later.
    if (orders.length === 0 || account.openOrders === 0) return null;
    return (
        <ul className="orders">
            {orders.map((order) => {
                const standing = asked(() => eye.look.order(order.data, position.data)).value;
                const name = nameOfOrder(order.account);
                const isOurs = account.owner === wallet || account.delegate === wallet;
                const mayCancel = isOurs ? standing?.cancellableByOwner : standing?.cancellableByAnyone;
                return (
                    <li
                        key={order.address}
                        data-testid={`order-${order.account.id}`}
                        data-state={standing?.state}
                        data-error={standing?.errorCode}
                    >
                        <span>
                            <strong>{name}</strong> {sizeOfOrder(order.account, eye.view.baseDecimals)}:{' '}
                            {stateOfOrder(standing, order.account)}
                            {standing && standing.fillPriceE12 > 0n && (
                                <span className="soft">
                                    , would fill at <span data-testid="order-fill">{price(standing.fillPriceE12)}</span>
                                </span>
                            )}
                        </span>
                        <button
                            type="button"
                            disabled={busy || !mayCancel}
                            aria-label={`Cancel: ${name} #${order.account.id}`}
                            onClick={() =>
                                void act('Cancel the order', async () => acts.cancel(wallet, eye.market, order), [
                                    order.address,
                                    position.address,
                                ])
                            }
                        >
                            Cancel
                        </button>
                    </li>
                );
            })}
        </ul>
    );
}
