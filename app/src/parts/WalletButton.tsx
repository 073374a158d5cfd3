import { useState } from 'react';

import { inWords } from '../chain/failure.ts';
import { connect, disconnect, useWallets } from '../chain/wallet.ts';
import { short } from '../format.ts';

export function WalletButton() {
    const { usable, connected } = useWallets();
    const [open, setOpen] = useState(false);
    const [problem, setProblem] = useState('');
    if (connected) {
        return (
            <button type="button" onClick={() => void disconnect()} title={`${connected.name}: disconnect`}>
                {short(connected.address)}
                <span className="sr"> connected, press to disconnect</span>
            </button>
        );
    }
    const choose = (wallet: (typeof usable)[number]) => {
        setProblem('');
        connect(wallet)
            .then(() => setOpen(false))
            .catch((error: unknown) => setProblem(inWords(error).words));
    };
    return (
        <div className="menu-anchor">
            <button type="button" className="primary" aria-expanded={open} onClick={() => setOpen(!open)}>
                Connect
            </button>
            {open && (
                <div className="menu" role="group" aria-label="Wallets">
                    {usable.map((wallet) => (
                        <button key={wallet.name} type="button" onClick={() => choose(wallet)}>
                            <img src={wallet.icon} alt="" width="20" height="20" /> {wallet.name}
                        </button>
                    ))}
                    {usable.length === 0 && <p>No wallet in this browser supports this network.</p>}
                    {problem && <p role="alert">{problem}</p>}
                </div>
            )}
        </div>
    );
}
