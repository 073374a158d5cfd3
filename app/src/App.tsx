import type { Address } from '@solana/kit';
import { Suspense, lazy, use, useState } from 'react';

import { FeedState } from './parts/FeedState.tsx';
import { MarginCalls } from './parts/MarginCalls.tsx';
import { Notices } from './parts/Notices.tsx';
import { WalletButton } from './parts/WalletButton.tsx';
import { Trade } from './pages/Trade.tsx';
import { marketsOf, useEye, useRoute, useWorld } from './state/hooks.ts';
import { useRecorded } from './state/path.ts';
import { symbolOf } from './config.ts';

const Positions = lazy(() => import('./pages/Positions.tsx'));
const MarketPage = lazy(() => import('./pages/MarketPage.tsx'));
const Liquidity = lazy(() => import('./pages/Liquidity.tsx'));
const Keep = lazy(() => import('./pages/Keep.tsx'));
const WhatIf = lazy(() => import('./pages/WhatIf.tsx'));

const PAGES = [
    ['trade', 'Trade', Trade],
    ['positions', 'Positions', Positions],
    ['market', 'Market', MarketPage],
    ['liquidity', 'Liquidity', Liquidity],
    ['keep', 'Keep', Keep],
    ['what-if', 'Isolated or cross', WhatIf],
] as const;

export function App({ risk }: { risk: Promise<unknown> }) {
    const [route] = useRoute();
    return (
        <>
            <a className="skip" href="#main" onClick={(event) => skipToMain(event)}>
                Skip to content
            </a>
            <header className="top">
                <a className="brand" href="#/trade" aria-label="Bulkhead, to the trade page">
                    <img src="./icon.svg" alt="" width="24" height="24" /> Bulkhead
                </a>
                <nav aria-label="Pages">
                    {PAGES.map(([path, title]) => (
                        <a key={path} href={`#/${path}`} aria-current={route === path ? 'page' : undefined}>
                            {title}
                        </a>
                    ))}
                </nav>
                <div className="top-right">
                    <FeedState />
                    <WalletButton />
                </div>
            </header>
            <Suspense fallback={<p className="boot">Loading.</p>}>
                <Main risk={risk} route={route} />
            </Suspense>
            <Notices />
        </>
    );
}

function Main({ risk, route }: { risk: Promise<unknown>; route: string }) {
    use(risk);
    const world = useWorld();
    const markets = marketsOf(world);
    const [chosen, setChosen] = useState<string | null>(null);
    const market = markets.find((one) => one.address === chosen)?.address ?? markets[0]?.address ?? null;
    const Page = PAGES.find(([path]) => path === route)?.[2] ?? Trade;
    const options = markets.map((one) => ({
        address: one.address,
        symbol: symbolOf(one.account.oracle.feedId, one.account.index),
    }));
    return (
        <main id="main" tabIndex={-1}>
            <MarginCalls />
            {world.loaded || world.feed !== 'connecting' ? null : (
                <p className="banner" role="status">
                    Reading the chain. If this stays, the node does not answer.
                </p>
            )}
            {route === 'keep' || route === 'positions' || route === 'what-if' ? null : (
                <div className="tabs" role="group" aria-label="Market">
                    {options.map(({ address, symbol }) => (
                        <button
                            key={address}
                            type="button"
                            aria-pressed={address === market}
                            onClick={() => setChosen(address)}
                        >
                            {symbol}
                        </button>
                    ))}
                </div>
            )}
            {options.map(({ address }) => (
                <Recorder key={address} market={address} />
            ))}
            <Page market={market} />
        </main>
    );
}

/** Shows nothing: a chart has the path of its market also if another page was open meanwhile. */
function Recorder({ market }: { market: Address }) {
    useRecorded(useEye(market));
    return null;
}

function skipToMain(event: { preventDefault(): void }): void {
    event.preventDefault();
    document.getElementById('main')?.focus();
}
