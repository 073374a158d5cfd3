/** The program's arithmetic. Everything that the page computes, it computes here. */
import init, { Crash, Look, eventsOf, explain, keeperPayMaxAtoms, totalAtoms } from '../wasm/bulkhead.js';

export { Crash, Look, eventsOf, explain, keeperPayMaxAtoms, totalAtoms };
export type {
    BulkheadEvent,
    CrashStep,
    DecreaseView,
    DepositView,
    IncreaseView,
    LiquidationView,
    MarketView,
    OrderStanding,
    PlanView,
    Standing,
    WithdrawalStanding,
} from '../wasm/bulkhead.js';

let loading: Promise<unknown> | undefined;

export function loadRisk(): Promise<unknown> {
    return (loading ??= init());
}
