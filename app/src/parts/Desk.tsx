import { Suspense, lazy, useState } from 'react';

import { useWallets } from '../chain/wallet.ts';
import { size } from '../format.ts';
import { useWorld, type Eye } from '../state/hooks.ts';
import { OpenForm } from './Ticket.tsx';

const ExitForm = lazy(() => import('./ExitForm.tsx').then(({ ExitForm: it }) => ({ default: it })));

/** What the ticket is for; the numbers are the program's kinds of orders. */
const TABS = [
    ['open', 'Open', undefined],
    ['stop', 'Stop-loss', 2],
    ['take', 'Take-profit', 3],
    ['close', 'Close', undefined],
] as const;

/** The order ticket: opening, and for positions that are open, getting out. */
export function Desk({ eye }: { eye: Eye }) {
    const [tab, setTab] = useState<(typeof TABS)[number][0]>('open');
    const kind = TABS.find(([name]) => name === tab)?.[2];
    return (
        <section className="panel desk" aria-label="Order ticket">
            <div className="tabs" role="group" aria-label="What the order does">
                {TABS.map(([name, words]) => (
                    <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>
                        {words}
                    </button>
                ))}
            </div>
            {tab === 'open' ? <OpenForm eye={eye} /> : <Exit eye={eye} kind={kind} key={tab} />}
        </section>
    );
}

function Exit({ eye, kind }: { eye: Eye; kind: number | undefined }) {
    const world = useWorld();
    const { connected } = useWallets();
    const [chosen, setChosen] = useState<string | null>(null);
    const own = [...world.positions.values()].filter(
        ({ account }) =>
            account.market === eye.market.address &&
            account.status === 1 &&
            (account.owner === connected?.address || account.delegate === connected?.address),
    );
    const position = own.find(({ address }) => address === chosen) ?? own[0];
    if (!connected || !position) {
        return (
            <p className="note">
                {connected
                    ? `You have no open position in ${eye.symbol}. Once one is open, this order closes it.`
                    : 'Connect a wallet: this order closes a position of yours.'}
            </p>
        );
    }
    return (
        <>
            <label className="pick">
                Position
                <select value={position.address} onChange={(event) => setChosen(event.target.value)}>
                    {own.map(({ address, account }) => (
                        <option key={address} value={address}>
                            #{account.id} {account.side === 0 ? 'long' : 'short'}{' '}
                            {size(account.sizeAtoms, eye.view.baseDecimals)} {eye.symbol}
                        </option>
                    ))}
                </select>
            </label>
            <Suspense fallback={<p className="note">Loading.</p>}>
                <ExitForm
                    key={position.address}
                    eye={eye}
                    position={position}
                    wallet={connected.address}
                    {...(kind !== undefined && { fixedKind: kind })}
                />
            </Suspense>
        </>
    );
}
