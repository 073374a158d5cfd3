/** Everything that a wallet can be asked to sign. */
export * from './trading.ts';
export * from './leaving.ts';
export * from './keeping.ts';
export * from './liquidity.ts';
export * from './plans.ts';
export { update } from './common.ts';
