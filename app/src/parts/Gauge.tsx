import type { Standing } from '../chain/risk.ts';
import { percent, usd } from '../format.ts';

/** Health against what must be held. The bar ends at twice the initial margin; it places pixels and decides nothing. */
export function Gauge({ standing, decimals }: { standing: Standing; decimals: number }) {
    const full = Math.max(1, Number(standing.initialMarginAtoms) * 2);
    const place = (atoms: bigint) => `${Math.min(100, Math.max(0, (Number(atoms) / full) * 100))}%`;
    const tone =
        standing.readiness !== 'healthy' ? 'bad' : standing.equityAtoms < standing.initialMarginAtoms ? 'warn' : 'good';
    const words = `Health ${percent(standing.healthPpm)}, at least ${percent(standing.maintenancePpm)} must be held`;
    const key = `Equity ${usd(standing.equityAtoms, decimals)}; maintenance margin ${usd(standing.maintenanceMarginAtoms, decimals)}; initial margin ${usd(standing.initialMarginAtoms, decimals)}`;
    return (
        <div className="gauge-box">
            <div className={`gauge gauge-${tone}`} role="img" aria-label={`${words}. ${key}`}>
                <div className="gauge-fill" style={{ width: place(standing.equityAtoms) }} />
                <div className="gauge-mark" style={{ left: place(standing.maintenanceMarginAtoms) }} />
                <div className="gauge-mark soft" style={{ left: place(standing.initialMarginAtoms) }} />
            </div>
            <div className="gauge-key" aria-hidden="true">
                <span style={{ left: place(standing.maintenanceMarginAtoms) }}>MM</span>
                <span style={{ left: place(standing.initialMarginAtoms) }}>IM</span>
            </div>
        </div>
    );
}
