// From a deployed program to a configured protocol: the protocol account, then every market of markets/*.toml.
//
//   npm run deploy -- --cluster localnet --url http://127.0.0.1:8899 --keypair admin.json --mint <address>
//
// `anchor migrate` calls the default export. What stands already is compared and left alone: running it twice changes
// nothing, and a difference is printed with the way to change it, which is the timelock.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { type Address, address } from '@solana/kit';
import { tokenProgramOf } from './lib/token.ts';
import {
    type Market,
    findMarket,
    findProtocolPda,
    decodeMarket,
    decodeProtocol,
    getCreateMarketInstructionAsync,
    getInitializeProtocolInstructionAsync,
} from '@bulkhead/client';

import { type Chain, connect, find, send, upgradeAuthority } from './lib/chain.ts';
import { type ClusterConfig, type MarketConfig, readCluster, readMarkets } from './lib/config.ts';

const here = dirname(fileURLToPath(import.meta.url));

export type Options = { cluster: string; url: string; keypair: string; mint: string | undefined };

async function protocol(chain: Chain, config: ClusterConfig): Promise<Address> {
    const { programData, authority } = await upgradeAuthority(chain);
    console.log(`upgrade authority: ${authority ?? 'nobody, the program is final'}`);
    const [key] = await findProtocolPda();
    const found = await find(chain, key);
    if (found) {
        const { data } = decodeProtocol(found);
        console.log(`protocol ${key}: there, admin ${data.admin}, timelock ${data.timelockSecs} s`);
        if (data.cluster !== Number(config.cluster)) throw new Error(`it was set up for cluster ${data.cluster}`);
        return key;
    }
    if (authority !== chain.wallet.address) {
        throw new Error(`only the upgrade authority can set the protocol up; the wallet is ${chain.wallet.address}`);
    }
    const who = (name: Address | 'admin') => (name === 'admin' ? chain.wallet.address : name);
    const instruction = await getInitializeProtocolInstructionAsync({
        admin: chain.wallet,
        programData,
        cluster: config.cluster,
        timelockSecs: config.timelockSecs,
        guardian: who(config.guardian),
        feeReceiver: who(config.feeReceiver),
    });
    console.log(`protocol ${key}: set up in ${await send(chain, [instruction])}`);
    return key;
}

/** Names of the settings in which a market differs from its file. */
function differences(market: Market, config: MarketConfig, mint: Address): string[] {
    const stored: Record<string, unknown> = market.params;
    const names = Object.entries(config.params)
        .filter(([name, value]) => BigInt(stored[name] as bigint) !== BigInt(value))
        .map(([name, value]) => `${name}: ${String(stored[name])} on chain, ${String(value)} in the file`);
    if ('feedId' in config.oracle) {
        const feed = Buffer.from(config.oracle.feedId);
        if (!feed.equals(Buffer.from(market.oracle.feedId))) names.push('the feed, which never changes');
    }
    if (market.collateralMint !== mint) names.push('the collateral mint, which never changes');
    return names;
}

async function market(chain: Chain, protocolKey: Address, config: MarketConfig, mint: Address): Promise<void> {
    const key = await findMarket(config.index);
    const found = await find(chain, key);
    if (found) {
        const changed = differences(decodeMarket(found).data, config, mint);
        console.log(`${config.symbol} ${key}: there${changed.length === 0 ? ', as its file says' : ''}`);
        for (const change of changed) console.log(`  ${change}`);
        if (changed.length > 0) console.log('  to change it: bulkhead admin queue');
        return;
    }
    const instruction = await getCreateMarketInstructionAsync({
        admin: chain.wallet,
        protocol: protocolKey,
        market: key,
        collateralMint: mint,
        tokenProgram: await tokenProgramOf(chain, mint),
        index: config.index,
        oracle: config.oracle,
        collateralOracle: null,
        params: config.params,
    });
    console.log(`${config.symbol} ${key}: created in ${await send(chain, [instruction])}`);
}

export async function run(options: Options): Promise<void> {
    const config = readCluster(join(here, 'clusters'), options.cluster);
    const markets = readMarkets(join(here, 'markets'));
    const mint = options.mint === undefined ? config.collateralMint : address(options.mint);
    if (mint === undefined) throw new Error('no collateral mint: --mint, or COLLATERAL_MINT');
    const chain = await connect(options.url, options.keypair);
    console.log(`${options.url}, wallet ${chain.wallet.address}, ${markets.length} markets, collateral ${mint}`);
    const key = await protocol(chain, config);
    for (const each of markets) await market(chain, key, each, mint);
}

const RPC: Record<string, string> = {
    localnet: 'http://127.0.0.1:8899',
    devnet: 'https://api.devnet.solana.com',
};

function fromCommandLine(): Options {
    const { values } = parseArgs({
        args: argv.slice(2),
        options: {
            cluster: { type: 'string', default: 'localnet' },
            url: { type: 'string' },
            keypair: { type: 'string' },
            mint: { type: 'string' },
        },
    });
    const url = values.url ?? env['ANCHOR_PROVIDER_URL'] ?? RPC[values.cluster];
    if (url === undefined) throw new Error(`no RPC address for cluster ${values.cluster}: --url`);
    return {
        cluster: values.cluster,
        url,
        keypair: values.keypair ?? env['ANCHOR_WALLET'] ?? join(homedir(), '.config/solana/id.json'),
        mint: values.mint ?? env['COLLATERAL_MINT'],
    };
}

/** What `anchor migrate` calls, with its provider. */
export default async function migrate(provider: { connection: { rpcEndpoint: string } }): Promise<void> {
    const options = fromCommandLine();
    await run({ ...options, url: provider.connection.rpcEndpoint });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
    run(fromCommandLine()).catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        exit(1);
    });
}
