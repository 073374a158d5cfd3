// Reads clusters/*.toml and markets/*.toml. Every key is asked for by name: one that is missing or unknown is an error.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { type Address, address } from '@solana/kit';
import { Cluster, type MarketParamsArgs, type OracleSourceArgs } from '@bulkhead/client';
import { type TomlTable, parse } from 'smol-toml';

export type ClusterConfig = {
    cluster: Cluster;
    timelockSecs: number;
    guardian: Address | 'admin';
    feeReceiver: Address | 'admin';
    collateralMint: Address | undefined;
};

export type MarketConfig = { symbol: string; index: number; oracle: OracleSourceArgs; params: MarketParamsArgs };

const CLUSTERS: Record<string, Cluster> = {
    localnet: Cluster.Localnet,
    devnet: Cluster.Devnet,
    mainnet: Cluster.Mainnet,
};

/** A table whose keys are taken one by one; `done` refuses what is left. */
class Table {
    private readonly left: Set<string>;

    constructor(
        private readonly file: string,
        private readonly table: TomlTable,
    ) {
        this.left = new Set(Object.keys(table));
    }

    take(key: string): unknown {
        this.left.delete(key);
        const value = this.table[key];
        if (value === undefined) throw new Error(`${this.file}: ${key} is missing`);
        return value;
    }

    has(key: string): boolean {
        return this.table[key] !== undefined;
    }

    integer(key: string): bigint {
        const value = this.take(key);
        if (typeof value !== 'bigint') throw new Error(`${this.file}: ${key} must be an integer`);
        return value;
    }

    number(key: string): number {
        return Number(this.integer(key));
    }

    text(key: string): string {
        const value = this.take(key);
        if (typeof value !== 'string') throw new Error(`${this.file}: ${key} must be a text`);
        return value;
    }

    table_(key: string): Table {
        const value = this.take(key);
        if (typeof value !== 'object') throw new Error(`${this.file}: ${key} must be a table`);
        return new Table(`${this.file}, ${key}`, value as TomlTable);
    }

    skip(key: string): void {
        this.left.delete(key);
    }

    done(): void {
        if (this.left.size > 0) throw new Error(`${this.file}: unknown ${[...this.left].join(', ')}`);
    }
}

function read(file: string): Table {
    return new Table(file, parse(readFileSync(file, 'utf8'), { integersAsBigInt: true }));
}

export function readCluster(folder: string, name: string): ClusterConfig {
    const table = read(join(folder, `${name}.toml`));
    const who = (key: string): Address | 'admin' => {
        const text = table.text(key);
        return text === 'admin' ? 'admin' : address(text);
    };
    const named = table.text('cluster');
    const cluster = CLUSTERS[named];
    if (cluster === undefined) throw new Error(`${name}.toml: there is no cluster ${named}`);
    const config = {
        cluster,
        timelockSecs: table.number('timelock_secs'),
        guardian: who('guardian'),
        feeReceiver: who('fee_receiver'),
        collateralMint: table.has('collateral_mint') ? address(table.text('collateral_mint')) : undefined,
    };
    table.done();
    return config;
}

/** A feed id of 64 hexadecimal digits. */
function feedId(text: string): Uint8Array {
    if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${text} is not a feed id`);
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function oracleOf(table: Table): OracleSourceArgs {
    const kinds = { core: 'PythCore', compatible: 'PythCompatible' } as const;
    const generation = table.text('generation');
    if (generation !== 'core' && generation !== 'compatible') {
        throw new Error(`there is no receiver generation ${generation}: core or compatible`);
    }
    const source = { __kind: kinds[generation], shard: table.number('shard'), feedId: feedId(table.text('feed_id')) };
    table.done();
    return source;
}

function paramsOf(table: Table): MarketParamsArgs {
    const params: MarketParamsArgs = {
        baseDecimals: table.number('base_decimals'),
        stressVarianceE24: table.integer('stress_variance_e24'),
        marginMinPpm: table.number('margin_min_ppm'),
        marginMaxPpm: table.number('margin_max_ppm'),
        initialMarginMinPpm: table.number('initial_margin_min_ppm'),
        liquidationFeePpm: table.number('liquidation_fee_ppm'),
        tradeFeePpm: table.number('trade_fee_ppm'),
        confidenceMaxPpm: table.number('confidence_max_ppm'),
        utilisationMaxPpm: table.number('utilisation_max_ppm'),
        poolShareMaxPpm: table.number('pool_share_max_ppm'),
        depthQuoteAtoms: table.integer('depth_quote_atoms'),
        openInterestCapQuoteAtoms: table.integer('open_interest_cap_quote_atoms'),
        skewCapQuoteAtoms: table.integer('skew_cap_quote_atoms'),
        notionalMinQuoteAtoms: table.integer('notional_min_quote_atoms'),
        chunkMinQuoteAtoms: table.integer('chunk_min_quote_atoms'),
        orderDelaySecs: table.number('order_delay_secs'),
        orderWindowSecs: table.number('order_window_secs'),
        borrowKinkUtilisationPpm: table.number('borrow_kink_utilisation_ppm'),
        borrowKinkRateE12: table.integer('borrow_kink_rate_e12'),
        borrowFullUtilisationPpm: table.number('borrow_full_utilisation_ppm'),
        borrowFullRateE12: table.integer('borrow_full_rate_e12'),
        fundingSkewScaleQuoteAtoms: table.integer('funding_skew_scale_quote_atoms'),
        fundingVelocityMaxE18: table.integer('funding_velocity_max_e18'),
        fundingRateMaxE12: table.integer('funding_rate_max_e12'),
        impactScaleQuoteAtoms: table.integer('impact_scale_quote_atoms'),
        keeperFloorQuoteAtoms: table.integer('keeper_floor_quote_atoms'),
        crankFeeQuoteAtoms: table.integer('crank_fee_quote_atoms'),
    };
    table.done();
    return params;
}

/** All markets in the order of their indexes, which leave no gap. */
export function readMarkets(folder: string): MarketConfig[] {
    const files = readdirSync(folder).filter((name) => name.endsWith('.toml'));
    const markets = files.map((name) => {
        const table = read(join(folder, name));
        const market = {
            symbol: table.text('symbol'),
            index: table.number('index'),
            oracle: oracleOf(table.table_('oracle')),
            params: paramsOf(table.table_('params')),
        };
        table.skip('localnet');
        table.done();
        return market;
    });
    markets.sort((one, other) => one.index - other.index);
    markets.forEach((market, place) => {
        if (market.index !== place) throw new Error(`${folder}: no market has the index ${place}`);
    });
    return markets;
}
