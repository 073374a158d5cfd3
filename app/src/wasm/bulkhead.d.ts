/* tslint:disable */
/* eslint-disable */
export interface CrashStep {
    pricesE12: bigint[];
    isolatedAtoms: bigint[];
    isolatedHit: boolean[];
    isolatedTotalAtoms: bigint;
    crossTotalAtoms: bigint;
    crossClosed: boolean;
}


export interface DecreaseAmounts {
    fillPriceE12: bigint;
    sizeAtoms: bigint;
    notionalAtoms: bigint;
    pnlAtoms: bigint;
    payoutAtoms: bigint;
    lossPaidAtoms: bigint;
    owedPaidAtoms: bigint;
    tradeFeeAtoms: bigint;
    collateralAtoms: bigint;
    isFull: boolean;
}


export interface DepositView {
    shares: bigint;
    valueBeforeAtoms: bigint;
    sharesMin: bigint;
}


export interface IncreaseAmounts {
    fillPriceE12: bigint;
    notionalAtoms: bigint;
    tradeFeeAtoms: bigint;
    owedPaidAtoms: bigint;
    impactAtoms: bigint;
    reservedAddedAtoms: bigint;
    initialMarginAtoms: bigint;
    lossMaxAtoms: bigint;
    winMaxAtoms: bigint;
}


export interface IncreaseView extends IncreaseAmounts { after: Standing; }
export interface DecreaseView extends DecreaseAmounts { after: Standing | null; }


export interface LeaveView {
    amountAtoms: bigint;
    shares: bigint;
    whole: boolean;
}


export interface LiquidationView {
    ready: boolean;
    readiness: string;
    rewardAtoms: bigint;
    feeAtoms: bigint;
    closedNotionalAtoms: bigint;
    isFull: boolean;
}


export interface MarketView {
    status: string;
    priceE12: bigint;
    confE12: bigint;
    indexPriceE12: bigint;
    markPriceE12: bigint;
    publishTime: bigint;
    sampledAt: bigint;
    confWideSince: bigint;
    baseDecimals: number;
    quoteDecimals: number;
    sigmaHour1hPpm: bigint;
    sigmaHour1dPpm: bigint;
    sigmaHour30dPpm: bigint;
    sigmaHourEmaPpm: bigint;
    targetPpm: number;
    rampPpm: number;
    addonLongPpm: number;
    addonShortPpm: number;
    initialLongPpm: number;
    initialShortPpm: number;
    openInterestLongAtoms: bigint;
    openInterestShortAtoms: bigint;
    openInterestLongQuoteAtoms: bigint;
    openInterestShortQuoteAtoms: bigint;
    skewQuoteAtoms: bigint;
    pnlLongAtoms: bigint;
    pnlShortAtoms: bigint;
    positionsLong: number;
    positionsShort: number;
    fundingDayE12: bigint;
    borrowDayE12: bigint;
    utilisationPpm: number;
    poolAtoms: bigint;
    reservedAtoms: bigint;
    freeAtoms: bigint;
    shares: bigint;
    depositValueAtoms: bigint;
    withdrawalValueAtoms: bigint;
    depositPriceE9: bigint;
    withdrawalPriceE9: bigint;
    promisedAtoms: bigint;
    outflowLeftAtoms: bigint;
    withdrawalsShort: number;
    insuranceAtoms: bigint;
    protocolFeesAtoms: bigint;
    crankBudgetAtoms: bigint;
    shortfallTotalAtoms: bigint;
}


export interface OrderStanding {
    state: string;
    windowFrom: bigint;
    windowUntil: bigint;
    cancellableFrom: bigint;
    fillPriceE12: bigint;
    errorCode: number;
    refusal: string;
    cancellableByOwner: boolean;
    cancellableByAnyone: boolean;
    tipLamports: bigint;
    triggerTipLamports: bigint;
    triggersAbove: boolean;
}


export interface PlanView {
    triggerHealthPpm: bigint;
    intoVaultAtoms: bigint;
    keeperPayAtoms: bigint;
    due: boolean;
    refusal: string;
}


