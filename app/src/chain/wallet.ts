/** Wallets by the wallet standard: whichever the browser has, and nothing of ours in between. */
import { address, type Address } from '@solana/kit';
import { getWallets } from '@wallet-standard/app';
import type { Wallet, WalletAccount } from '@wallet-standard/base';
import {
    StandardConnect,
    StandardDisconnect,
    type StandardConnectFeature,
    type StandardDisconnectFeature,
} from '@wallet-standard/features';
import { useSyncExternalStore } from 'react';

import { chain } from '../config.ts';

const SIGN = 'solana:signTransaction';
const REMEMBERED = 'bulkhead.wallet';

interface SignFeature {
    [SIGN]: {
        supportedTransactionVersions: readonly (number | 'legacy')[];
        signTransaction(
            ...inputs: { account: WalletAccount; transaction: Uint8Array; chain: string }[]
        ): Promise<readonly { signedTransaction: Uint8Array }[]>;
    };
}

type Usable = Wallet & { features: StandardConnectFeature & SignFeature & Partial<StandardDisconnectFeature> };

export interface Connected {
    name: string;
    address: Address;
    sign(transaction: Uint8Array): Promise<Uint8Array>;
}

export interface Wallets {
    usable: readonly Usable[];
    connected: Connected | null;
}

function isUsable(wallet: Wallet): wallet is Usable {
    const versions = (wallet.features as Partial<SignFeature>)[SIGN]?.supportedTransactionVersions ?? [];
    return StandardConnect in wallet.features && versions.includes(0) && wallet.chains.includes(chain);
}

const registry = getWallets();
let state: Wallets = { usable: registry.get().filter(isUsable), connected: null };
let current: Usable | null = null;
const listeners = new Set<() => void>();

function set(next: Wallets): void {
    state = next;
    for (const listener of listeners) listener();
}

function found(): void {
    set({ ...state, usable: registry.get().filter(isUsable) });
    const remembered = localStorage.getItem(REMEMBERED);
    const wallet = state.usable.find((one) => one.name === remembered);
    if (wallet && !state.connected) void connect(wallet, true).catch(() => undefined);
}

registry.on('register', found);
registry.on('unregister', found);
queueMicrotask(found);

export async function connect(wallet: Usable, silent = false): Promise<void> {
    const { accounts } = await wallet.features[StandardConnect].connect({ silent });
    const account = accounts.find((one) => one.chains.includes(chain)) ?? accounts[0];
    if (!account) {
        if (silent) return;
        throw new Error(`${wallet.name} gave no account`);
    }
    current = wallet;
    localStorage.setItem(REMEMBERED, wallet.name);
    const sign = async (transaction: Uint8Array): Promise<Uint8Array> => {
        const [signed] = await wallet.features[SIGN].signTransaction({ account, transaction, chain });
        if (!signed) throw new Error(`${wallet.name} returned no transaction`);
        return signed.signedTransaction;
    };
    set({ ...state, connected: { name: wallet.name, address: address(account.address), sign } });
}

export async function disconnect(): Promise<void> {
    localStorage.removeItem(REMEMBERED);
    set({ ...state, connected: null });
    await current?.features[StandardDisconnect]?.disconnect();
    current = null;
}

export function useWallets(): Wallets {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => state,
    );
}
