/** The program's arithmetic. Everything that the page computes, it computes here. */
import init, {
    Crash,
    Look,
    eventData,
    explain,
    keeperPayMaxAtoms,
    sharePriceE9,
    totalAtoms,
} from '../wasm/bulkhead.js';

export { Crash, Look, eventData, explain, keeperPayMaxAtoms, sharePriceE9, totalAtoms };
export type {
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
