import { describe, expect, it } from '@jest/globals';
import { isRecord } from '../../src/json.ts';
import { OPEN_POLICY } from '../support/builders/policy.ts';
import { INSTALLATION_RECORD } from './installation-record.ts';
import { readyWorld } from './life.ts';
import { podIdOf, reasonOf } from './readings.ts';
import type { SimulatedWorld, WorldOptions } from './simulated-world.ts';

const MINUTE_MS = 60_000;
const RETAINED = { namespace: 'gpupod-system', name: 'gpupod-operator-retained' };
/** One instance of the cheapest offer fits under the limit, two do not. */
const LIMITED = { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 2_500_000 } };
/** The other account has an instance with our name prefix. Two more fit under the limit, three do not. */
const LIMITED_TO_TWO = { policy: { ...OPEN_POLICY, maxTotalPricePerHour: 6_200_000 } };
const TEAM = 'team_lab';

function entries(world: SimulatedWorld): Record<string, unknown> {
  const data = world.server.get('configmaps', RETAINED)?.['data'];
  const texts: Record<string, unknown> = isRecord(data) ? data : {};
  return Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, JSON.parse(String(text))]));
}

/** A simulation with a retained instance, whose GpuPod is deleted. */
async function retainedWorld(options: WorldOptions = {}, spec: Record<string, unknown> = {}) {
  const world = await readyWorld(options);
  world.apply('keep-1', { ...spec, deletionPolicy: 'Retain' });
  await world.until('it is ready', () => world.isReady('keep-1'), 10 * MINUTE_MS);
  const podId = podIdOf(world.object('keep-1')) ?? '';
  world.delete('keep-1');
  await world.until('it is deleted', () => world.object('keep-1') === undefined);
  return { world, podId };
}

describe('the record of a retained instance', () => {
  it('says who pays, and how much', async () => {
    const { world, podId } = await retainedWorld(
      {
        settings: { policy: { ...OPEN_POLICY, allowedTeamIds: [TEAM] } },
        provider: { accounts: [{ key: 'test-key', userId: 'user_1', teams: [TEAM] }] },
      },
      { teamId: TEAM },
    );
    expect(entries(world)).toEqual({
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
    const { world, podId } = await retainedWorld();
    await world.pass(30 * MINUTE_MS);
    expect(Object.keys(entries(world))).toEqual([podId]);
    world.api.world.pods.end(podId, 'Forced');
    if (!isShown) {
      world.api.faults.add({ method: 'GET', path: '/pods/history', effect: { kind: 'EmptyList' } });
      const gone = { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } } as const;
      world.api.faults.add({ method: 'GET', path: '/pods/{id}', contains: podId, effect: gone });
    }
    await world.until(
      'the record is removed',
      () => Object.keys(entries(world)).length === 0,
      40 * MINUTE_MS,
    );
    expect(world.journal.violations).toEqual([]);
  });

  it('stays while lists omit the instance and GET finds it', async () => {
    const { world, podId } = await retainedWorld();
    world.api.faults.add({ method: 'GET', path: '/pods/', effect: { kind: 'EmptyList' } });
    await world.pass(60 * MINUTE_MS);
    expect(Object.keys(entries(world))).toEqual([podId]);
  });

  it('stays without effect, with the key of another account', async () => {
    const { world, podId } = await retainedWorld({ settings: LIMITED_TO_TWO });
    world.delete();
    await world.until('the first is deleted', () => world.object() === undefined);
    // Installed again, for another user.
    world.server.delete('configmaps', INSTALLATION_RECORD, 'person');
    world.changeKey('other-key');
    world.operator.kill();
    await world.pass(60 * MINUTE_MS);
    expect(Object.keys(entries(world))).toEqual([podId]);
    world.apply('next-1');
    world.apply('next-2');
    await world.until('both fit', () => world.isReady('next-1') && world.isReady('next-2'), 10 * MINUTE_MS);
  });
});

describe('the reservations', () => {
  it('count a renamed retained instance, in the next process too', async () => {
    const { world, podId } = await retainedWorld();
    world.delete();
    await world.until('the first is deleted', () => world.object() === undefined);
    world.api.world.pods.rename(podId, 'kept for later');
    world.operator.kill();
    Object.assign(world.settings, LIMITED);
    await world.pass(10 * MINUTE_MS);
    world.apply('next-1');
    await world.until(
      'it waits for room',
      () => reasonOf(world.object('next-1') ?? NOBODY, 'Synced') === 'BudgetExceeded',
      5 * MINUTE_MS,
    );
    world.api.world.pods.end(podId, 'Forced');
    await world.until('it has room', () => world.isReady('next-1'), 30 * MINUTE_MS);
    expect(world.journal.violations).toEqual([]);
  });
});

const NOBODY = { metadata: { name: '', uid: '', resourceVersion: '' } };
