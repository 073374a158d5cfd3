/* @ts-self-types="./bulkhead.d.ts" */

/**
 * A crash to run over positions.
 */
export class Crash {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        CrashFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_crash_free(ptr, 0);
    }
    /**
     * Adds a position whose market's price moves by `moves_ppm` until the end.
     * @param {Look} look
     * @param {Uint8Array | number[]} position
     * @param {number} moves_ppm
     */
    add(look, position, moves_ppm) {
        _assertClass(look, Look);
        const val2 = +moves_ppm;
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.crash_add(this.__wbg_ptr, look.__wbg_ptr, ptr0, len0, val2);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Without positions.
     */
    constructor() {
        const ret = wasm.crash_new();
        this.__wbg_ptr = ret;
        CrashFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Runs it in so many equal steps of a minute.
     * @param {number} steps
     * @returns {CrashStep[]}
     */
    run(steps) {
        const val1 = +steps;
        const ptr = this.__destroy_into_raw();
        const ret = wasm.crash_run(ptr, val1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) Crash.prototype[Symbol.dispose] = Crash.prototype.free;

/**
 * A market and its price at a moment.
 */
export class Look {
    static __wrap(ptr) {
        const obj = Object.create(Look.prototype);
        obj.__wbg_ptr = ptr;
        LookFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LookFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_look_free(ptr, 0);
    }
    /**
     * The worst price to accept: the present one moved against the trader by `slippage_ppm`.
     * @param {boolean} short
     * @param {boolean} decrease
     * @param {number} slippage_ppm
     * @returns {bigint}
     */
    acceptablePriceE12(short, decrease, slippage_ppm) {
        const ret = wasm.look_acceptablePriceE12(this.__wbg_ptr, short, decrease, slippage_ppm);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BigInt.asUintN(64, ret[0]);
    }
    /**
     * The same look if the price were this one: for quotes of orders that wait for it.
     * @param {bigint} price_e12
     * @returns {Look}
     */
    at(price_e12) {
        const ret = wasm.look_at(this.__wbg_ptr, price_e12);
        return Look.__wrap(ret);
    }
    /**
     * The market.
     * @returns {MarketView}
     */
    market() {
        const ret = wasm.look_market(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * From the bytes of the market and of its price account, at `now` by the chain's clock. `updated` looks
     * at the market as it is after `update_market`.
     * @param {Uint8Array | number[]} market
     * @param {string} price_address
     * @param {string} price_owner
     * @param {Uint8Array | number[]} price
     * @param {bigint} now
     * @param {boolean} updated
     */
    constructor(market, price_address, price_owner, price, now, updated) {
        const val5 = BigInt.asIntN(64, now);
        const val6 = +updated;
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passArray8ToWasm0(market, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(price_address, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passStringToWasm0(price_owner, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passArray8ToWasm0(price, wasm.__wbindgen_malloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 1, 1); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.look_new(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, val5, val6);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        LookFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Where an order of a position stands.
     * @param {Uint8Array | number[]} order
     * @param {Uint8Array | number[]} position
     * @returns {OrderStanding}
     */
    order(order, position) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray8ToWasm0(order, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.look_order(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * A plan that is set.
     * @param {Uint8Array | number[]} position
     * @param {Uint8Array | number[]} plan
     * @returns {PlanView}
     */
    plan(position, plan) {
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passArray8ToWasm0(plan, wasm.__wbindgen_malloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.look_plan(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * How a position stands.
     * @param {Uint8Array | number[]} data
     * @returns {Standing}
     */
    position(data) {
        const ptr0 = passArray8ToWasm0(data, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_position(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The standing after adding collateral.
     * @param {Uint8Array | number[]} position
     * @param {bigint} amount_atoms
     * @returns {Standing}
     */
    quoteAdd(position, amount_atoms) {
        const val2 = BigInt.asIntN(64, amount_atoms);
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_quoteAdd(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Decreasing or closing a position; a size of `u64::MAX` closes all.
     * @param {Uint8Array | number[]} position
     * @param {bigint} size_atoms
     * @param {number} slippage_ppm
     * @returns {DecreaseView}
     */
    quoteDecrease(position, size_atoms, slippage_ppm) {
        const val2 = BigInt.asIntN(64, size_atoms);
        const val3 = +slippage_ppm;
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_quoteDecrease(this.__wbg_ptr, ptr0, len0, val2, val3);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Shares for a deposit, and the fewest to accept within `slippage_ppm`.
     * @param {bigint} amount_atoms
     * @param {number} slippage_ppm
     * @returns {DepositView}
     */
    quoteDeposit(amount_atoms, slippage_ppm) {
        const ret = wasm.look_quoteDeposit(this.__wbg_ptr, amount_atoms, slippage_ppm);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Increasing a position.
     * @param {Uint8Array | number[]} position
     * @param {bigint} size_atoms
     * @param {number} payout_cap_ppm
     * @param {number} slippage_ppm
     * @returns {IncreaseView}
     */
    quoteIncrease(position, size_atoms, payout_cap_ppm, slippage_ppm) {
        const val2 = BigInt.asIntN(64, size_atoms);
        const val3 = +payout_cap_ppm;
        const val4 = +slippage_ppm;
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_quoteIncrease(this.__wbg_ptr, ptr0, len0, val2, val3, val4);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * What liquidating would do and pay.
     * @param {Uint8Array | number[]} position
     * @returns {LiquidationView}
     */
    quoteLiquidation(position) {
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_quoteLiquidation(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Opening a position.
     * @param {boolean} short
     * @param {bigint} collateral_atoms
     * @param {bigint} size_atoms
     * @param {number} payout_cap_ppm
     * @param {number} slippage_ppm
     * @returns {IncreaseView}
     */
    quoteOpen(short, collateral_atoms, size_atoms, payout_cap_ppm, slippage_ppm) {
        const ret = wasm.look_quoteOpen(this.__wbg_ptr, short, collateral_atoms, size_atoms, payout_cap_ppm, slippage_ppm);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * A plan before it is set; an error where the program would refuse it.
     * @param {Uint8Array | number[]} position
     * @param {bigint} budget_atoms
     * @param {number} trigger_ppm
     * @param {bigint} amount_atoms
     * @param {number} interval_secs
     * @param {bigint} keeper_pay_atoms
     * @returns {PlanView}
     */
    quotePlan(position, budget_atoms, trigger_ppm, amount_atoms, interval_secs, keeper_pay_atoms) {
        const val2 = BigInt.asIntN(64, budget_atoms);
        const val3 = +trigger_ppm;
        const val4 = BigInt.asIntN(64, amount_atoms);
        const val5 = +interval_secs;
        const val6 = BigInt.asIntN(64, keeper_pay_atoms);
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_quotePlan(this.__wbg_ptr, ptr0, len0, val2, val3, val4, val5, val6);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The standing after removing collateral.
     * @param {Uint8Array | number[]} position
     * @param {bigint} amount_atoms
     * @returns {Standing}
     */
    quoteRemove(position, amount_atoms) {
        const val2 = BigInt.asIntN(64, amount_atoms);
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_quoteRemove(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * What leaving with so many shares would bring.
     * @param {bigint} shares
     * @returns {LeaveView}
     */
    quoteWithdrawal(shares) {
        const ret = wasm.look_quoteWithdrawal(this.__wbg_ptr, shares);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * The most that can be removed.
     * @param {Uint8Array | number[]} position
     * @returns {bigint}
     */
    removableAtoms(position) {
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_removableAtoms(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BigInt.asUintN(64, ret[0]);
    }
    /**
     * Worth of so many shares to one who leaves.
     * @param {bigint} shares
     * @returns {bigint}
     */
    sharesValueAtoms(shares) {
        const ret = wasm.look_sharesValueAtoms(this.__wbg_ptr, shares);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BigInt.asUintN(64, ret[0]);
    }
    /**
     * The size whose notional is `leverage_e2` hundredths of the collateral.
     * @param {bigint} collateral_atoms
     * @param {number} leverage_e2
     * @returns {bigint}
     */
    sizeAtLeverage(collateral_atoms, leverage_e2) {
        const ret = wasm.look_sizeAtLeverage(this.__wbg_ptr, collateral_atoms, leverage_e2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BigInt.asUintN(64, ret[0]);
    }
    /**
     * So many per cent of a position's size, to close; all of it at a hundred.
     * @param {Uint8Array | number[]} position
     * @param {number} percent
     * @returns {bigint}
     */
    sizeOfPart(position, percent) {
        const val2 = +percent;
        const ptr0 = passArray8ToWasm0(position, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_sizeOfPart(this.__wbg_ptr, ptr0, len0, val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return BigInt.asUintN(64, ret[0]);
    }
    /**
     * What a trigger price would mean. Kinds are the program's: 1 limit, 2 stop-loss, 3 take-profit.
     * `liquidation_price_e12` is the position's, or zero.
     * @param {boolean} short
     * @param {boolean} decrease
     * @param {number} kind
     * @param {bigint} price_e12
     * @param {bigint} liquidation_price_e12
     * @returns {TriggerView}
     */
    trigger(short, decrease, kind, price_e12, liquidation_price_e12) {
        const ret = wasm.look_trigger(this.__wbg_ptr, short, decrease, kind, price_e12, liquidation_price_e12);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
    /**
     * Where a withdrawal stands.
     * @param {Uint8Array | number[]} data
     * @returns {WithdrawalStanding}
     */
    withdrawal(data) {
        const ptr0 = passArray8ToWasm0(data, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.look_withdrawal(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return takeFromExternrefTable0(ret[0]);
    }
}
if (Symbol.dispose) Look.prototype[Symbol.dispose] = Look.prototype.free;

/**
 * The data of the program's events, discriminators included, in their order; nothing of a transaction that
 * failed. What other programs have logged is not among it, whatever it looks like.
 * @param {string[]} logs
 * @returns {Uint8Array[]}
 */
export function eventData(logs) {
    const ptr0 = passArrayJsValueToWasm0(logs, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.eventData(ptr0, len0);
    return ret;
}

/**
 * The error behind a failed transaction: from its logs where they name one, else from its code alone.
 * @param {string[]} logs
 * @param {number | null} [code]
 * @returns {string | undefined}
 */
export function explain(logs, code) {
    const val2 = +(isLikeNone(code) ? Number.MAX_SAFE_INTEGER : (code) >>> 0);
    const ptr0 = passArrayJsValueToWasm0(logs, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.explain(ptr0, len0, val2);
    let v3;
    if (ret[0] !== 0) {
        v3 = getStringFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    }
    return v3;
}

/**
 * The most that a keeper may be paid out of such an amount.
 * @param {bigint} amount_atoms
 * @returns {bigint}
 */
export function keeperPayMaxAtoms(amount_atoms) {
    const ret = wasm.keeperPayMaxAtoms(amount_atoms);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return BigInt.asUintN(64, ret[0]);
}

/**
 * What a share went for, in 10^-9 atoms, rounded down; zero for none.
 * @param {bigint} amount_atoms
 * @param {bigint} shares
 * @returns {bigint}
 */
export function sharePriceE9(amount_atoms, shares) {
    const ret = wasm.sharePriceE9(amount_atoms, shares);
    return BigInt.asUintN(64, ret);
}

/**
 * The sum of budgets: what the owner's approval has to cover.
 * @param {BigUint64Array | bigint[]} amounts_atoms
 * @returns {bigint}
 */
export function totalAtoms(amounts_atoms) {
    const ptr0 = passArray64ToWasm0(amounts_atoms, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.totalAtoms(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return BigInt.asUintN(64, ret[0]);
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg___wbindgen_string_get_7ce8eee7fd327545: function(arg0, arg1) {
            const obj = arg1;
            const ret = typeof(obj) === 'string' ? obj : undefined;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_error_757e9472f8410341: function(arg0, arg1) {
            let deferred0_0;
            let deferred0_1;
            try {
                deferred0_0 = arg0;
                deferred0_1 = arg1;
                console.error(getStringFromWasm0(arg0, arg1));
            } finally {
                wasm.__wbindgen_free(deferred0_0, deferred0_1, 1);
            }
        },
        __wbg_new_37eb45aaf5eeb820: function() {
            const ret = new Array();
            return ret;
        },
        __wbg_new_787b9fb330d55d78: function(arg0, arg1) {
            const ret = new Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_new_bb74001155cb8ca8: function() {
            const ret = new Error();
            return ret;
        },
        __wbg_new_cd4348290afae586: function() {
            const ret = new Object();
            return ret;
        },
        __wbg_new_from_slice_b8daf545a41c6aa0: function(arg0, arg1) {
            const ret = new Uint8Array(getArrayU8FromWasm0(arg0, arg1));
            return ret;
        },
        __wbg_push_c9f4893fc209f768: function(arg0, arg1) {
            const ret = arg0.push(arg1);
            return ret;
        },
        __wbg_set_2793479888329cb6: function() { return handleError(function (arg0, arg1, arg2) {
            const ret = Reflect.set(arg0, arg1, arg2);
            return ret;
        }, arguments); },
        __wbg_set_name_822e3903f3184979: function(arg0, arg1, arg2) {
            arg0.name = getStringFromWasm0(arg1, arg2);
        },
        __wbg_stack_575c4e0918581b9c: function(arg0, arg1) {
            const ret = arg1.stack;
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbindgen_generic_0000000000000001: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0, arg1) {
            // Cast intrinsic for `I128 -> Externref`.
            const ret = (BigInt.asUintN(64, arg0) | (arg1 << BigInt(64)));
            return ret;
        },
        __wbindgen_generic_0000000000000003: function(arg0) {
            // Cast intrinsic for `I64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000004: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_generic_0000000000000005: function(arg0) {
            // Cast intrinsic for `U64 -> Externref`.
            const ret = BigInt.asUintN(64, arg0);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./bulkhead_bg.js": import0,
    };
}

const CrashFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_crash_free(ptr, 1));
const LookFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_look_free(ptr, 1));

function addToExternrefTable0(obj) {
    const idx = wasm.__externref_table_alloc();
    wasm.__wbindgen_externrefs.set(idx, obj);
    return idx;
}

function _assertClass(instance, klass) {
    if (!(instance instanceof klass)) {
        throw new Error(`expected instance of ${klass.name}`);
    }
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedBigUint64ArrayMemory0 = null;
function getBigUint64ArrayMemory0() {
    if (cachedBigUint64ArrayMemory0 === null || cachedBigUint64ArrayMemory0.byteLength === 0) {
        cachedBigUint64ArrayMemory0 = new BigUint64Array(wasm.memory.buffer);
    }
    return cachedBigUint64ArrayMemory0;
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function handleError(f, args) {
    try {
        return f.apply(this, args);
    } catch (e) {
        const idx = addToExternrefTable0(e);
        wasm.__wbindgen_exn_store(idx);
    }
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getBigUint64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayJsValueToWasm0(array, malloc) {
    const ptr = malloc(array.length * 4, 4) >>> 0;
    for (let i = 0; i < array.length; i++) {
        const add = addToExternrefTable0(array[i]);
        getDataViewMemory0().setUint32(ptr + 4 * i, add, true);
    }
    WASM_VECTOR_LEN = array.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedBigUint64ArrayMemory0 = null;
    cachedDataViewMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }

    if (module_or_path === undefined) {
        module_or_path = new URL('bulkhead_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
