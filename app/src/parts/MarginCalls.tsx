import { useWallets } from '../chain/wallet.ts';
import { percent } from '../format.ts';
import { eyeOn, standingOf, useWorld } from '../state/hooks.ts';

/** A position of the wallet's that is near its requirement is said on every page. */
export function MarginCalls() {
    const { connected } = useWallets();
    const world = useWorld();
    if (!connected) return null;
    const called = [...world.positions.values()].flatMap((position) => {
        const { owner, status, market, id } = position.account;
        if (owner !== connected.address || status !== 1) return [];
        const eye = eyeOn(world, market);
        const standing = standingOf(eye, position);
        const isCalled = standing && (standing.marginCalled || standing.readiness !== 'healthy');
        return eye && standing && isCalled ? [{ id, eye, standing, address: position.address }] : [];
    });
    if (called.length === 0) return null;
    return (
        <div className="banner banner-warn" role="alert">
            {called.map(({ id, eye, standing, address }) => (
                <p key={address}>
                    <strong>
                        Margin call: {eye.symbol} #{id}
                    </strong>{' '}
                    is at {percent(standing.healthPpm)}, it must hold {percent(standing.maintenancePpm)}.{' '}
                    <a href="#/positions">Add collateral or close a part</a>
                </p>
            ))}
        </div>
    );
}
