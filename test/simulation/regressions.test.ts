import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/api-errors.ts';
import { recordAt } from '../../src/json.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { judgeEnd, surplusOf } from './oracles.ts';
import { annotate, replaceFromFile, restore, specChange, statusChange, stripAnnotations } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import { INSTALLATION } from './shared-world.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { readyWorld, settle } from './life.ts';
import { podIdOf, reasonOf } from './readings.ts';
import { OFFERS } from './world-offers.ts';

function readyReason(world: SimulatedWorld): string | undefined {
  const gpuPod = world.object();
  return gpuPod === undefined ? undefined : reasonOf(gpuPod, 'Ready');
}

function numberAt(world: SimulatedWorld, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    world.object()?.['status'],
  );
}

/** Runs that once went wrong, found by the soak, each in its shortest form. */
describe('regressions', () => {
  it('goes on when a create intent is removed during its lookup and its instance then terminates', async () => {
    const world = new SimulatedWorld();
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    world.api.faults.add({ ...hiddenFor(30_000), times: 1 });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(10_000);
    replaceFromFile(world);
    await world.until('ready', () => world.isReady(), 600_000);
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
  });

  it('terminates an adopted instance with its GpuPod, after the annotations are removed', async () => {
    const world = await readyWorld({ settings: { orphanPolicy: 'Terminate' } });
    restore(world);
    await world.until('taken over', () => world.isReady());
    stripAnnotations(world);
    await world.pass(60_000);
    world.operator.kill();
    await world.pass(60_000);
    world.delete();
    await world.until('gone', () => world.object() === undefined, 600_000);
    expect(surplusOf(world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });

  it('terminates an instance that appears after its create request counted as lost', async () => {
    const world = new SimulatedWorld();
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    world.api.faults.add({ ...hiddenFor(10 * 60_000), times: 1 });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(10_000);
    specChange({ suspend: true })(world);
    await world.until('given up', () => readyReason(world) === 'Suspended', 600_000);
    // It appears within the first ten minutes, and is terminated within two sweeps after that.
    await world.pass(21 * 60_000);
    expect(surplusOf(world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });

  it.each([
    { taken: 'podId', status: { podId: undefined } },
    { taken: 'podId, podName and attempts', status: { podId: undefined, podName: undefined, attempts: [] } },
  ])('adopts the instance again after somebody removes $taken from the status', async ({ status }) => {
    const world = await readyWorld();
    const podId = podIdOf(world.object());
    statusChange(status)(world);
    await world.until('taken over', () => world.isReady() && podIdOf(world.object()) === podId, 600_000);
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
  });

  it('terminates a running instance whose create request the status calls refused', async () => {
    const world = await readyWorld();
    statusChange({ podId: undefined, attempts: [{ number: 1, outcome: 'Refused' }] })(world);
    world.delete();
    await world.until('gone', () => world.object() === undefined, 600_000);
    expect(surplusOf(world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });

  it('sends no create request after a process was frozen during the write of its create intent', async () => {
    let isOver = false;
    const world = new SimulatedWorld({
      faultPlan: ({ label }) => {
        if (isOver || label !== 'PATCH gpupods intent') return [];
        isOver = true;
        return [{ kind: 'freeze', moment: 'sent', ms: 240_000 }];
      },
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(17_000);
    world.replaceOperator();
    await world.until('ready', () => world.isReady());
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
  });

  it('does not take the create intent of another process for its own after a freeze', async () => {
    let isOver = false;
    const world = new SimulatedWorld({
      faultPlan: ({ label }) => {
        if (isOver || label !== 'PATCH gpupods intent') return [];
        isOver = true;
        const error = new ApiStatusError(429, 'TooManyRequests', 'slow down', 1_000);
        return [
          { kind: 'freeze', moment: 'before', ms: 45_000 },
          { kind: 'refuse', error },
        ];
      },
    });
    world.api.faults.add({ ...hiddenFor(80_000), times: 1 });
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(17_000);
    world.replaceOperator();
    await world.until('ready', () => world.isReady(), 600_000);
    await settle(world);
    judgeEnd(world);
    expect(world.journal.violations).toEqual([]);
  });

  it('shows no address of a foreign instance that a status names, in a new process either', async () => {
    const world = await readyWorld();
    const [podId = ''] = world.foreignIds;
    const { host } = world.api.world.pods.get(podId);
    world.edit((object) => ({ ...object, status: { ...recordAt(object, 'status'), podId } }));
    const shown: string[] = [];
    world.server.onChange(({ object }) => shown.push(JSON.stringify(object)));
    await world.pass(5 * 60_000);
    world.operator.kill();
    await world.pass(10 * 60_000);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((text) => text.includes(host))).toEqual([]);
  });

  it('repeats a DELETE that had no effect, for an instance that no list shows', async () => {
    const world = new SimulatedWorld();
    world.api.faults.add({ ...hiddenFor(24 * 3_600_000), times: 1 });
    world.api.faults.add({
      method: 'DELETE',
      path: '/pods/{id}',
      times: 1,
      effect: { kind: 'IgnoreDelete' },
    });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    world.delete();
    await world.until('gone', () => world.object() === undefined, 600_000);
    expect(surplusOf(world)).toEqual([]);
    expect(world.journal.violations).toEqual([]);
  });

  it('shows the prepaid cost of an instance that is suspended within minutes', async () => {
    const [first] = OFFERS;
    if (first === undefined) throw new Error('the simulation has no offers');
    const world = new SimulatedWorld({ offers: [{ ...first, prepaidTime: 24 }] });
    world.startOperator();
    await world.pass(1_000);
    world.apply('train-1', { placement: { allowPrepaid: true } });
    await world.until('ready', () => world.isReady());
    const [paid] = world.api.world.ledger.byName('gp-');
    expect(numberAt(world, 'cost', 'accrued')).toBeCloseTo(paid?.costUsd ?? 0);
    specChange({ suspend: true })(world);
    await world.until('suspended', () => readyReason(world) === 'Suspended');
    expect(numberAt(world, 'attempts', '0', 'cost')).toBeCloseTo(paid?.costUsd ?? 0);
    expect(world.journal.violations).toEqual([]);
  });

  it('does not take the instance of an unreadable restored GpuPod for an orphan', async () => {
    const world = await readyWorld({ settings: { orphanPolicy: 'Terminate' } });
    restore(world);
    await world.until('taken over', () => world.isReady());
    const podId = podIdOf(world.object());
    // Another version of the CRD accepts a field that this version does not know. Any field serves here.
    world.edit((object) => ({
      ...object,
      metadata: Object.assign({}, object.metadata, { creationTimestamp: 0 }),
    }));
    await world.pass(60 * 60_000);
    expect(world.api.world.ledger.live().map(({ id }) => id)).toContain(podId);
    expect(world.journal.violations).toEqual([]);
  });

  it.each([
    { age: 'that lists do not show', createdAt: null },
    { age: 'that nobody can read', createdAt: 'a while ago' },
  ])(
    'does not take an instance of an age $age for a proven orphan, because it may be older than the installation',
    async (row) => {
      const world = new SimulatedWorld({ settings: { orphanPolicy: 'Terminate' } });
      const name = `gp-${INSTALLATION}-0123456789-1-b`;
      const { id } = plantPod(world.api.world, { name, userId: 'user_1' });
      const listed = { id, name, status: 'ACTIVE', createdAt: row.createdAt };
      world.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'OmitRows', ids: [id] } });
      world.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'AddRows', rows: [listed] } });
      world.startOperator();
      await world.pass(60 * 60_000);
      expect(world.api.world.ledger.live().map((entry) => entry.id)).toContain(id);
      expect(world.trace.text()).toContain('orphaned instance bills');
    },
  );

  it('lifts a stall after the pause when the spec changed during it', async () => {
    const world = new SimulatedWorld();
    world.startOperator();
    await world.pass(1_000);
    world.apply('train-1', { maxPrice: 1, offerTimeout: '0s' });
    await world.pass(60_000);
    annotate('gpupod.dev/paused', 'true')(world);
    await world.pass(60_000);
    specChange({ maxPrice: 3 })(world);
    await world.pass(60_000);
    annotate('gpupod.dev/paused', undefined)(world);
    await world.until('ready', () => world.isReady(), 600_000);
    expect(world.journal.violations).toEqual([]);
  });

  it('does not terminate the retained instance of a deleted GpuPod for its suspended copy', async () => {
    const world = new SimulatedWorld();
    world.startOperator();
    await world.pass(1_000);
    world.apply('train-1', { deletionPolicy: 'Retain' });
    await world.until('ready', () => world.isReady());
    const podId = podIdOf(world.object());
    world.apply('train-2', { suspend: true }, { ...world.object()?.metadata.annotations });
    await world.pass(10_000);
    world.delete();
    await world.pass(10_000);
    world.operator.kill();
    await world.pass(5 * 60_000);
    expect(world.api.world.ledger.live().map(({ id }) => id)).toContain(podId);
    expect(world.journal.violations).toEqual([]);
  });

  it('waits without a write while there is no offer', async () => {
    const world = new SimulatedWorld();
    world.startOperator();
    await world.pass(1_000);
    world.apply('train-1', { maxPrice: 1 });
    await world.pass(5 * 60_000);
    const { writes } = world;
    await world.pass(30 * 60_000);
    expect(world.writes - writes).toBe(0);
  });

  it.each([
    { status: 401, detail: 'Unauthorized' },
    { status: 402, detail: 'Payment required' },
    { status: 429, detail: 'Too many requests' },
  ])('adopts an instance that was created although the response was $status', async ({ status, detail }) => {
    const world = new SimulatedWorld();
    const effect = { kind: 'AnswerAfter', status, body: { detail } } as const;
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady(), 60 * 60_000);
    expect(world.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(1);
    expect(world.journal.violations).toEqual([]);
  });
});
