/** Events out of a transaction's logs. Loaded with the first history: the numbers on a page need none. */
import { decodeBulkheadEvent, type BulkheadEvent } from '@bulkhead/client';

import { eventData } from './risk.ts';

export type { BulkheadEvent };

/** In their order; those of another version of the program are left out. */
export function eventsOf(logs: string[]): BulkheadEvent[] {
    return eventData(logs).flatMap((data) => decodeBulkheadEvent(data) ?? []);
}
