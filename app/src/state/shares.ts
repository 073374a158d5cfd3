/** What a share has been worth: what was paid for shares in the past, and the pool's own answer since. */
import type { Address } from '@solana/kit';
import { useEffect, useState } from 'react';

import { sharePriceE9 } from '../chain/risk.ts';
import { useHistory, type Happened } from './history.ts';
import type { Eye } from './hooks.ts';

export interface SharePoint {
    time: number;
    value: number;
}

export interface SharePath {
    entering: SharePoint[];
    leaving: SharePoint[];
    /** Deposits and withdrawals, newest first; null while they are read. */
    past: Happened[] | null;
}

const PAST = 60;
const POINTS_MAX = 3_000;

/** For a chart, which draws floating point. */
function drawn(e9: bigint): number {
    return Number(e9) / 1e9;
}

function pointOf({ at, event }: Happened, name: 'Deposited' | 'WithdrawalExecuted'): SharePoint[] {
    if (event.name !== name) return [];
    const { amountAtoms } = event.data;
    const e9 = sharePriceE9(amountAtoms, 'shares' in event.data ? event.data.shares : event.data.sharesBurnt);
    return e9 === 0n ? [] : [{ time: Number(at), value: drawn(e9) }];
}

function pointsOf(past: Happened[], name: 'Deposited' | 'WithdrawalExecuted'): SharePoint[] {
    return past.flatMap((one) => pointOf(one, name));
}

function ordered(points: SharePoint[]): SharePoint[] {
    const byTime = new Map(points.map((point) => [point.time, point]));
    return [...byTime.values()].sort((a, b) => a.time - b.time).slice(-POINTS_MAX);
}

interface Live {
    market: Address;
    entering: SharePoint[];
    leaving: SharePoint[];
}

const seen = new Map<Address, Live>();

export function useSharePath(eye: Eye): SharePath {
    const { address, account } = eye.market;
    const { publishTime, depositPriceE9, withdrawalPriceE9, shares } = eye.view;
    const past = useHistory(account.lpMint, PAST, shares);
    const [live, setLive] = useState<Live>(() => seen.get(address) ?? { market: address, entering: [], leaving: [] });
    useEffect(() => {
        const before = seen.get(address) ?? { market: address, entering: [], leaving: [] };
        const time = Number(publishTime);
        if (before.entering.at(-1)?.time === time) return;
        const next: Live = {
            market: address,
            entering: [...before.entering, { time, value: drawn(depositPriceE9) }].slice(-POINTS_MAX),
            leaving: [...before.leaving, { time, value: drawn(withdrawalPriceE9) }].slice(-POINTS_MAX),
        };
        seen.set(address, next);
        setLive(next);
    }, [address, publishTime, depositPriceE9, withdrawalPriceE9]);
    const now = live.market === address ? live : { entering: [], leaving: [] };
    return {
        entering: ordered([...pointsOf(past ?? [], 'Deposited'), ...now.entering]),
        leaving: ordered([...pointsOf(past ?? [], 'WithdrawalExecuted'), ...now.leaving]),
        past,
    };
}
