// The little of a chain that a deployment needs: read accounts, send transactions, wait for them.
import { readFileSync } from 'node:fs';

import {
    type Address,
    type EncodedAccount,
    type Instruction,
    type KeyPairSigner,
    appendTransactionMessageInstructions,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    createTransactionMessage,
    fetchEncodedAccount,
    getAddressDecoder,
    getAddressEncoder,
    getBase64EncodedWireTransaction,
    getProgramDerivedAddress,
    getSignatureFromTransaction,
    pipe,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
} from '@solana/kit';
import { BULKHEAD_PROGRAM_ADDRESS } from '@bulkhead/client';

const UPGRADEABLE_LOADER = 'BPFLoaderUpgradeab1e11111111111111111111111' as Address;
/** Where the loader's ProgramData keeps the upgrade authority: after its tag and the slot, one byte for whether there is one. */
const AUTHORITY_TAG = 12;
const AUTHORITY_END = 45;
/** A signature that no block has shown after this long has expired with its blockhash. */
const LANDING_MS = 90_000;
const POLL_MS = 400;

export type Chain = { rpc: ReturnType<typeof createSolanaRpc>; wallet: KeyPairSigner };

export async function connect(url: string, keypairFile: string): Promise<Chain> {
    const bytes = new Uint8Array(JSON.parse(readFileSync(keypairFile, 'utf8')) as number[]);
    return { rpc: createSolanaRpc(url), wallet: await createKeyPairSignerFromBytes(bytes) };
}

/** The program's data account, and who may upgrade the program: undefined if nobody, an error if it is not deployed. */
export async function upgradeAuthority(chain: Chain): Promise<{ programData: Address; authority: Address | undefined }> {
    const [programData] = await getProgramDerivedAddress({
        programAddress: UPGRADEABLE_LOADER,
        seeds: [getAddressEncoder().encode(BULKHEAD_PROGRAM_ADDRESS)],
    });
    const account = await fetchEncodedAccount(chain.rpc, programData);
    if (!account.exists) {
        throw new Error(`program ${BULKHEAD_PROGRAM_ADDRESS} is not deployed there, or not upgradeable`);
    }
    const hasAuthority = account.data[AUTHORITY_TAG] === 1;
    const bytes = account.data.slice(AUTHORITY_TAG + 1, AUTHORITY_END);
    return { programData, authority: hasAuthority ? getAddressDecoder().decode(bytes) : undefined };
}

export async function find(chain: Chain, address: Address): Promise<EncodedAccount | undefined> {
    const account = await fetchEncodedAccount(chain.rpc, address);
    return account.exists ? account : undefined;
}

/** Sends one transaction and waits until a block has it. What the chain refuses is an error with its logs. */
export async function send(chain: Chain, instructions: readonly Instruction[]): Promise<string> {
    const { value: lifetime } = await chain.rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const message = pipe(
        createTransactionMessage({ version: 0 }),
        (empty) => setTransactionMessageFeePayerSigner(chain.wallet, empty),
        (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
        (living) => appendTransactionMessageInstructions(instructions, living),
    );
    const transaction = await signTransactionMessageWithSigners(message);
    const wire = getBase64EncodedWireTransaction(transaction);
    const signature = getSignatureFromTransaction(transaction);
    const simulated = await chain.rpc.simulateTransaction(wire, { encoding: 'base64' }).send();
    if (simulated.value.err) {
        const err = JSON.stringify(simulated.value.err, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
        throw new Error(`the chain refuses: ${err}\n${(simulated.value.logs ?? []).join('\n')}`);
    }
    await chain.rpc.sendTransaction(wire, { encoding: 'base64' }).send();
    const until = Date.now() + LANDING_MS;
    while (Date.now() < until) {
        const { value } = await chain.rpc.getSignatureStatuses([signature]).send();
        const status = value[0];
        if (status?.err) throw new Error(`${signature} failed: ${JSON.stringify(status.err)}`);
        if (status?.confirmationStatus === 'confirmed' || status?.confirmationStatus === 'finalized') return signature;
        await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
    throw new Error(`${signature} did not land: run again`);
}
