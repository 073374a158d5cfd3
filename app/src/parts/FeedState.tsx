import { duration } from '../format.ts';
import { useTick, useWorld } from '../state/hooks.ts';

/** Whether what is shown is live, in words and not only in colour. */
export function FeedState() {
    const world = useWorld();
    useTick(1_000);
    const quiet = (Date.now() - world.heardAt) / 1000;
    const words =
        world.feed === 'live' ? 'Live' : world.feed === 'stale' ? `Stale for ${duration(quiet)}` : 'Connecting';
    return (
        <span className={`feed feed-${world.feed}`} role="status" data-testid="feed">
            <span className="dot" aria-hidden="true" />
            {words}
        </span>
    );
}
