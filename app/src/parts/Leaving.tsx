import type { Market, Position } from '@bulkhead/client';
import type { Address } from '@solana/kit';

import * as acts from '../chain/acts/index.ts';
import { usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { ordersOf, useWorld } from '../state/hooks.ts';
import { isSettled, type Held } from '../state/world.ts';
import { Row } from './Field.tsx';
import { useProceeds } from './proceeds.ts';

interface LeavingProps {
    market: Held<Market>;
    position: Held<Position>;
    wallet: Address;
}

interface Way {
    words: string;
    /** Null where nothing can be taken out yet. */
    button: string | null;
}

const ALL = 'take everything out';
const PENDING = 0;
const CLOSED = 2;

function wayOut(market: Held<Market>, position: Held<Position>): Way {
    const { status, openOrders } = position.account;
    const hasOrders = openOrders > 0;
    if (acts.hasFrozen(position)) {
        return {
            words: 'Its vault was frozen when it was closed, and what was owed between vault and pool is still outstanding. It can be collected once the issuer of the collateral has thawed the vault.',
            button: `Collect and ${ALL}`,
        };
    }
    if (status === CLOSED) {
        return { words: 'Flat for good. What is left in the vault is yours.', button: 'Take everything out' };
    }
    if (status !== PENDING) {
        return {
            words: 'It closes at the settlement price, without a fee. What is left of its collateral, and its gain up to what was set aside for it, goes to its owner’s wallet.',
            button: `Settle and ${ALL}`,
        };
    }
    if (!isSettled(market) && hasOrders) {
        return { words: 'Its first order waits: it opens when that fills.', button: null };
    }
    return {
        words: hasOrders ? 'Its order can no longer fill.' : 'Its order did not fill.',
        button: hasOrders ? `Cancel its order and ${ALL}` : 'Take everything out',
    };
}

/** The way out of a position that holds no size, or whose market is settled: one button. */
export function Leaving({ market, position, wallet }: LeavingProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const { words, button } = wayOut(market, position);
    const isOwner = position.account.owner === wallet;
    const orders = ordersOf(world, position);
    const leave = () =>
        void act(button ?? '', () => acts.takeOut(wallet, market, position, orders), [
            position.address,
            ...orders.map(({ address }) => address),
        ]);
    return (
        <div className="waiting">
            <p>{words}</p>
            {acts.hasFrozen(position) && <Frozen market={market} position={position} />}
            {button && isOwner && (
                <>
                    <Proceeds market={market} position={position} wallet={wallet} />
                    <button type="button" className="primary" disabled={busy} onClick={leave}>
                        {button}
                    </button>
                </>
            )}
            {button && !isOwner && <p className="note">Only its owner can take it out.</p>}
        </div>
    );
}

function Frozen({ market, position }: Omit<LeavingProps, 'wallet'>) {
    const { frozenOwedAtoms, reservedAtoms } = position.account;
    const { quoteDecimals } = market.account.params;
    return (
        <dl className="rows">
            <Row label="Vault owes the pool">{usd(frozenOwedAtoms, quoteDecimals)}</Row>
            <Row label="Pool owes the vault">{usd(reservedAtoms, quoteDecimals)}</Row>
        </dl>
    );
}

function Proceeds({ market, position, wallet }: LeavingProps) {
    const returnedAtoms = useProceeds(market, position, wallet);
    const { quoteDecimals } = market.account.params;
    if (returnedAtoms === null) return null;
    return (
        <dl className="rows">
            <Row label="Goes to your wallet" strong>
                <span data-testid="proceeds">{usd(returnedAtoms, quoteDecimals)}</span>
            </Row>
        </dl>
    );
}