export interface Standing {
    status: string;
    sizeAtoms: bigint;
    entryPriceE12: bigint;
    collateralAtoms: bigint;
    reservedAtoms: bigint;
    equityAtoms: bigint;
    pnlAtoms: bigint;
    notionalAtoms: bigint;
    maintenanceMarginAtoms: bigint;
    maintenancePpm: number;
    marginPpm: number;
    addonPpm: number;
    liquidationFeePpm: number;
    initialMarginAtoms: bigint;
    healthPpm: bigint;
    owedAtoms: bigint;
    dueAtoms: bigint;
    liquidationPriceE12: bigint;
    distancePpm: bigint;
    distanceSigmaE2: bigint;
    reduceOnly: boolean;
    marginCalled: boolean;
    readiness: string;
    borrowDayAtoms: bigint;
    fundingDayAtoms: bigint;
    stressedMaintenanceAtoms: bigint;
    stressedInitialAtoms: bigint;
    stressedLiquidationPriceE12: bigint;
    leverageE2: bigint;
}


export interface TriggerView {
    above: boolean;
    met: boolean;
    beyondLiquidation: boolean;
}


export interface WithdrawalStanding {
    state: string;
    amountAtoms: bigint;
    shares: bigint;
    whole: boolean;
    tipLamports: bigint;
    cancellableByOwner: boolean;
    cancellableByAnyone: boolean;
    refusal: string;
}



/**
 * A crash to run over positions.
 */
export class Crash {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Adds a position whose market's price moves by `moves_ppm` until the end.
     */
    add(look: Look, position: Uint8Array | number[], moves_ppm: number): void;
    /**
     * Without positions.
     */
    constructor();
    /**
     * Runs it in so many equal steps of a minute.
     */
    run(steps: number): CrashStep[];
}

/**
 * A market and its price at a moment.
 */
export class Look {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The worst price to accept: the present one moved against the trader by `slippage_ppm`.
     */
    acceptablePriceE12(short: boolean, decrease: boolean, slippage_ppm: number): bigint;
    /**
     * The same look if the price were this one: for quotes of orders that wait for it.
     */
    at(price_e12: bigint): Look;
    /**
     * The market.
     */
    market(): MarketView;
    /**
     * From the bytes of the market and of its price account, at `now` by the chain's clock. `updated` looks
     * at the market as it is after `update_market`.
     */
    constructor(market: Uint8Array | number[], price_address: string, price_owner: string, price: Uint8Array | number[], now: bigint, updated: boolean);
    /**
     * Where an order of a position stands.
     */
    order(order: Uint8Array | number[], position: Uint8Array | number[]): OrderStanding;
    /**
     * A plan that is set.
     */
    plan(position: Uint8Array | number[], plan: Uint8Array | number[]): PlanView;
    /**
     * How a position stands.
     */
    position(data: Uint8Array | number[]): Standing;
    /**
     * The standing after adding collateral.
     */
    quoteAdd(position: Uint8Array | number[], amount_atoms: bigint): Standing;
    /**
     * Decreasing or closing a position; a size of `u64::MAX` closes all.
     */
    quoteDecrease(position: Uint8Array | number[], size_atoms: bigint, slippage_ppm: number): DecreaseView;
    /**
     * Shares for a deposit, and the fewest to accept within `slippage_ppm`.
     */
    quoteDeposit(amount_atoms: bigint, slippage_ppm: number): DepositView;
    /**
     * Increasing a position.
     */
    quoteIncrease(position: Uint8Array | number[], size_atoms: bigint, payout_cap_ppm: number, slippage_ppm: number): IncreaseView;
    /**
     * What liquidating would do and pay.
     */
    quoteLiquidation(position: Uint8Array | number[]): LiquidationView;
    /**
     * Opening a position.
     */
    quoteOpen(short: boolean, collateral_atoms: bigint, size_atoms: bigint, payout_cap_ppm: number, slippage_ppm: number): IncreaseView;
    /**
     * A plan before it is set; an error where the program would refuse it.
     */
    quotePlan(position: Uint8Array | number[], budget_atoms: bigint, trigger_ppm: number, amount_atoms: bigint, interval_secs: number, keeper_pay_atoms: bigint): PlanView;
    /**
     * The standing after removing collateral.
     */
    quoteRemove(position: Uint8Array | number[], amount_atoms: bigint): Standing;
    /**
     * What leaving with so many shares would bring.
     */
    quoteWithdrawal(shares: bigint): LeaveView;
    /**
     * The most that can be removed.
     */
    removableAtoms(position: Uint8Array | number[]): bigint;
    /**
     * Worth of so many shares to one who leaves.
     */
    sharesValueAtoms(shares: bigint): bigint;
    /**
     * The size whose notional is `leverage_e2` hundredths of the collateral.
     */
    sizeAtLeverage(collateral_atoms: bigint, leverage_e2: number): bigint;
    /**
     * So many per cent of a position's size, to close; all of it at a hundred.
     */
    sizeOfPart(position: Uint8Array | number[], percent: number): bigint;
    /**
     * What a trigger price would mean. Kinds are the program's: 1 limit, 2 stop-loss, 3 take-profit.
     * `liquidation_price_e12` is the position's, or zero.
     */
    trigger(short: boolean, decrease: boolean, kind: number, price_e12: bigint, liquidation_price_e12: bigint): TriggerView;
    /**
     * Where a withdrawal stands.
     */
    withdrawal(data: Uint8Array | number[]): WithdrawalStanding;
}

