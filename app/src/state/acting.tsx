/** Doing things: one at a time, with what became of it said in words. */
import type { Address, Instruction } from '@solana/kit';
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';

import { inWords } from '../chain/failure.ts';
import { useWallets } from '../chain/wallet.ts';
import { refresh } from './feed.ts';

export interface Notice {
    id: number;
    kind: 'busy' | 'done' | 'failed';
    title: string;
    words: string;
    /** Does it once more. */
    again?: () => void;
}

interface Acting {
    notices: Notice[];
    busy: boolean;
    dismiss(id: number): void;
    /** Signs and sends; `touched` are read anew afterwards. Resolves to whether it happened. */
    act(title: string, make: () => Promise<Instruction[]>, touched?: Address[]): Promise<boolean>;
}

const Context = createContext<Acting | null>(null);
const DONE_MS = 6_000;

export function ActingProvider({ children }: { children: ReactNode }) {
    const { connected } = useWallets();
    const [notices, setNotices] = useState<Notice[]>([]);
    const [busy, setBusy] = useState(false);
    const next = useRef(0);

    const dismiss = useCallback((id: number) => setNotices((all) => all.filter((notice) => notice.id !== id)), []);
    const act = useCallback(
        async (title: string, make: () => Promise<Instruction[]>, touched: Address[] = []): Promise<boolean> => {
            const id = next.current++;
            const say = (kind: Notice['kind'], heading: string, words: string, again?: () => void) =>
                setNotices((all) =>
                    [
                        ...all.filter((one) => one.id !== id),
                        { id, kind, title: heading, words, ...(again && { again }) },
                    ].slice(-4),
                );
            if (!connected) {
                say('failed', 'No wallet', 'Connect a wallet first.');
                return false;
            }
            setBusy(true);
            say('busy', title, 'Confirm in the wallet.');
            try {
                const { send } = await import('../chain/send.ts');
                await send(connected, await make(), () => say('busy', title, 'Sent. Waiting for the network.'));
                await refresh(touched).catch(() => undefined);
                say('done', title, 'Confirmed.');
                setTimeout(() => dismiss(id), DONE_MS);
                return true;
            } catch (error) {
                // What the page believed may be why.
                void refresh(touched).catch(() => undefined);
                const failure = inWords(error);
                const again = () => {
                    dismiss(id);
                    void act(title, make, touched);
                };
                say(
                    'failed',
                    failure.title,
                    `${failure.words} ${failure.way}`.trim(),
                    failure.again ? again : undefined,
                );
                return false;
            } finally {
                setBusy(false);
            }
        },
        [connected, dismiss],
    );
    const value = useMemo(() => ({ notices, busy, dismiss, act }), [notices, busy, dismiss, act]);
    return <Context value={value}>{children}</Context>;
}

export function useActing(): Acting {
    const acting = useContext(Context);
    if (!acting) throw new Error('useActing outside of ActingProvider');
    return acting;
}
