import {
    ColorType,
    LineSeries,
    LineStyle,
    createChart,
    type AutoscaleInfo,
    type IChartApi,
    type IPriceLine,
    type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef, useState } from 'react';

export interface Line {
    name: string;
    tone: 'index' | 'mark' | 'third';
    points: readonly { time: number; value: number }[];
}

export interface Level {
    name: string;
    value: number;
    tone: 'entry' | 'liquidation';
}

function colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--chart-${name}`).trim();
}

function reaching(info: AutoscaleInfo | null, levels: readonly Level[]): AutoscaleInfo | null {
    if (!info?.priceRange || levels.length === 0) return info;
    const { minValue, maxValue } = info.priceRange;
    const values = levels.map(({ value }) => value);
    return {
        ...info,
        priceRange: { minValue: Math.min(minValue, ...values), maxValue: Math.max(maxValue, ...values) },
    };
}

interface ChartProps {
    lines: Line[];
    levels: Level[];
    label: string;
    /** Digits behind the point. */
    digits?: number;
}

/** Whether the page is dark: the chart draws with the colours of the moment in which it is made. */
function useScheme(): boolean {
    const [isDark, setDark] = useState(() => matchMedia(DARK).matches);
    useEffect(() => {
        const query = matchMedia(DARK);
        const changed = () => setDark(query.matches);
        query.addEventListener('change', changed);
        return () => query.removeEventListener('change', changed);
    }, []);
    return isDark;
}

const FITS = 120;
const DARK = '(prefers-color-scheme: dark)';

/** Lines over time, and levels across. */
export default function Chart({ lines, levels, label, digits = 2 }: ChartProps) {
    const scheme = useScheme();
    const box = useRef<HTMLDivElement>(null);
    const chart = useRef<IChartApi | null>(null);
    const series = useRef(new Map<string, ReturnType<IChartApi['addSeries']>>());
    const drawn = useRef<IPriceLine[]>([]);
    const reach = useRef<readonly Level[]>(levels);

    useEffect(() => {
        if (!box.current) return;
        const made = createChart(box.current, {
            autoSize: true,
            layout: {
                background: { type: ColorType.Solid, color: 'transparent' },
                textColor: colour('text'),
                fontFamily: 'inherit',
                attributionLogo: true,
            },
            grid: { vertLines: { visible: false }, horzLines: { color: colour('grid') } },
            timeScale: { timeVisible: true, secondsVisible: true, borderVisible: false },
            rightPriceScale: { borderVisible: false },
        });
        const all = series.current;
        chart.current = made;
        return () => {
            made.remove();
            chart.current = null;
            all.clear();
            drawn.current = [];
        };
    }, [scheme]);

    useEffect(() => {
        if (!chart.current) return;
        reach.current = levels;
        for (const line of lines) {
            let one = series.current.get(line.name);
            if (!one) {
                one = chart.current.addSeries(LineSeries, {
                    color: colour(line.tone),
                    lineWidth: 2,
                    lineStyle: line.tone === 'mark' ? LineStyle.Dashed : LineStyle.Solid,
                    title: line.name,
                    priceLineVisible: false,
                    // Levels are shown wherever they are: the scale reaches to them.
                    autoscaleInfoProvider: (original: () => AutoscaleInfo | null) =>
                        reaching(original(), reach.current),
                    priceFormat: { type: 'price', precision: digits, minMove: 1 / 10 ** digits },
                });
                series.current.set(line.name, one);
            }
            one.setData(line.points.map(({ time, value }) => ({ time: time as UTCTimestamp, value })));
        }
        // What fits is shown whole; a longer path stands at its end.
        if (lines.every(({ points }) => points.length < FITS)) chart.current.timeScale().fitContent();
        const first = lines[0] && series.current.get(lines[0].name);
        if (!first) return;
        for (const old of drawn.current) first.removePriceLine(old);
        drawn.current = levels.map(({ name, value, tone }) =>
            first.createPriceLine({
                price: value,
                title: name,
                color: colour(tone),
                lineStyle: LineStyle.LargeDashed,
                lineWidth: 1,
            }),
        );
    }, [lines, levels, digits, scheme]);

    return <div className="chart" ref={box} role="group" aria-label={label} />;
}
