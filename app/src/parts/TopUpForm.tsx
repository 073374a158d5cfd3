import { useState, type FormEvent } from 'react';

import { keeperPayMaxAtoms, totalAtoms, type PlanView } from '../chain/risk.ts';
import { decimal, parseAmount, percent, typed, usd } from '../format.ts';
import { useActing } from '../state/acting.tsx';
import { asked, useWorld } from '../state/hooks.ts';
import type { World } from '../state/world.ts';
import { Choices, Slider } from './Choices.tsx';
import type { CompartmentProps } from './Compartment.tsx';
import { Field, Row } from './Field.tsx';

const INTERVALS = [
    [60, '1 min'],
    [600, '10 min'],
    [3_600, '1 h'],
    [86_400, '1 day'],
] as const;

function planOf(world: World, { position }: Pick<CompartmentProps, 'position'>) {
    return [...world.plans.values()].find(({ account }) => account.position === position.address);
}

/** Budgets of the owner's other plans: the approval covers all of them. */
function othersOf(world: World, { position }: Pick<CompartmentProps, 'position'>): bigint[] {
    return [...world.plans.values()]
        .filter(({ account }) => account.owner === position.account.owner && account.position !== position.address)
        .map(({ account }) => account.budgetAtoms);
}

/** Lets anyone top a position up out of the owner's wallet, within bounds. */
export function TopUpForm({ eye, position, wallet }: CompartmentProps) {
    const world = useWorld();
    const { act, busy } = useActing();
    const plan = planOf(world, { position });
    const { quoteDecimals } = eye.view;
    const [budget, setBudget] = useState('500');
    const [each, setEach] = useState('100');
    const [triggerE2, setTrigger] = useState(150);
    const [intervalSecs, setInterval] = useState<number>(600);
    const [ownPay, setPay] = useState<string | null>(null);
    const budgetAtoms = parseAmount(budget, quoteDecimals);
    const amountAtoms = parseAmount(each, quoteDecimals);
    const payMost = amountAtoms === null ? null : asked(() => keeperPayMaxAtoms(amountAtoms)).value;
    const pay = ownPay ?? (payMost === null ? '' : typed(payMost, quoteDecimals));
    const keeperPayAtoms = parseAmount(pay, quoteDecimals);
    const triggerPpm = triggerE2 * 10_000;
    const quote =
        budgetAtoms === null || amountAtoms === null || keeperPayAtoms === null
            ? null
            : asked(() =>
                  eye.look.quotePlan(position.data, budgetAtoms, triggerPpm, amountAtoms, intervalSecs, keeperPayAtoms),
              );
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (budgetAtoms === null || amountAtoms === null || keeperPayAtoms === null) return;
        void act('Set the top-up plan', async () => {
            const { setTopUp } = await import('../chain/acts/index.ts');
            const approved = totalAtoms(BigUint64Array.from([budgetAtoms, ...othersOf(world, { position })]));
            const args = { budgetAtoms, triggerPpm, amountAtoms, intervalSecs, keeperPayAtoms };
            return setTopUp(wallet, eye.market, position, args, approved);
        });
    };
    const takeBack = () =>
        plan &&
        void act(
            'Take the plan back',
            async () => {
                const { cancelTopUp } = await import('../chain/acts/index.ts');
                const approved = totalAtoms(BigUint64Array.from(othersOf(world, { position })));
                return cancelTopUp(wallet, eye.market, plan, approved);
            },
            [plan.address],
        );
    const standing = plan ? asked(() => eye.look.plan(position.data, plan.data)) : null;
    return (
        <form className="act" onSubmit={submit} aria-label="Top-up plan">
            {plan && (
                <>
                    <p data-testid="plan">
                        A plan stands: {usd(plan.account.amountAtoms, quoteDecimals)} at a time, of{' '}
                        {usd(plan.account.budgetAtoms, quoteDecimals)} left.
                    </p>
                    {standing?.value && <Effect view={standing.value} decimals={quoteDecimals} />}
                    <button type="button" disabled={busy} onClick={takeBack}>
                        Take the plan back
                    </button>
                </>
            )}
            <Slider
                label="Acts below this multiple of the maintenance margin"
                shown={`${decimal(BigInt(triggerE2), 2, { digits: 1 })}×`}
                min={100}
                max={500}
                step={10}
                value={triggerE2}
                onChange={setTrigger}
            />
            <Field
                label="Each time"
                unit="USD"
                value={each}
                onChange={setEach}
                note="Must leave 1.1 times the maintenance margin"
            />
            <Field
                label="In all"
                unit="USD"
                value={budget}
                onChange={setBudget}
                note="What your wallet stands behind this position with"
            />
            <Field
                label="Of each, to the keeper"
                unit="USD"
                value={pay}
                onChange={setPay}
                note={payMost === null ? '' : `At most ${usd(payMost, quoteDecimals)}`}
            />
            <Choices label="At most every" options={INTERVALS} value={intervalSecs} onChange={setInterval} />
            {quote?.value && <Effect view={quote.value} decimals={quoteDecimals} />}
            {quote?.refusal && <p className="note bad">{quote.refusal}</p>}
            <p className="note">
                Anyone may bring the price at which it acts. You also approve the program’s top-up authority for this
                sum; revoking it in any wallet ends it.
            </p>
            <button type="submit" className="primary" disabled={busy || !quote?.value}>
                {plan ? 'Replace the plan' : 'Set the plan'}
            </button>
        </form>
    );
}

function Effect({ view, decimals }: { view: PlanView; decimals: number }) {
    return (
        <dl className="rows">
            <Row label="Acts below a health of">{percent(view.triggerHealthPpm)}</Row>
            <Row label="Into the vault each time">{usd(view.intoVaultAtoms, decimals)}</Row>
            <Row label="Now">{view.due ? 'due: it acts at once' : view.refusal}</Row>
        </dl>
    );
}
