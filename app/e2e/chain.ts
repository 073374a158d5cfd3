/** The chain as a program sees it: what the view instructions answer, and what the admin signs. */
import {
    OrderState,
    fetchMarket,
    findMarket,
    findOrder,
    findPosition,
    findProtocolPda,
    getMarketRatesDecoder,
    getOrderViewDecoder,
    getPoolViewDecoder,
    getPositionHealthDecoder,
    getUpdateMarketInstruction,
    getViewOrderInstruction,
    getViewPoolInstruction,
    getViewPositionInstruction,
    getViewRatesInstruction,
    type MarketRates,
    type OrderView,
    type PoolView,
    type PositionHealth,
} from '@bulkhead/client';
import {
    address,
    appendTransactionMessageInstructions,
    compileTransaction,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    createTransactionMessage,
    getBase64EncodedWireTransaction,
    getBase64Encoder,
    pipe,
    setTransactionMessageFeePayer,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
    type Address,
    type Decoder,
    type Instruction,
    type KeyPairSigner,
} from '@solana/kit';

import type { TestWallet } from './wallet.ts';
import type { World } from './world.ts';

export const STATES: Record<OrderState, string> = {
    [OrderState.Waiting]: 'waiting',
    [OrderState.Triggerable]: 'triggerable',
    [OrderState.InWindow]: 'in window',
    [OrderState.Executable]: 'executable',
    [OrderState.Lapsed]: 'lapsed',
    [OrderState.Expired]: 'expired',
    [OrderState.Void]: 'void',
};

export class Chain {
    readonly rpc: ReturnType<typeof createSolanaRpc>;
    private readonly world: World;

    constructor(world: World) {
        this.world = world;
        this.rpc = createSolanaRpc(world.net.rpcUrl);
    }

    market(index = 0): Promise<Address> {
        return findMarket(index);
    }

    async price(market: Address): Promise<Address> {
        const { data } = await fetchMarket(this.rpc, market, { commitment: 'confirmed' });
        return data.oracle.account;
    }

    async position(id: number): Promise<Address> {
        return findPosition(await this.market(), address(this.world.wallet('user').address), id);
    }

    /** What an instruction returns behind an update of its market, in one simulated transaction. */
    private async view<T>(instruction: Instruction, market: Address, decoder: Decoder<T>): Promise<T> {
        const { value: lifetime } = await this.rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
        const payer = address(this.world.wallet('user').address);
        const update = getUpdateMarketInstruction({ market, price: await this.price(market) });
        const message = pipe(
            createTransactionMessage({ version: 0 }),
            (empty) => setTransactionMessageFeePayer(payer, empty),
            (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
            (timed) => appendTransactionMessageInstructions([update, instruction], timed),
        );
        const wire = getBase64EncodedWireTransaction(compileTransaction(message));
        const { value } = await this.rpc
            .simulateTransaction(wire, { encoding: 'base64', sigVerify: false, commitment: 'confirmed' })
            .send();
        const answer = value.returnData?.data[0];
        if (!answer) throw new Error(`nothing returned: ${JSON.stringify(value.logs)}`);
        return decoder.decode(getBase64Encoder().encode(answer));
    }

    async viewPosition(id: number): Promise<PositionHealth> {
        const market = await this.market();
        const price = await this.price(market);
        const position = await this.position(id);
        return this.view(getViewPositionInstruction({ market, position, price }), market, getPositionHealthDecoder());
    }

    async viewPool(): Promise<PoolView> {
        const market = await this.market();
        const price = await this.price(market);
        return this.view(getViewPoolInstruction({ market, price }), market, getPoolViewDecoder());
    }

    async viewRates(): Promise<MarketRates> {
        const market = await this.market();
        return this.view(getViewRatesInstruction({ market }), market, getMarketRatesDecoder());
    }

    async viewOrder(positionId: number, orderId: number): Promise<OrderView> {
        const market = await this.market();
        const position = await this.position(positionId);
        const [protocol] = await findProtocolPda();
        const order = await findOrder(position, orderId);
        const price = await this.price(market);
        const instruction = getViewOrderInstruction({ protocol, market, position, order, price });
        return this.view(instruction, market, getOrderViewDecoder());
    }

    signer({ keypair }: TestWallet): Promise<KeyPairSigner> {
        return createKeyPairSignerFromBytes(Uint8Array.from(keypair));
    }

    async send(signer: KeyPairSigner, instructions: Instruction[]): Promise<void> {
        const { value: lifetime } = await this.rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
        const message = pipe(
            createTransactionMessage({ version: 0 }),
            (empty) => setTransactionMessageFeePayerSigner(signer, empty),
            (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
            (timed) => appendTransactionMessageInstructions(instructions, timed),
        );
        const wire = getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message));
        await this.rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed' }).send();
    }
}
