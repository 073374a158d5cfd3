import { createSolanaRpc, createSolanaRpcSubscriptions } from '@solana/kit';

import { rpcUrl, wsUrl } from '../config.ts';

export const rpc = createSolanaRpc(rpcUrl);
export const subscriptions = createSolanaRpcSubscriptions(wsUrl);
