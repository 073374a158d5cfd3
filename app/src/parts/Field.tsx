import { useId, type ReactNode } from 'react';

interface FieldProps {
    label: string;
    value: string;
    unit: string;
    note?: ReactNode;
    problem?: string;
    onChange(text: string): void;
}

/** A number to type in. */
export function Field({ label, value, unit, note, problem, onChange }: FieldProps) {
    const id = useId();
    return (
        <div className="field">
            <label htmlFor={id}>{label}</label>
            <div className="input">
                <input
                    id={id}
                    inputMode="decimal"
                    autoComplete="off"
                    value={value}
                    aria-invalid={problem ? true : undefined}
                    aria-describedby={`${id}-note`}
                    onChange={(event) => onChange(event.target.value)}
                />
                <span>{unit}</span>
            </div>
            <p id={`${id}-note`} className={problem ? 'note bad' : 'note'}>
                {problem ?? note}
            </p>
        </div>
    );
}

export function Row({ label, children, strong }: { label: string; children: ReactNode; strong?: boolean }) {
    return (
        <div className={strong ? 'row strong' : 'row'}>
            <dt>{label}</dt>
            <dd>{children}</dd>
        </div>
    );
}
