/** A wallet by the wallet standard, put into the page: it signs with a localnet key that everybody holds. */
export interface TestWallet {
    address: string;
    /** Keypair file: 32 bytes of seed, 32 of public key. */
    keypair: number[];
}

/** Runs in the page. `window.walletRejects` makes it decline. */
export function install({ address, keypair }: TestWallet): void {
    const chains = ['solana:localnet'] as const;
    const publicKey = new Uint8Array(keypair.slice(32));
    const prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    const account = { address, publicKey, chains, features: ['solana:signTransaction'] };
    const key = crypto.subtle.importKey(
        'pkcs8',
        new Uint8Array([...prefix, ...keypair.slice(0, 32)]),
        'Ed25519',
        false,
        ['sign'],
    );
    const signOne = async (transaction: Uint8Array) => {
        if ((window as { walletRejects?: boolean }).walletRejects) throw new Error('User rejected the request.');
        // One signature: its count is one byte, and the message follows the 64 bytes that are to be filled.
        const signed = new Uint8Array(transaction);
        signed.set(new Uint8Array(await crypto.subtle.sign('Ed25519', await key, signed.slice(65))), 1);
        return { signedTransaction: signed };
    };
    const wallet = {
        version: '1.0.0',
        name: 'Test wallet',
        icon: 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=',
        chains,
        accounts: [account],
        features: {
            'standard:connect': { version: '1.0.0', connect: async () => ({ accounts: [account] }) },
            'standard:disconnect': { version: '1.0.0', disconnect: async () => undefined },
            'standard:events': { version: '1.0.0', on: () => () => undefined },
            'solana:signTransaction': {
                version: '1.0.0',
                supportedTransactionVersions: ['legacy', 0],
                signTransaction: (...inputs: { transaction: Uint8Array }[]) =>
                    Promise.all(inputs.map(({ transaction }) => signOne(transaction))),
            },
        },
    };
    const register = (api: { register(one: unknown): void }) => api.register(wallet);
    window.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }));
    window.addEventListener('wallet-standard:app-ready', (event) => register((event as CustomEvent).detail));
}
