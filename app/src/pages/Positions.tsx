import type { Position } from '@bulkhead/client';

import { useWallets } from '../chain/wallet.ts';
import { Compartment } from '../parts/Compartment.tsx';
import { Unpriced } from '../parts/Unpriced.tsx';
import { eyeOn, sightOf, useWorld } from '../state/hooks.ts';
import type { Held } from '../state/world.ts';

export default function Positions() {
    const { connected } = useWallets();
    const world = useWorld();
    if (!connected) return <p className="boot">Connect a wallet to see its positions.</p>;
    const isMine = ({ account }: Held<Position>) =>
        account.owner === connected.address || account.delegate === connected.address;
    const own = [...world.positions.values()]
        .filter(isMine)
        .sort((a, b) => a.account.status - b.account.status || b.account.id - a.account.id);
    return (
        <>
            <h1>Positions</h1>
            <p className="lead">Each has a vault of its own. What one loses, no other pays.</p>
            {own.length === 0 && <p className="boot">None yet. One opens on the Trade page.</p>}
            <div className="compartments">
                {own.map((position) => {
                    const { account, address } = position;
                    const held = { position, wallet: connected.address };
                    const eye = eyeOn(world, account.market);
                    if (eye) return <Compartment key={address} eye={eye} {...held} />;
                    const sight = sightOf(world, account.market);
                    return sight && <Unpriced key={address} sight={sight} {...held} />;
                })}
            </div>
        </>
    );
}
