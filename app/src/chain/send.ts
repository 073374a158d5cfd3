/** Builds, has signed, sends, and waits until it is known what became of it. */
import {
    appendTransactionMessageInstructions,
    compileTransaction,
    createTransactionMessage,
    getBase64Decoder,
    getSignatureFromTransaction,
    getTransactionDecoder,
    getTransactionEncoder,
    pipe,
    setTransactionMessageFeePayer,
    setTransactionMessageLifetimeUsingBlockhash,
    type Base64EncodedWireTransaction,
    type Instruction,
    type Signature,
} from '@solana/kit';

import { Failed, inWords } from './failure.ts';
import { rpc } from './rpc.ts';
import type { Connected } from './wallet.ts';

const POLL_MS = 400;

/** `onSent` is called once the node has taken it. */
export async function send(wallet: Connected, instructions: Instruction[], onSent: () => void): Promise<Signature> {
    const { value: lifetime } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const message = pipe(
        createTransactionMessage({ version: 0 }),
        (empty) => setTransactionMessageFeePayer(wallet.address, empty),
        (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
        (timed) => appendTransactionMessageInstructions(instructions, timed),
    );
    const unsigned = new Uint8Array(getTransactionEncoder().encode(compileTransaction(message)));
    const signed = await wallet.sign(unsigned);
    const signature = getSignatureFromTransaction(getTransactionDecoder().decode(signed));
    const wire = getBase64Decoder().decode(signed) as Base64EncodedWireTransaction;
    await rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed' }).send();
    onSent();
    await landed(signature, lifetime.lastValidBlockHeight);
    return signature;
}

async function landed(signature: Signature, lastValidBlockHeight: bigint): Promise<void> {
    for (;;) {
        const { value } = await rpc.getSignatureStatuses([signature]).send();
        const status = value[0];
        if (status?.err) throw await failureOf(signature, status.err);
        if (status?.confirmationStatus === 'confirmed' || status?.confirmationStatus === 'finalized') return;
        if ((await rpc.getBlockHeight({ commitment: 'confirmed' }).send()) > lastValidBlockHeight) {
            throw new Error('block height exceeded');
        }
        await new Promise((resume) => setTimeout(resume, POLL_MS));
    }
}

/** The logs of a transaction that landed and failed say why. */
async function failureOf(signature: Signature, err: unknown): Promise<Error> {
    const found = await rpc
        .getTransaction(signature, { commitment: 'confirmed', encoding: 'base64', maxSupportedTransactionVersion: 0 })
        .send()
        .catch(() => null);
    const text = JSON.stringify(err, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
    const error = Object.assign(new Error(text), { context: { logs: found?.meta?.logMessages ?? [] } });
    return new Failed(inWords(error));
}
