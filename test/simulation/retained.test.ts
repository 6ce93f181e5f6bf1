import { describe, expect, it } from '@jest/globals';
import { isRecord } from '../../src/json.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { withSpec } from './edits.ts';
import { INSTALLATION_RECORD } from './installation-record.ts';
import { readySimulation } from './life.ts';
import { messageOf, podIdOf, reasonOf } from './readings.ts';
import { Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';

const MINUTE_MS = 60_000;
const RETAINED = { namespace: 'gpupod-system', name: 'gpupod-operator-retained' };
/** One instance of the cheapest offer fits under the limit, two do not. */
const LIMITED = { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 2_500_000 } };
/** The other account has an instance with our name prefix. Two more fit under the limit, three do not. */
const LIMITED_TO_TWO = { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 6_200_000 } };
const TEAM = 'team_lab';

function entries(simulation: Simulation): Record<string, unknown> {
  const data = simulation.server.get('configmaps', RETAINED)?.['data'];
  const texts: Record<string, unknown> = isRecord(data) ? data : {};
  return Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, JSON.parse(String(text))]));
}

/** A simulation with a retained instance, whose GpuPod is deleted. */
async function retainedSimulation(options: SimulationOptions = {}, spec: Record<string, unknown> = {}) {
  const simulation = await readySimulation(options);
  simulation.apply('keep-1', { ...spec, deletionPolicy: 'Retain' });
  await simulation.until('it is ready', () => simulation.isReady('keep-1'), 10 * MINUTE_MS);
  const podId = podIdOf(simulation.object('keep-1')) ?? '';
  simulation.delete('keep-1');
  await simulation.until('it is deleted', () => simulation.object('keep-1') === undefined);
  return { simulation, podId };
}

describe('the record of a retained instance', () => {
  it('says who pays, and how much', async () => {
    const { simulation, podId } = await retainedSimulation(
      {
        settings: { policy: { ...OPEN_POLICY, allowedTeamIds: [TEAM] } },
        provider: { accounts: [{ key: 'test-key', userId: 'user_1', teams: [TEAM] }] },
      },
      { teamId: TEAM },
    );
    expect(entries(simulation)).toEqual({
      [podId]: expect.objectContaining({
        account: expect.objectContaining({ userId: 'user_1' }),
        teamId: TEAM,
        usdPerHour: 1.9,
      }),
    });
  });

  it.each([
    { what: 'is reported as terminated', isShown: true },
    { what: 'is not found any more', isShown: false },
  ])('is removed once the instance $what', async ({ isShown }) => {
    const { simulation, podId } = await retainedSimulation();
    await simulation.pass(30 * MINUTE_MS);
    expect(Object.keys(entries(simulation))).toEqual([podId]);
    simulation.api.world.pods.end(podId, 'Forced');
    if (!isShown) {
      simulation.api.faults.add({ method: 'GET', path: '/pods/history', effect: { kind: 'EmptyList' } });
      const gone = { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } as const;
      simulation.api.faults.add({ method: 'GET', path: '/pods/{id}', contains: podId, effect: gone });
    }
    await simulation.until(
      'the record is removed',
      () => Object.keys(entries(simulation)).length === 0,
      40 * MINUTE_MS,
    );
    expect(simulation.journal.violations).toEqual([]);
  });

  it('stays while lists omit the instance and GET finds it', async () => {
    const { simulation, podId } = await retainedSimulation();
    simulation.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'EmptyList' } });
    await simulation.pass(60 * MINUTE_MS);
    expect(Object.keys(entries(simulation))).toEqual([podId]);
  });

  it('stays without effect, with the key of another account', async () => {
    const { simulation, podId } = await retainedSimulation({ settings: LIMITED_TO_TWO });
    simulation.delete();
    await simulation.until('the first is deleted', () => simulation.object() === undefined);
    // Installed again, for another user.
    simulation.server.delete('configmaps', INSTALLATION_RECORD, 'person');
    simulation.changeKey('other-key');
    simulation.operator.kill();
    await simulation.pass(60 * MINUTE_MS);
    expect(Object.keys(entries(simulation))).toEqual([podId]);
    simulation.apply('next-1');
    simulation.apply('next-2');
    await simulation.until(
      'both fit',
      () => simulation.isReady('next-1') && simulation.isReady('next-2'),
      10 * MINUTE_MS,
    );
  });
});

