/** Integers into text and back. No money is computed here: only digits are placed. */

export interface Places {
    /** Digits behind the point. */
    digits: number;
    /** Show a plus before positive numbers. */
    sign?: boolean;
}

/** `value * 10^-scale` with so many digits, rounded half away from zero, thousands separated. */
export function decimal(value: bigint, scale: number, { digits, sign = false }: Places): string {
    const negative = value < 0n;
    let magnitude = negative ? -value : value;
    let places = scale;
    if (places > digits) {
        const cut = 10n ** BigInt(places - digits);
        magnitude = (magnitude + cut / 2n) / cut;
        places = digits;
    }
    const text = magnitude.toString().padStart(places + 1, '0');
    const whole = text.slice(0, text.length - places).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
    const fraction = text.slice(text.length - places).padEnd(digits, '0');
    const isZero = magnitude === 0n;
    const mark = negative && !isZero ? '−' : sign && !isZero ? '+' : '';
    return `${mark}${whole}${digits > 0 ? `.${fraction}` : ''}`;
}

/** An amount of collateral in dollars. */
export function usd(atoms: bigint, decimals: number, places: Partial<Places> = {}): string {
    return decimal(atoms, decimals, { digits: 2, ...places });
}

/** A large amount of collateral, short: 1.2M. */
export function usdShort(atoms: bigint, decimals: number): string {
    const magnitude = atoms < 0n ? -atoms : atoms;
    const units: [bigint, number, string][] = [
        [10n ** BigInt(decimals + 9), 9, 'B'],
        [10n ** BigInt(decimals + 6), 6, 'M'],
        [10n ** BigInt(decimals + 3), 3, 'k'],
    ];
    for (const [least, more, unit] of units) {
        if (magnitude >= least) return `${decimal(atoms, decimals + more, { digits: 2 })}${unit}`;
    }
    return usd(atoms, decimals);
}

/** A price; cheaper things show more digits. */
export function price(e12: bigint): string {
    const whole = e12 / 1_000_000_000_000n;
    const digits = whole >= 10_000n ? 1 : whole >= 100n ? 2 : whole >= 1n ? 4 : 6;
    return decimal(e12, 12, { digits });
}

/** A price for a chart, which draws floating point and computes nothing. */
export function priceForChart(e12: bigint): number {
    return Number(e12) / 1e12;
}

/** A rate in ppm as per cent. */
export function percent(ppm: bigint | number, places: Partial<Places> = {}): string {
    return `${decimal(BigInt(ppm), 4, { digits: 2, ...places })} %`;
}

/** A rate in 10^-12 as per cent. */
export function percentE12(e12: bigint, places: Partial<Places> = {}): string {
    return `${decimal(e12, 10, { digits: 4, ...places })} %`;
}

/** A size in the base asset. */
export function size(atoms: bigint, decimals: number): string {
    const text = decimal(atoms, decimals, { digits: Math.min(decimals, 6) });
    return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

/** What was typed as an integer of atoms; null where it is no amount. */
export function parseAmount(text: string, decimals: number): bigint | null {
    const cleaned = text.trim().replace(/,/g, '');
    const match = /^(\d*)(?:\.(\d*))?$/.exec(cleaned);
    if (!match || cleaned === '' || cleaned === '.') return null;
    const [, whole = '', fraction = ''] = match;
    if (fraction.length > decimals) return null;
    const atoms = BigInt(`${whole}${fraction.padEnd(decimals, '0')}` || '0');
    return atoms <= 0xffff_ffff_ffff_ffffn ? atoms : null;
}

/** An amount as it would be typed: no separators, no zeros at the end. */
export function typed(atoms: bigint, decimals: number): string {
    const text = decimal(atoms, decimals, { digits: decimals }).replace(/,/g, '');
    return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

export function short(address: string): string {
    return `${address.slice(0, 4)}…${address.slice(-4)}`;
}

export function clock(seconds: bigint): string {
    return new Date(Number(seconds) * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Seconds in words: 1 h 20 min. */
export function duration(seconds: number): string {
    if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}
