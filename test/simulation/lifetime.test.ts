import { describe, expect, it } from '@jest/globals';
import { stringAt } from '../../src/json.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import type { LedgerEntry } from '../../src/simulator/world/ledger.ts';
import { settle } from './life.ts';
import { judgeRun } from './oracles.ts';
import { annotate, specChange } from './people.ts';
import { stalledReason } from './planted/limit-scenarios.ts';
import { messageOf, reasonOf, statusOf } from './readings.ts';
import { Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;

async function readyWith(
  spec: Parameters<Simulation['apply']>[1],
  options: SimulationOptions = {},
): Promise<Simulation> {
  const simulation = new Simulation(options);
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply('train-1', spec);
  await simulation.until('ready', () => simulation.isReady());
  return simulation;
}

function expiring(simulation: Simulation): string | undefined {
  return reasonOf(
    simulation.object() ?? { metadata: { name: '', uid: '', resourceVersion: '' } },
    'Expiring',
  );
}

/** The age of the only instance that the operator ever rented. */
function ageMs(simulation: Simulation): number {
  const { clock } = simulation.api.world;
  const created = rented(simulation).map(({ createdAtMs }) => createdAtMs);
  expect(created).toHaveLength(1);
  return clock.nowMs() - Math.max(...created);
}

/** The instances that the operator rented. The others belong to strangers. */
function rented({ api }: Simulation): readonly LedgerEntry[] {
  return api.world.ledger.entries().filter(({ origin }) => origin === 'Api');
}

function deletes(simulation: Simulation): number {
  return simulation.api.world.ledger.deletes.length;
}

describe('an instance with a lifetime', () => {
  it('wakes at its notice and at its deadline, and is otherwise at rest', async () => {
    const simulation = await readyWith({ maxLifetime: '2h' });
    await simulation.pass(MINUTE_MS);
    const { writes } = simulation;
    expect(expiring(simulation)).toBe('Scheduled');

    await simulation.until('notice', () => expiring(simulation) === 'LifetimeEnding', 110 * MINUTE_MS);
    expect(Math.abs(ageMs(simulation) - 105 * MINUTE_MS)).toBeLessThan(2_000);
    expect(simulation.writes - writes).toBe(1);

    await simulation.until('DELETE', () => deletes(simulation) === 1, 20 * MINUTE_MS);
    expect(Math.abs(ageMs(simulation) - 120 * MINUTE_MS)).toBeLessThan(2_000);
    await simulation.until('expired', () => stalledReason(simulation) === 'Expired');
    await settle(simulation);
    judgeRun(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('ends on the first good snapshot if it expired while no process ran', async () => {
    const simulation = await readyWith({ maxLifetime: '30m' });
    simulation.isRestarting = false;
    simulation.operator.kill();
    await simulation.pass(60 * MINUTE_MS);
    simulation.startOperator();

    await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 5 * MINUTE_MS);
    judgeRun(simulation, { overdueMs: 31 * MINUTE_MS });
    expect(simulation.journal.violations).toEqual([]);
  });

  it('gets its DELETE again and again if the provider is away at its deadline', async () => {
    const simulation = await readyWith({ maxLifetime: '30m' });
    await simulation.pass(25 * MINUTE_MS);
    simulation.api.faults.add({ effect: { kind: 'Answer', status: 503 }, forMs: 20 * MINUTE_MS });

    await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 30 * MINUTE_MS);
    // The outage ends 45 min after the instance was ready, and a retry comes within 30 s.
    judgeRun(simulation, { overdueMs: 17 * MINUTE_MS });
    expect(simulation.journal.violations).toEqual([]);
  });

  it('lives on if it is extended in time', async () => {
    const simulation = await readyWith({ maxLifetime: '30m' });
    await simulation.pass(29 * MINUTE_MS);
    specChange({ maxLifetime: '3h' })(simulation);
    await simulation.pass(30 * MINUTE_MS);

    expect(simulation.isReady()).toBe(true);
    expect(expiring(simulation)).toBe('Scheduled');
    expect(deletes(simulation)).toBe(0);
  });

  it('ends as soon as the pause is over, and not before', async () => {
    const simulation = await readyWith({ maxLifetime: '30m' });
    annotate('gpupod.dev/paused', 'true')(simulation);
    await simulation.pass(45 * MINUTE_MS);
    expect(deletes(simulation)).toBe(0);

    annotate('gpupod.dev/paused', undefined)(simulation);
    await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 5 * MINUTE_MS);
    judgeRun(simulation, { overdueMs: 16 * MINUTE_MS });
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each<{
    name: string;
    ask: (simulation: Simulation) => void;
    isOver: (simulation: Simulation) => boolean;
  }>([
    {
      name: 'and its GpuPod then waits for a person',
      ask: () => undefined,
      isOver: (simulation) => stalledReason(simulation) === 'Expired',
    },
    {
      name: 'and its deleted GpuPod goes',
      ask: (simulation) => {
        simulation.delete();
      },
      isOver: (simulation) => simulation.object() === undefined,
    },
  ])('ends at the ceiling of the operator although it is paused, $name', async ({ ask, isOver }) => {
    const policy = { ...OPEN_POLICY, maxLifetimeMs: 60 * MINUTE_MS };
    const simulation = await readyWith({ maxLifetime: '30m' }, { settings: { policy } });
    annotate('gpupod.dev/paused', 'true')(simulation);
    ask(simulation);
    await simulation.pass(45 * MINUTE_MS);
    expect(deletes(simulation)).toBe(0);
    expect(messageOf(simulation.object(), 'Synced')).toContain(
      "until it reaches the operator's --max-lifetime 1h",
    );

    await simulation.until('the ceiling ended it', () => isOver(simulation), 20 * MINUTE_MS);
    expect(deletes(simulation)).toBe(1);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('ends at the ceiling although it is paused, over a restart', async () => {
    const policy = { ...OPEN_POLICY, maxLifetimeMs: 60 * MINUTE_MS };
    const simulation = await readyWith({}, { settings: { policy } });
    annotate('gpupod.dev/paused', 'true')(simulation);
    await simulation.pass(50 * MINUTE_MS);
    simulation.operator.kill();
    await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 20 * MINUTE_MS);
    expect(deletes(simulation)).toBe(1);
  });

  it('has the lifetime of the operator if its GpuPod names none', async () => {
    const policy = { ...OPEN_POLICY, defaultMaxLifetimeMs: 30 * MINUTE_MS };
    const simulation = await readyWith({}, { settings: { policy } });
    const { createdAt, expiresAt } = statusOf(simulation.object() ?? { metadata: NOBODY });
    expect(Date.parse(String(expiresAt)) - Date.parse(String(createdAt))).toBe(30 * MINUTE_MS);

    await simulation.until('expired', () => stalledReason(simulation) === 'Expired', 40 * MINUTE_MS);
  });

  it('is not rented again for another change of the spec, but by request', async () => {
    const simulation = await readyWith({ maxLifetime: '5m' });
    await simulation.until('expired', () => stalledReason(simulation) === 'Expired');
    specChange({ maxPrice: 2.5 })(simulation);
    await simulation.pass(10 * MINUTE_MS);
    expect(stalledReason(simulation)).toBe('Expired');
    expect(rented(simulation).filter(({ endedAtMs }) => endedAtMs === null)).toEqual([]);

    annotate('gpupod.dev/reconcile-requested-at', 'now')(simulation);
    await simulation.until('ready again', () => simulation.isReady());
  });
});

describe('a GpuPod with a limit of its total cost', () => {
  it('counts all attempts, and rents nothing whose first hour does not fit', async () => {
    const simulation = await readyWith({ maxTotalCost: 4 });
    specChange({ suspend: true })(simulation);
    await simulation.until(
      'suspended',
      () => reasonOf(simulation.object() ?? { metadata: NOBODY }, 'Ready') === 'Suspended',
    );
    specChange({ suspend: false })(simulation);
    await simulation.until('ready again', () => simulation.isReady());
    await simulation.pass(90 * MINUTE_MS);
    await simulation.until(
      'at its limit',
      () => stalledReason(simulation) === 'CostLimitReached',
      60 * MINUTE_MS,
    );
    const spentUsd = rented(simulation).reduce((sum, { costUsd }) => sum + costUsd, 0);
    expect(Math.abs(spentUsd - 4)).toBeLessThan(0.05);

    // One hour costs 1.90, so this is too little for another attempt.
    specChange({ maxTotalCost: 5 })(simulation);
    await simulation.until(
      'too little',
      () => reasonOf(simulation.object() ?? { metadata: NOBODY }, 'Ready') === 'NoMatchingOffer',
    );
    expect(stringAt(simulation.object()?.['status'], 'hint')).toMatch(
      /^raise maxTotalCost to 5\.9\d to match/,
    );
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each([
    { name: 'lists', path: '/pods/' },
    { name: 'status polls', path: '/pods/status' },
  ])('keeps a ready instance when one of the $name states a hundred times its price', async ({ path }) => {
    const simulation = await readyWith({ maxTotalCost: 40 });
    await simulation.pass(60 * MINUTE_MS);
    const odd = { kind: 'PatchRows', fields: { priceHr: 190 } } as const;
    simulation.api.faults.add({ method: 'GET', path, times: 1, effect: odd });
    await simulation.pass(60 * MINUTE_MS);
    expect(simulation.isReady()).toBe(true);
    expect(deletes(simulation)).toBe(0);
    expect(statusOf(simulation.object() ?? { metadata: NOBODY })).toMatchObject({
      cost: { billedPerHour: 1.9 },
    });
  });

  it('counts a price that stays high for the whole life, after a minute or two', async () => {
    const simulation = await readyWith({ maxTotalCost: 40 });
    await simulation.pass(60 * MINUTE_MS);
    const higher = { kind: 'PatchRows', fields: { priceHr: 60 } } as const;
    for (const path of ['/pods/', '/pods/status']) {
      simulation.api.faults.add({ method: 'GET', path, times: 1_000, effect: higher });
    }
    await simulation.until('DELETE', () => deletes(simulation) === 1, 7 * MINUTE_MS);
    await simulation.until('at its limit', () => stalledReason(simulation) !== undefined);
    expect(stalledReason(simulation)).toBe('CostLimitReached');
  });
});

const NOBODY = { name: '', uid: '', resourceVersion: '' };