describe('the reservations', () => {
  it('count a renamed retained instance, in the next process too', async () => {
    const { simulation, podId } = await retainedSimulation();
    simulation.delete();
    await simulation.until('the first is deleted', () => simulation.object() === undefined);
    simulation.api.world.pods.rename(podId, 'kept for later');
    simulation.operator.kill();
    Object.assign(simulation.settings, LIMITED);
    await simulation.pass(10 * MINUTE_MS);
    simulation.apply('next-1');
    await simulation.until(
      'it waits for room',
      () => reasonOf(simulation.object('next-1') ?? NOBODY, 'Synced') === 'BudgetExceeded',
      5 * MINUTE_MS,
    );
    simulation.api.world.pods.end(podId, 'Forced');
    await simulation.until('it has room', () => simulation.isReady('next-1'), 30 * MINUTE_MS);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('an instance that was never ready, of a deleted GpuPod with a cap, while no price is stated', () => {
  const PATHS = [
    { method: 'GET', path: '/pods/', kind: 'PatchRows' },
    { method: 'GET', path: '/pods/status', kind: 'PatchRows' },
    { method: 'GET', path: '/pods/{id}', kind: 'Patch' },
    { method: 'POST', path: '/pods/', kind: 'Patch' },
  ] as const;

  function statePrice(simulation: Simulation, priceHr: number | null): void {
    simulation.api.faults.clear();
    for (const { method, path, kind } of PATHS) {
      simulation.api.faults.add({ method, path, effect: { kind, fields: { priceHr } } });
    }
  }

  /** The GpuPod was deleted two minutes ago, and nothing has stated the price of its instance. */
  async function waitingSimulation() {
    const simulation = new Simulation({});
    simulation.startOperator();
    await simulation.pass(1_000);
    statePrice(simulation, null);
    simulation.apply('train-1', { deletionPolicy: 'Retain', maxPrice: 3 });
    await simulation.until('it has an instance', () => podIdOf(simulation.object()) !== undefined);
    const podId = podIdOf(simulation.object()) ?? '';
    simulation.delete();
    await simulation.pass(2 * MINUTE_MS);
    return { simulation, podId };
  }

  function isLive({ api }: Simulation, podId: string): boolean {
    return api.world.pods.live().some(({ id }) => id === podId);
  }

  it('is kept with its GpuPod, which says why, and what to do', async () => {
    const { simulation, podId } = await waitingSimulation();
    expect(isLive(simulation, podId)).toBe(true);
    expect(messageOf(simulation.object() ?? NOBODY, 'Ready')).toBe(
      `Instance ${podId} bills, and the provider states no price for it. Once the price is known and within the cap, it is left running. Above the cap, or without a price after provisioningTimeout, it is terminated. To terminate it now, set spec.deletionPolicy to Delete.`,
    );
    const writes = simulation.object()?.metadata.resourceVersion;
    await simulation.pass(10 * MINUTE_MS);
    expect(simulation.object()?.metadata.resourceVersion).toBe(writes);
  });

  it.each<{ what: string; then: (simulation: Simulation) => void; isKept: boolean }>([
    {
      what: 'terminates once its price is stated, above the cap',
      then: (simulation) => {
        statePrice(simulation, 50);
      },
      isKept: false,
    },
    {
      what: 'is retained once its price is stated, within the cap',
      then: (simulation) => {
        statePrice(simulation, 2.9);
      },
      isKept: true,
    },
    { what: 'terminates after provisioningTimeout', then: () => undefined, isKept: false },
  ])('$what', async ({ then, isKept }) => {
    const { simulation, podId } = await waitingSimulation();
    then(simulation);
    await simulation.until('it is deleted', () => simulation.object() === undefined, 30 * MINUTE_MS);
    expect(isLive(simulation, podId)).toBe(isKept);
    expect(Object.keys(entries(simulation))).toEqual(isKept ? [podId] : []);
    expect(simulation.journal.violations).toEqual([]);
  });

  it('terminates at once when somebody sets deletionPolicy back to Delete', async () => {
    const { simulation, podId } = await waitingSimulation();
    simulation.edit(withSpec({ deletionPolicy: 'Delete' }), 'train-1');
    await simulation.until('it is deleted', () => simulation.object() === undefined, 5 * MINUTE_MS);
    expect(isLive(simulation, podId)).toBe(false);
  });
});

const NOBODY = { metadata: { name: '', uid: '', resourceVersion: '' } };
