import { parseAmount, price } from '../format.ts';
import { asked, type Eye } from '../state/hooks.ts';
import { Field } from './Field.tsx';
import { LIMIT } from './orders.ts';

const PRICE_DECIMALS = 12;

export function parsePrice(text: string): bigint | null {
    const e12 = parseAmount(text, PRICE_DECIMALS);
    return e12 === null || e12 === 0n ? null : e12;
}

interface TriggerFieldProps {
    eye: Eye;
    short: boolean;
    decreases: boolean;
    kind: number;
    text: string;
    liquidationPriceE12?: bigint;
    onChange(text: string): void;
}

/** A trigger price, and what it would mean. */
export function TriggerField({ eye, short, decreases, kind, text, liquidationPriceE12, onChange }: TriggerFieldProps) {
    const e12 = parsePrice(text);
    const seen =
        e12 === null
            ? null
            : asked(() => eye.look.trigger(short, decreases, kind, e12, liquidationPriceE12 ?? 0n)).value;
    const note = !seen
        ? `The index is at ${price(eye.view.priceE12)}`
        : seen.met
          ? 'Met already: it would be triggered at once'
          : `Triggers once the index is at ${price(e12 ?? 0n)} or ${seen.above ? 'above' : 'below'}`;
    const problem =
        text !== '' && e12 === null
            ? 'Not a price'
            : seen?.beyondLiquidation && liquidationPriceE12
              ? `The position is liquidated at ${price(liquidationPriceE12)}, before this`
              : undefined;
    return (
        <Field
            label={kind === LIMIT ? 'Limit price' : 'Trigger price'}
            unit="USD"
            value={text}
            onChange={onChange}
            note={note}
            problem={problem}
        />
    );
}
