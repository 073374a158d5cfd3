import { useActing } from '../state/acting.tsx';

export function Notices() {
    const { notices, dismiss } = useActing();
    return (
        <div className="notices" role="log" aria-live="polite" aria-label="What became of your transactions">
            {notices.map(({ id, kind, title, words, again }) => (
                <div key={id} className={`notice notice-${kind}`}>
                    <div>
                        <strong>{title}</strong>
                        <p>{words}</p>
                        {again && (
                            <button type="button" onClick={again}>
                                Try again
                            </button>
                        )}
                    </div>
                    <button
                        type="button"
                        className="quiet"
                        onClick={() => dismiss(id)}
                        aria-label={`Dismiss: ${title}`}
                    >
                        ✕
                    </button>
                </div>
            ))}
        </div>
    );
}
