export * from './addresses.ts';
export * from './generated/index.ts';
