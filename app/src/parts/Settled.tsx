import { price, usdShort } from '../format.ts';
import type { Sight } from '../state/hooks.ts';
import { Row } from './Field.tsx';

/** A market that has ended: what it ended at, and the ways out. */
export function Settled({ sight: { symbol, market } }: { sight: Sight }) {
    const { settlementPriceE12, long, short, poolAtoms, insuranceAtoms, crankBudgetAtoms, params } = market.account;
    const dollars = (atoms: bigint) => usdShort(atoms, params.quoteDecimals);
    return (
        <section className="panel stack ended" aria-label={`${symbol} is settled`} data-testid="settled">
            <h1>{symbol} is settled</h1>
            <p>
                The market has ended. It takes no order and no deposit any more. Every position closes at the settlement
                price, without a fee: <a href="#/positions">take yours out</a>. The pool pays its shares as before:{' '}
                <a href="#/liquidity">withdraw</a>.
            </p>
            <dl className="rows">
                <Row label="Settlement price" strong>
                    <span data-testid="settlement-price">{price(settlementPriceE12)}</span>
                </Row>
                <Row label="Positions left, long / short">
                    {long.positions} / {short.positions}
                </Row>
                <Row label="Pool">{dollars(poolAtoms)}</Row>
                <Row label="Insurance / crank budget">
                    {dollars(insuranceAtoms)} / {dollars(crankBudgetAtoms)}
                </Row>
            </dl>
        </section>
    );
}
