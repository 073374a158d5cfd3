/** What a transaction would do, asked of the node before it is signed. */
import {
    appendTransactionMessageInstructions,
    compileTransaction,
    createTransactionMessage,
    getBase64EncodedWireTransaction,
    pipe,
    setTransactionMessageFeePayer,
    setTransactionMessageLifetimeUsingBlockhash,
    type Address,
    type Instruction,
} from '@solana/kit';

import { eventsOf, type BulkheadEvent } from './events.ts';
import { rpc } from './rpc.ts';

/** Its events; none where it would fail. */
export async function simulate(payer: Address, instructions: Instruction[]): Promise<BulkheadEvent[]> {
    const { value: lifetime } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const message = pipe(
        createTransactionMessage({ version: 0 }),
        (empty) => setTransactionMessageFeePayer(payer, empty),
        (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
        (timed) => appendTransactionMessageInstructions(instructions, timed),
    );
    const wire = getBase64EncodedWireTransaction(compileTransaction(message));
    const options = { encoding: 'base64', sigVerify: false, commitment: 'confirmed' } as const;
    const { value } = await rpc.simulateTransaction(wire, options).send();
    return value.err ? [] : eventsOf([...(value.logs ?? [])]);
}
