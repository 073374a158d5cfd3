export * from './addresses.ts';
export * from './generated/index.ts';
export * from './generated/events.ts';
