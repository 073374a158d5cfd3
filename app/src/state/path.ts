/** The path of a market: what its events tell of the past, and what has been seen since. */
import { useEffect, useSyncExternalStore } from 'react';

import type { BulkheadEvent } from '../chain/events.ts';
import { priceForChart } from '../format.ts';
import { readHistory } from './history.ts';
import type { Eye } from './hooks.ts';

export interface Point {
    time: number;
    index: number;
    mark: number;
    target: number;
    ramp: number;
}

const PAST = 60;
const POINTS_MAX = 3_000;

function ofEvent(event: BulkheadEvent): Point[] {
    if (event.name !== 'MarketUpdated') return [];
    const { publishedAt, indexPriceE12, markPriceE12, targetPpm, rampPpm } = event.data;
    return [
        {
            time: Number(publishedAt),
            index: priceForChart(indexPriceE12),
            mark: priceForChart(markPriceE12),
            target: targetPpm / 1e4,
            ramp: rampPpm / 1e4,
        },
    ];
}

function merged(points: Point[]): Point[] {
    const byTime = new Map(points.map((point) => [point.time, point]));
    return [...byTime.values()].sort((a, b) => a.time - b.time).slice(-POINTS_MAX);
}

const kept = new Map<string, Point[]>();
const readFor = new Set<string>();
const listeners = new Set<() => void>();

function keep(address: string, points: Point[]): void {
    kept.set(address, merged([...(kept.get(address) ?? []), ...points]));
    for (const listener of listeners) listener();
}

/** Keeps what is seen of a market, whichever page is open. */
export function useRecorded(eye: Eye | null): void {
    const address = eye?.market.address;
    const view = eye?.view;
    useEffect(() => {
        if (!address || !view) return;
        const time = Number(view.publishTime);
        if (kept.get(address)?.at(-1)?.time === time) return;
        const [index, mark] = [priceForChart(view.priceE12), priceForChart(view.markPriceE12)];
        keep(address, [{ time, index, mark, target: view.targetPpm / 1e4, ramp: view.rampPpm / 1e4 }]);
    }, [address, view]);
}

const NONE: Point[] = [];

export function usePath(eye: Eye | null): Point[] {
    const address = eye?.market.address ?? null;
    useEffect(() => {
        if (!address || readFor.has(address)) return;
        readFor.add(address);
        readHistory(address, PAST)
            .then((past) =>
                keep(
                    address,
                    past.flatMap(({ event }) => ofEvent(event)),
                ),
            )
            // Another visit tries again.
            .catch(() => readFor.delete(address));
    }, [address]);
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => (address ? (kept.get(address) ?? NONE) : NONE),
    );
}
