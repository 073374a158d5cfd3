/** The program's arithmetic. Everything that the page computes, it computes here. */
import init, { Crash, Look, eventsOf, explain } from '../wasm/bulkhead.js';

export { Crash, Look, eventsOf, explain };
export type {
    BulkheadEvent,
    CrashStep,
    DecreaseView,
    DepositView,
    IncreaseView,
    LiquidationView,
    MarketView,
    OrderTiming,
    Standing,
} from '../wasm/bulkhead.js';

let loading: Promise<unknown> | undefined;

export function loadRisk(): Promise<unknown> {
    return (loading ??= init());
}
