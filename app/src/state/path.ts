/** The path of a market: what its events tell of the past, and what has been seen since. */
import { useEffect, useRef, useState } from 'react';

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

export function usePath(eye: Eye | null): Point[] {
    const address = eye?.market.address ?? null;
    const [points, setPoints] = useState<Point[]>([]);
    const asked = useRef(new Set<string>());

    useEffect(() => {
        if (!address) return;
        setPoints(kept.get(address) ?? []);
        if (asked.current.has(address)) return;
        asked.current.add(address);
        readHistory(address, PAST)
            .then((past) => {
                const all = merged([...past.flatMap(({ event }) => ofEvent(event)), ...(kept.get(address) ?? [])]);
                kept.set(address, all);
                setPoints(all);
            })
            .catch(() => undefined);
    }, [address]);

    const view = eye?.view;
    useEffect(() => {
        if (!address || !view) return;
        const point: Point = {
            time: Number(view.publishTime),
            index: priceForChart(view.priceE12),
            mark: priceForChart(view.markPriceE12),
            target: view.targetPpm / 1e4,
            ramp: view.rampPpm / 1e4,
        };
        const before = kept.get(address) ?? [];
        if (before.at(-1)?.time === point.time) return;
        const all = merged([...before, point]);
        kept.set(address, all);
        setPoints(all);
    }, [address, view]);
    return points;
}