/**
 * The data of the program's events, discriminators included, in their order; nothing of a transaction that
 * failed. What other programs have logged is not among it, whatever it looks like.
 */
export function eventData(logs: string[]): Uint8Array[];

/**
 * The error behind a failed transaction: from its logs where they name one, else from its code alone.
 */
export function explain(logs: string[], code?: number | null): string | undefined;

/**
 * The most that a keeper may be paid out of such an amount.
 */
export function keeperPayMaxAtoms(amount_atoms: bigint): bigint;

/**
 * What a share went for, in 10^-9 atoms, rounded down; zero for none.
 */
export function sharePriceE9(amount_atoms: bigint, shares: bigint): bigint;

/**
 * The sum of budgets: what the owner's approval has to cover.
 */
export function totalAtoms(amounts_atoms: BigUint64Array | bigint[]): bigint;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_crash_free: (a: number, b: number) => void;
    readonly __wbg_look_free: (a: number, b: number) => void;
    readonly crash_add: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly crash_new: () => number;
    readonly crash_run: (a: number, b: number) => [number, number, number];
    readonly eventData: (a: number, b: number) => any;
    readonly explain: (a: number, b: number, c: number) => [number, number];
    readonly keeperPayMaxAtoms: (a: bigint) => [bigint, number, number];
    readonly look_acceptablePriceE12: (a: number, b: number, c: number, d: number) => [bigint, number, number];
    readonly look_at: (a: number, b: bigint) => number;
    readonly look_market: (a: number) => [number, number, number];
    readonly look_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: bigint, j: number) => [number, number, number];
    readonly look_order: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly look_plan: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly look_position: (a: number, b: number, c: number) => [number, number, number];
    readonly look_quoteAdd: (a: number, b: number, c: number, d: bigint) => [number, number, number];
    readonly look_quoteDecrease: (a: number, b: number, c: number, d: bigint, e: number) => [number, number, number];
    readonly look_quoteDeposit: (a: number, b: bigint, c: number) => [number, number, number];
    readonly look_quoteIncrease: (a: number, b: number, c: number, d: bigint, e: number, f: number) => [number, number, number];
    readonly look_quoteLiquidation: (a: number, b: number, c: number) => [number, number, number];
    readonly look_quoteOpen: (a: number, b: number, c: bigint, d: bigint, e: number, f: number) => [number, number, number];
    readonly look_quotePlan: (a: number, b: number, c: number, d: bigint, e: number, f: bigint, g: number, h: bigint) => [number, number, number];
    readonly look_quoteRemove: (a: number, b: number, c: number, d: bigint) => [number, number, number];
    readonly look_quoteWithdrawal: (a: number, b: bigint) => [number, number, number];
    readonly look_removableAtoms: (a: number, b: number, c: number) => [bigint, number, number];
    readonly look_sharesValueAtoms: (a: number, b: bigint) => [bigint, number, number];
    readonly look_sizeAtLeverage: (a: number, b: bigint, c: number) => [bigint, number, number];
    readonly look_sizeOfPart: (a: number, b: number, c: number, d: number) => [bigint, number, number];
    readonly look_trigger: (a: number, b: number, c: number, d: number, e: bigint, f: bigint) => [number, number, number];
    readonly look_withdrawal: (a: number, b: number, c: number) => [number, number, number];
    readonly sharePriceE9: (a: bigint, b: bigint) => bigint;
    readonly totalAtoms: (a: number, b: number) => [bigint, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __externref_drop_slice: (a: number, b: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
