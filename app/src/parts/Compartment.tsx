import type { Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';
import { useState } from 'react';

import * as acts from '../chain/acts.ts';
import type { Standing } from '../chain/risk.ts';
import { useWallets } from '../chain/wallet.ts';
import { explorer } from '../config.ts';
import { decimal, percent, price, short, size, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { asked, standingOf, useWorld, type Eye } from '../state/hooks.ts';
import type { Held } from '../state/world.ts';
import { CollateralForm, DecreaseForm, DelegateForm } from './Forms.tsx';
import { Gauge } from './Gauge.tsx';
import { History } from './History.tsx';
import { Row } from './Field.tsx';

type Open = 'add' | 'remove' | 'close' | 'delegate' | 'history' | null;

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
    const title = `${eye.symbol} ${account.side === 0 ? 'long' : 'short'} #${account.id}`;
    const options: [Exclude<Open, null>, string, boolean][] = [
        ['add', 'Add collateral', account.status !== 2],
        ['remove', 'Remove', account.status === 1 && isOwner],
        ['close', 'Close', account.status === 1],
        ['delegate', 'Delegate', account.status !== 2 && isOwner],
        ['history', 'History', true],
    ];
    return (
        <article className="panel compartment" aria-label={title} data-testid={`position-${account.id}`}>
            <header>
                <h2>
                    {eye.symbol}{' '}
                    <span className={account.side === 0 ? 'tag long' : 'tag short'}>
                        {account.side === 0 ? 'Long' : 'Short'}
                    </span>
                </h2>
                <span className="status" data-testid="status">
                    {standing?.status ?? 'unreadable'}
                    {standing?.reduceOnly ? ', reduce-only' : ''}
                </span>
            </header>
            {standing?.status === 'open' && <Numbers standing={standing} eye={eye} />}
            {standing && standing.status !== 'open' && (
                <Waiting standing={standing} position={position} eye={eye} isOwner={isOwner} />
            )}
            <p className="vault">
                Vault{' '}
                <a href={explorer(account.vault)} target="_blank" rel="noreferrer" title={account.vault}>
                    {short(account.vault)}
                </a>{' '}
                holds what can be lost: {usd(account.collateralAtoms, eye.view.quoteDecimals)}
            </p>
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
            {open === 'close' && <DecreaseForm eye={eye} position={position} wallet={wallet} />}
            {open === 'delegate' && <DelegateForm eye={eye} position={position} wallet={wallet} />}
            {open === 'history' && <History eye={eye} position={position} />}
        </article>
    );
}

function Numbers({ standing, eye }: { standing: Standing; eye: Eye }) {
    const { quoteDecimals, baseDecimals } = eye.view;
    const dollars = (atoms: bigint) => usd(atoms, quoteDecimals);
    const tone = standing.pnlAtoms < 0n ? 'bad' : 'good';
    return (
        <>
            <Gauge standing={standing} />
            <dl className="rows two">
                <Row label="Health">
                    <span data-testid="health">{percent(standing.healthPpm)}</span>
                </Row>
                <Row label="Must hold">{percent(standing.maintenancePpm)}</Row>
                <Row label="Size">{size(standing.sizeAtoms, baseDecimals)}</Row>
                <Row label="Leverage">{decimal(standing.leverageE2, 2, { digits: 1 })}×</Row>
                <Row label="Entry">{price(standing.entryPriceE12)}</Row>
                <Row label="Index">{price(eye.view.priceE12)}</Row>
                <Row label="Profit and loss">
                    <span className={tone}>{usd(standing.pnlAtoms, quoteDecimals, { sign: true })}</span>
                </Row>
                <Row label="Equity" strong>
                    <span data-testid="equity">{dollars(standing.equityAtoms)}</span>
                </Row>
                <Row label="Maintenance margin">{dollars(standing.maintenanceMarginAtoms)}</Row>
                <Row label="Initial margin">{dollars(standing.initialMarginAtoms)}</Row>
                <Row label="Liquidation price" strong>
                    {price(standing.liquidationPriceE12)}
                </Row>
                <Row label="Away">
                    {percent(standing.distancePpm)} or {decimal(standing.distanceSigmaE2, 2, { digits: 1 })} σ
                </Row>
                <Row label="Most it can win">{dollars(standing.reservedAtoms)}</Row>
                <Row label="Owed / due">
                    {dollars(standing.owedAtoms)} / {dollars(standing.dueAtoms)}
                </Row>
                <Row label="If volatility doubled, at most">{dollars(standing.stressedMaintenanceAtoms)}</Row>
                <Row label="Margin parts">
                    {percent(standing.marginPpm)} + {percent(standing.addonPpm)} + {percent(standing.liquidationFeePpm)}
                </Row>
            </dl>
        </>
    );
}

function Waiting({
    standing,
    position,
    eye,
    isOwner,
}: {
    standing: Standing;
    position: Held<Position>;
    eye: Eye;
    isOwner: boolean;
}) {
    const { act, busy } = useActing();
    const connected = useWallets().connected?.address;
    // Flat, and no order can fill it any more: what is in it goes back.
    const isFlat = standing.status === 'closed' || (standing.status === 'pending' && position.account.openOrders === 0);
    const takeOut = () =>
        connected &&
        void act('Take everything out', () => acts.close(connected, eye.market, position), [position.address]);
    return (
        <div className="waiting">
            <p>
                {standing.status === 'closed'
                    ? 'Flat for good. What is left in the vault is yours.'
                    : isFlat
                      ? 'Its order did not fill.'
                      : 'Its order waits for a price that nobody knows yet.'}
            </p>
            {isFlat && isOwner && (
                <button type="button" className="primary" disabled={busy} onClick={takeOut}>
                    Take everything out
                </button>
            )}
        </div>
    );
}

function Orders({ eye, position, wallet }: CompartmentProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const orders = [...world.orders.values()].filter((order) => order.account.position === position.address);
    if (orders.length === 0) return null;
    return (
        <ul className="orders">
            {orders.map((order) => {
                const timing = asked(() => eye.look.orderTiming(order.data)).value;
                const what = order.account.action === 0 ? 'Increase' : 'Decrease';
                return (
                    <li key={order.address}>
                        {what} order #{order.account.id},{' '}
                        {timing?.cancellable ? 'lapsed' : timing?.due ? 'fills now' : 'waits for its price'}
                        <button
                            type="button"
                            disabled={busy || !timing?.cancellable}
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
