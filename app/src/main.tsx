import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App.tsx';
import { loadRisk } from './chain/risk.ts';
import { ActingProvider } from './state/acting.tsx';
import { startFeed } from './state/feed.ts';
import './style.css';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

createRoot(root).render(
    <StrictMode>
        <ActingProvider>
            <App risk={loadRisk()} />
        </ActingProvider>
    </StrictMode>,
);
startFeed();
