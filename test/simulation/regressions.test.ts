import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { recordAt } from '../../src/json.ts';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { judgeEnd, surplusOf } from './oracles.ts';
import { annotate, replaceFromFile, restore, specChange, statusChange, stripAnnotations } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';
import { readySimulation, settle } from './life.ts';
import { podIdOf, reasonOf } from './readings.ts';
import { OFFERS } from './simulation-offers.ts';

function readyReason(simulation: Simulation): string | undefined {
  const gpuPod = simulation.object();
  return gpuPod === undefined ? undefined : reasonOf(gpuPod, 'Ready');
}

function numberAt(simulation: Simulation, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    simulation.object()?.['status'],
  );
}

/** Runs that once went wrong, found by the soak, each in its shortest form. */
describe('regressions', () => {
  it('goes on when a create intent is removed during its lookup and its instance then terminates', async () => {
    const simulation = new Simulation();
    simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    simulation.api.faults.add({ ...hiddenFor(30_000), times: 1 });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(10_000);
    replaceFromFile(simulation);
    await simulation.until('ready', () => simulation.isReady(), 600_000);
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('terminates an adopted instance with its GpuPod, after the annotations are removed', async () => {
    const simulation = await readySimulation({ settings: { orphanPolicy: 'Terminate' } });
    restore(simulation);
    await simulation.until('taken over', () => simulation.isReady());
    stripAnnotations(simulation);
    await simulation.pass(60_000);
    simulation.operator.kill();
    await simulation.pass(60_000);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, 600_000);
    expect(surplusOf(simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('terminates an instance that appears after its create request counted as lost', async () => {
    const simulation = new Simulation();
    simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    simulation.api.faults.add({ ...hiddenFor(10 * 60_000), times: 1 });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(10_000);
    specChange({ suspend: true })(simulation);
    await simulation.until('given up', () => readyReason(simulation) === 'Suspended', 600_000);
    // It appears within the first ten minutes, and is terminated within two sweeps after that.
    await simulation.pass(21 * 60_000);
    expect(surplusOf(simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each([
    { taken: 'podId', status: { podId: undefined } },
    { taken: 'podId, podName and attempts', status: { podId: undefined, podName: undefined, attempts: [] } },
  ])('adopts the instance again after somebody removes $taken from the status', async ({ status }) => {
    const simulation = await readySimulation();
    const podId = podIdOf(simulation.object());
    statusChange(status)(simulation);
    await simulation.until(
      'taken over',
      () => simulation.isReady() && podIdOf(simulation.object()) === podId,
      600_000,
    );
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('terminates a running instance whose create request the status calls refused', async () => {
    const simulation = await readySimulation();
    statusChange({ podId: undefined, attempts: [{ number: 1, outcome: 'Refused' }] })(simulation);
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, 600_000);
    expect(surplusOf(simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('sends no create request after a process was frozen during the write of its create intent', async () => {
    let isOver = false;
    const simulation = new Simulation({
      faultPlan: ({ label }) => {
        if (isOver || label !== 'PATCH gpupods intent') return [];
        isOver = true;
        return [{ kind: 'freeze', moment: 'sent', ms: 240_000 }];
      },
    });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(17_000);
    simulation.replaceOperator();
    await simulation.until('ready', () => simulation.isReady());
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('does not take the create intent of another process for its own after a freeze', async () => {
    let isOver = false;
    const simulation = new Simulation({
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
    simulation.api.faults.add({ ...hiddenFor(80_000), times: 1 });
    simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.pass(17_000);
    simulation.replaceOperator();
    await simulation.until('ready', () => simulation.isReady(), 600_000);
    await settle(simulation);
    judgeEnd(simulation);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('shows no address of a foreign instance that a status names, in a new process either', async () => {
    const simulation = await readySimulation();
    const [podId = ''] = simulation.foreignIds;
    const { host } = simulation.api.world.pods.get(podId);
    simulation.edit((object) => ({ ...object, status: { ...recordAt(object, 'status'), podId } }));
    const shown: string[] = [];
    simulation.server.onChange(({ object }) => shown.push(JSON.stringify(object)));
    await simulation.pass(5 * 60_000);
    simulation.operator.kill();
    await simulation.pass(10 * 60_000);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((text) => text.includes(host))).toEqual([]);
  });

  it('repeats a DELETE that had no effect, for an instance that no list shows', async () => {
    const simulation = new Simulation();
    simulation.api.faults.add({ ...hiddenFor(24 * 3_600_000), times: 1 });
    simulation.api.faults.add({
      method: 'DELETE',
      path: '/pods/{id}',
      times: 1,
      effect: { kind: 'IgnoreDelete' },
    });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady());
    simulation.delete();
    await simulation.until('gone', () => simulation.object() === undefined, 600_000);
    expect(surplusOf(simulation)).toEqual([]);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('shows the prepaid cost of an instance that is suspended within minutes', async () => {
    const [first] = OFFERS;
    if (first === undefined) throw new Error('the simulation has no offers');
    const simulation = new Simulation({ offers: [{ ...first, prepaidTime: 24 }] });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('train-1', { placement: { allowPrepaid: true } });
    await simulation.until('ready', () => simulation.isReady());
    const [paid] = simulation.api.world.ledger.byName('gp-');
    expect(numberAt(simulation, 'cost', 'accrued')).toBeCloseTo(paid?.costUsd ?? 0);
    specChange({ suspend: true })(simulation);
    await simulation.until('suspended', () => readyReason(simulation) === 'Suspended');
    expect(numberAt(simulation, 'attempts', '0', 'cost')).toBeCloseTo(paid?.costUsd ?? 0);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('does not take the instance of an unreadable restored GpuPod for an orphan', async () => {
    const simulation = await readySimulation({ settings: { orphanPolicy: 'Terminate' } });
    restore(simulation);
    await simulation.until('taken over', () => simulation.isReady());
    const podId = podIdOf(simulation.object());
    // Another version of the CRD accepts a field that this version does not know. Any field serves here.
    simulation.edit((object) => ({
      ...object,
      metadata: Object.assign({}, object.metadata, { creationTimestamp: 0 }),
    }));
    await simulation.pass(60 * 60_000);
    expect(simulation.api.world.ledger.live().map(({ id }) => id)).toContain(podId);
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each([
    { age: 'that lists do not show', createdAt: null },
    { age: 'that nobody can read', createdAt: 'a while ago' },
  ])(
    'does not take an instance of an age $age for a proven orphan, because it may be older than the installation',
    async (row) => {
      const simulation = new Simulation({ settings: { orphanPolicy: 'Terminate' } });
      const name = `gp-${INSTALLATION}-0123456789-1-b`;
      const { id } = plantPod(simulation.api.world, { name, userId: 'user_1' });
      const listed = { id, name, status: 'ACTIVE', createdAt: row.createdAt };
      simulation.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'OmitRows', ids: [id] } });
      simulation.api.faults.add({
        method: 'GET',
        path: '/pods/',
        effect: { kind: 'AddRows', rows: [listed] },
      });
      simulation.startOperator();
      await simulation.pass(60 * 60_000);
      expect(simulation.api.world.ledger.live().map((entry) => entry.id)).toContain(id);
      expect(simulation.trace.text()).toContain('orphaned instance bills');
    },
  );

  it('lifts a stall after the pause when the spec changed during it', async () => {
    const simulation = new Simulation();
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('train-1', { maxPrice: 1, offerTimeout: '0s' });
    await simulation.pass(60_000);
    annotate('gpupod.dev/paused', 'true')(simulation);
    await simulation.pass(60_000);
    specChange({ maxPrice: 3 })(simulation);
    await simulation.pass(60_000);
    annotate('gpupod.dev/paused', undefined)(simulation);
    await simulation.until('ready', () => simulation.isReady(), 600_000);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('does not terminate the retained instance of a deleted GpuPod for its suspended copy', async () => {
    const simulation = new Simulation();
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('train-1', { deletionPolicy: 'Retain' });
    await simulation.until('ready', () => simulation.isReady());
    const podId = podIdOf(simulation.object());
    simulation.apply('train-2', { suspend: true }, { ...simulation.object()?.metadata.annotations });
    await simulation.pass(10_000);
    simulation.delete();
    await simulation.pass(10_000);
    simulation.operator.kill();
    await simulation.pass(5 * 60_000);
    expect(simulation.api.world.ledger.live().map(({ id }) => id)).toContain(podId);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('waits without a write while there is no offer', async () => {
    const simulation = new Simulation();
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('train-1', { maxPrice: 1 });
    await simulation.pass(5 * 60_000);
    const { writes } = simulation;
    await simulation.pass(30 * 60_000);
    expect(simulation.writes - writes).toBe(0);
  });

  it.each([
    { status: 401, detail: 'Unauthorized' },
    { status: 402, detail: 'Payment required' },
    { status: 429, detail: 'Too many requests' },
  ])('adopts an instance that was created although the response was $status', async ({ status, detail }) => {
    const simulation = new Simulation();
    const effect = { kind: 'AnswerAfter', status, body: { detail } } as const;
    simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect });
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply();
    await simulation.until('ready', () => simulation.isReady(), 60 * 60_000);
    expect(simulation.api.requests.count({ method: 'POST', path: '/pods/' })).toBe(1);
    expect(simulation.journal.violations).toEqual([]);
  });
});
