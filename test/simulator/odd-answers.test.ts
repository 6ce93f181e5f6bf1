import { describe, expect, it } from '@jest/globals';
import type { Effect } from '../../src/simulator/faults/effect.ts';
import type { PodRule } from '../../src/simulator/world/pod-rule.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { column, createBench, rent } from './support.ts';
import type { Bench } from './support.ts';

const TIMES: SettingsInput = { provisioningMs: 1000, installingMs: 2000 };
const REQUESTED_NAME = 'gp-abc123-0123456789-1-default-train';

function ruled(rule: PodRule): { readonly bench: Bench; readonly id: string } {
  const bench = createBench({ ...TIMES, podRules: [rule] });
  return { bench, id: rent(bench) };
}

function fieldOf(bench: Bench, id: string, name: string): unknown {
  const { body } = bench.ask('GET', `/pods/${id}`);
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}

describe('the name that answers show', () => {
  it.each<{ readonly rule: PodRule; readonly shown: string | null }>([
    { rule: { nameMaxLength: 20 }, shown: REQUESTED_NAME.slice(0, 20) },
    { rule: { namePrefix: 'acct7-' }, shown: `acct7-${REQUESTED_NAME}` },
    { rule: { namePrefix: 'acct7-', nameMaxLength: 10 }, shown: 'acct7-gp-a' },
    { rule: { nameCase: 'Upper' }, shown: REQUESTED_NAME.toUpperCase() },
    { rule: { nameShown: false }, shown: null },
  ])('is $shown by rule $rule, and the ledger keeps the requested name', ({ rule, shown }) => {
    const { bench, id } = ruled(rule);
    expect(fieldOf(bench, id, 'name')).toBe(shown);
    expect(column(bench.ask('GET', '/pods/').body, 'name')).toEqual([shown]);
    expect(bench.api.world.ledger.entries()[0]?.name).toBe(REQUESTED_NAME);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(60_000);
    expect(column(bench.ask('GET', '/pods/history').body, 'name')).toEqual([shown]);
  });
});

/** What GET and the ledger say, in multiples of the price at creation. */
function pricesOf(bench: Bench, id: string): readonly unknown[] {
  const entry = bench.api.world.ledger.entries().find((candidate) => candidate.id === id);
  const { createdPriceHr = NaN, priceHr = NaN } = entry ?? {};
  const shown = fieldOf(bench, id, 'priceHr');
  return [typeof shown === 'number' ? shown / createdPriceHr : shown, priceHr / createdPriceHr];
}

describe('the price that answers show, and the price that bills', () => {
  it.each<{ readonly rule: PodRule; readonly before: unknown; readonly active: unknown }>([
    { rule: {}, before: [1, 1], active: [1, 1] },
    { rule: { priceShownFrom: 'Active' }, before: [null, 1], active: [1, 1] },
    { rule: { priceShownFrom: 'Active', priceShownLateMs: 1 }, before: [null, 1], active: [null, 1] },
    { rule: { priceShownFrom: 'Never' }, before: [null, 1], active: [null, 1] },
    { rule: { priceShownFrom: 'Active', activePriceFactor: 2 }, before: [null, 1], active: [2, 2] },
  ])('are $before by rule $rule, and $active once the instance is ACTIVE', ({ rule, before, active }) => {
    const { bench, id } = ruled(rule);
    expect(pricesOf(bench, id)).toEqual(before);
    bench.clock.advance(1000);
    expect(pricesOf(bench, id)).toEqual(active);
  });
});

describe('the reason of a failed installation', () => {
  it('appears while the instance is shown as installing, by rule', () => {
    const { bench, id } = ruled({ outcome: 'FailureTextOnly' });
    bench.clock.advance(60_000);
    expect([
      fieldOf(bench, id, 'status'),
      fieldOf(bench, id, 'installationStatus'),
      fieldOf(bench, id, 'installationFailure'),
      fieldOf(bench, id, 'sshConnection'),
    ]).toEqual(['ACTIVE', 'ACTIVE', 'image pull failed', null]);
  });
});

describe('a list for a team that the key is not in', () => {
  it.each([
    { status: null, answered: 200 },
    { status: 403, answered: 403 },
  ])('is answered $answered if the setting is $status', ({ status, answered }) => {
    const bench = createBench({ leftTeamListStatus: status });
    expect(bench.ask('GET', '/pods/?teamId=team_9').status).toBe(answered);
    expect(bench.ask('GET', '/pods/?teamId=team_1').status).toBe(200);
    expect(bench.ask('GET', '/pods/').status).toBe(200);
  });
});

describe('a list with a changed total or changed rows', () => {
  it.each<{ readonly effect: Effect; readonly total: number; readonly names: readonly unknown[] }>([
    { effect: { kind: 'TotalOfPage' }, total: 2, names: ['c', 'b'] },
    { effect: { kind: 'TotalIs', total: 0 }, total: 0, names: ['c', 'b'] },
    { effect: { kind: 'PatchRows', ids: null, fields: { name: null } }, total: 3, names: [null, null] },
  ])('has the total $total with $effect.kind', ({ effect, total, names }) => {
    const bench = createBench();
    const ids = ['a', 'b', 'c'].map((name) => rent(bench, { pod: { name } }));
    bench.api.faults.add({ method: 'GET', path: '/pods/', effect });
    const { body } = bench.ask('GET', '/pods/?limit=2');
    expect(Reflect.get(Object(body), 'total_count')).toBe(total);
    expect(column(body, 'name')).toEqual(names);
    expect(column(body, 'id')).toEqual(ids.slice(1).toReversed());
  });
});
