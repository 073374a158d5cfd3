import type { Position } from '@bulkhead/client';

import { explorer } from '../config.ts';
import { short, usd } from '../format.ts';

export function titleOf(symbol: string, { side, id }: Position): string {
    return `${symbol} ${side === 0 ? 'long' : 'short'} #${id}`;
}

/** Which position it is, and how it stands in a word. */
export function Head({ symbol, account, status }: { symbol: string; account: Position; status: string }) {
    return (
        <header>
            <h2>
                {symbol}{' '}
                <span className={account.side === 0 ? 'tag long' : 'tag short'}>
                    {account.side === 0 ? 'Long' : 'Short'}
                </span>{' '}
                <span className="number">#{account.id}</span>
            </h2>
            <span className="status" data-testid="status">
                {status}
            </span>
        </header>
    );
}

export function Vault({ account, decimals }: { account: Position; decimals: number }) {
    return (
        <p className="vault">
            Vault{' '}
            <a href={explorer(account.vault)} target="_blank" rel="noreferrer" title={account.vault}>
                {short(account.vault)}
            </a>{' '}
            holds what can be lost: {usd(account.collateralAtoms, decimals)}
        </p>
    );
}
