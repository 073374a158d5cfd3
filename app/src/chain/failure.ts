/** Why an act did not happen, in words, and what to do about it. */
import {
    SOLANA_ERROR__BLOCK_HEIGHT_EXCEEDED,
    SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
    SOLANA_ERROR__TRANSACTION_ERROR__ACCOUNT_NOT_FOUND,
    SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND,
    SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_FEE,
    SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_RENT,
    SOLANA_ERROR__TRANSACTION_ERROR__INVALID_ACCOUNT_FOR_FEE,
} from '@solana/kit';

import { explain } from './risk.ts';

/** What kit calls it: its messages are left out of a built page. */
const NO_SOL: readonly number[] = [
    SOLANA_ERROR__TRANSACTION_ERROR__ACCOUNT_NOT_FOUND,
    SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_FEE,
    SOLANA_ERROR__TRANSACTION_ERROR__INSUFFICIENT_FUNDS_FOR_RENT,
    SOLANA_ERROR__TRANSACTION_ERROR__INVALID_ACCOUNT_FOR_FEE,
];
const EXPIRED: readonly number[] = [
    SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND,
    SOLANA_ERROR__BLOCK_HEIGHT_EXCEEDED,
];
/** Anchor's number for an account that is not the program's any more: closed since the page has seen it. */
const GONE = 3007;
const NO_NODE: readonly number[] = [SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR];

export interface Failure {
    title: string;
    words: string;
    /** What can be done; empty where there is nothing to say. */
    way: string;
    /** Whether the same thing may go through at another try. */
    again: boolean;
}

export class Failed extends Error {
    readonly failure: Failure;
    constructor(failure: Failure) {
        super(failure.words);
        this.failure = failure;
    }
}

/** Everything that an error says, its causes and logs included. */
function told(error: unknown): { text: string; logs: string[]; code: number | undefined; kinds: number[] } {
    const kinds: number[] = [];
    const texts: string[] = [];
    const logs: string[] = [];
    let code: number | undefined;
    for (let at: unknown = error, depth = 0; at && depth < 6; depth++) {
        const one = at as { message?: string; name?: string; cause?: unknown; context?: Record<string, unknown> };
        texts.push(`${one.name ?? ''} ${one.message ?? String(at)}`);
        const context = one.context ?? {};
        if (Array.isArray(context['logs'])) logs.push(...context['logs'].map(String));
        if (typeof context['__serverMessage'] === 'string') texts.push(context['__serverMessage']);
        if (typeof context['__code'] === 'number') kinds.push(context['__code']);
        if (typeof context['code'] === 'number') code ??= context['code'];
        at = one.cause;
    }
    const text = texts.join(' ');
    const hex = /custom program error: (?:0x([0-9a-f]+)|#?(\d+))/i.exec(`${text} ${logs.join(' ')}`);
    if (hex) code = hex[1] ? Number.parseInt(hex[1], 16) : Number(hex[2]);
    return { text: `${text} ${logs.join(' ')}`, logs, code, kinds };
}

export function inWords(error: unknown): Failure {
    if (error instanceof Failed) return error.failure;
    const { text, logs, code, kinds } = told(error);
    const isOf = (known: readonly number[]) => kinds.some((kind) => known.includes(kind));
    if (/reject|declin|denied|cancelled by user|user cancel|4001/i.test(text)) {
        return { title: 'Declined', words: 'You declined in the wallet. Nothing was sent.', way: '', again: true };
    }
    if (
        isOf(NO_SOL) ||
        /insufficient (lamports|funds for (fee|rent))|insufficientfundsfor|debit an account but found no record/i.test(
            text,
        )
    ) {
        return {
            title: 'Not enough SOL',
            words: 'The wallet has too little SOL for the fee, the rent of new accounts and the tip.',
            way: 'Send some SOL to the wallet. Rent comes back when the position is closed.',
            again: true,
        };
    }
    if (isOf(EXPIRED) || /block ?hash not found|block height exceeded|blockhashnotfound|expired/i.test(text)) {
        return {
            title: 'Expired',
            words: 'The transaction waited too long and can no longer land. Nothing has happened.',
            way: 'Try again, and confirm in the wallet within a minute.',
            again: true,
        };
    }
    if (
        isOf(NO_NODE) ||
        /failed to fetch|networkerror|network request failed|load failed|websocket|econnrefused|http.*(status|5\d\d)/i.test(
            text,
        )
    ) {
        return {
            title: 'No connection',
            words: 'The node does not answer. It is not known whether the transaction landed.',
            way: 'Check the connection. Positions show what has happened once the feed is live again.',
            again: true,
        };
    }
    if (code === GONE) {
        return { title: 'Gone', words: 'It is not there any more: somebody else was quicker.', way: '', again: false };
    }
    const words = explain(logs, code ?? null);
    if (words) return { title: 'The program refused', words: `${words}.`, way: '', again: false };
    return {
        title: 'It failed',
        words: (error instanceof Error && error.message) || String(error),
        way: '',
        again: true,
    };
}
