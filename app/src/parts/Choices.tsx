interface ChoicesProps {
    label: string;
    options: readonly (readonly [number, string])[];
    value: number;
    onChange(value: number): void;
}

/** A few buttons of which one is pressed. */
export function Choices({ label, options, value, onChange }: ChoicesProps) {
    return (
        <div className="choices" role="group" aria-label={label}>
            <span>{label}</span>
            {options.map(([one, words]) => (
                <button key={one} type="button" aria-pressed={one === value} onClick={() => onChange(one)}>
                    {words}
                </button>
            ))}
        </div>
    );
}

interface SliderProps {
    label: string;
    shown: string;
    min: number;
    max: number;
    step: number;
    value: number;
    onChange(value: number): void;
}

export function Slider({ label, shown, min, max, step, value, onChange }: SliderProps) {
    return (
        <label className="slider">
            <span>
                {label} <output>{shown}</output>
            </span>
            <input
                type="range"
                min={min}
                max={max}
                step={step}
                value={value}
                aria-label={label}
                aria-valuetext={shown}
                onChange={(event) => onChange(Number(event.target.value))}
            />
        </label>
    );
}
