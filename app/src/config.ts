/** Where the chain is, and what feeds are called. Set at build time, or by the query of the page's address. */

const given = new URLSearchParams(typeof location === 'undefined' ? '' : location.search);

export const rpcUrl = given.get('rpc') ?? import.meta.env['VITE_RPC_URL'] ?? 'http://127.0.0.1:8899';
export const wsUrl = given.get('ws') ?? import.meta.env['VITE_WS_URL'] ?? 'ws://127.0.0.1:8900';
export const chain = (import.meta.env['VITE_CHAIN'] ?? 'solana:localnet') as `solana:${string}`;

/** Pyth's feed ids. */
const SYMBOLS: Record<string, string> = {
    ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d: 'SOL',
    e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43: 'BTC',
    ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace: 'ETH',
};

export function symbolOf(feedId: ArrayLike<number>, index: number): string {
    const hex = Array.from(feedId, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return SYMBOLS[hex] ?? `Market ${index}`;
}

export function explorer(address: string): string {
    const cluster =
        chain === 'solana:mainnet'
            ? ''
            : chain === 'solana:devnet'
              ? '?cluster=devnet'
              : `?cluster=custom&customUrl=${encodeURIComponent(rpcUrl)}`;
    return `https://explorer.solana.com/address/${address}${cluster}`;
}
