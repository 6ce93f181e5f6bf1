import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import type { PodRule } from '../../src/simulator/world/pod-rule.ts';
import { conditionsOf, reasonOf } from './readings.ts';
import { Simulation } from './simulation.ts';
import type { SimulationOptions } from './simulation.ts';
import { OFFERS } from './simulation-offers.ts';

const MINUTE_MS = 60_000;
const CHEAPEST = 'n3-H100x1';

async function simulationOf(options: SimulationOptions = {}): Promise<Simulation> {
  const simulation = new Simulation(options);
  simulation.startOperator();
  await simulation.pass(1_000);
  return simulation;
}

function refuse(simulation: Simulation, contains: string, [status, detail]: readonly [number, string]): void {
  simulation.api.faults.add({
    method: 'POST',
    path: '/pods/',
    contains,
    effect: { kind: 'Answer', status, body: { detail } },
  });
}

function creates(simulation: Simulation, contains: string): number {
  return simulation.api.requests
    .all({ method: 'POST', path: '/pods/' })
    .filter(({ bodyText }) => bodyText.includes(contains)).length;
}

function syncedOf(simulation: Simulation, name: string): string | undefined {
  const object = simulation.object(name);
  return object === undefined ? undefined : reasonOf(object, 'Synced');
}

/** The offers that were rented for instances with this text in their name, in sequence. */
function rented(simulation: Simulation, name: string): readonly string[] {
  return simulation.api.world.ledger
    .entries()
    .filter((entry) => entry.origin === 'Api' && entry.name.includes(name))
    .map(({ cloudId }) => cloudId);
}

const OWN_FAULT: readonly {
  readonly why: string;
  readonly answer: readonly [number, string];
  readonly synced: string;
}[] = [
  { why: 'a template of somebody else', answer: [403, 'No access to template t-1'], synced: 'Forbidden' },
  { why: 'a disk of somebody else', answer: [403, 'Disk d-1 is not yours'], synced: 'Forbidden' },
  { why: 'no explanation', answer: [403, 'Not allowed'], synced: 'Forbidden' },
  { why: 'a key that works for all else', answer: [401, 'Unauthorized'], synced: 'Unauthorized' },
  {
    why: 'a limit of disks',
    answer: [400, 'Maximum number of disks reached. limit: 4'],
    synced: 'QuotaExceeded',
  },
  {
    why: 'a plan that does not include templates',
    answer: [402, 'Templates need a plan'],
    synced: 'PaymentRequired',
  },
];

describe('a refusal that concerns one GpuPod', () => {
  it.each(OWN_FAULT)('holds back no other GpuPod: $why', async ({ answer, synced }) => {
    const simulation = await simulationOf();
    refuse(simulation, 'offender', answer);
    simulation.apply('offender');
    await simulation.until('refused', () => syncedOf(simulation, 'offender') === synced, 2 * MINUTE_MS);
    simulation.apply('neighbour');
    await simulation.until('the neighbour is ready', () => simulation.isReady('neighbour'), 3 * MINUTE_MS);

    expect(rented(simulation, 'neighbour')).toEqual([CHEAPEST]);
    // It retries, at a low rate.
    const before = creates(simulation, 'offender');
    await simulation.pass(30 * MINUTE_MS);
    expect(creates(simulation, 'offender') - before).toBeLessThanOrEqual(12);
    expect(simulation.journal.violations).toEqual([]);
  });

  it.each<{ why: string; spec: Partial<GpuPodSpecInput>; rule: PodRule }>([
    {
      why: 'a shorter time limit than any instance needs',
      spec: { provisioningTimeout: '10s' },
      rule: { outcome: 'StuckProvisioning' },
    },
    {
      why: 'variables with which the installation fails',
      spec: {},
      rule: { outcome: 'InstallFailed' },
    },
    {
      why: 'variables with which the installation hangs',
      spec: {},
      rule: { outcome: 'StuckInstalling' },
    },
    { why: 'variables with which the instance breaks', spec: {}, rule: { outcome: 'Error' } },
  ])('causes no cooldown for others: $why', async ({ spec, rule }) => {
    const podRules = [{ nameIncludes: 'offender', cloudId: CHEAPEST, ...rule }];
    const simulation = await simulationOf({ provider: { podRules } });
    simulation.apply('offender', spec);
    await simulation.until('its second', () => rented(simulation, 'offender').length === 2, 40 * MINUTE_MS);
    simulation.apply('neighbour', { env: [{ name: 'OTHER', value: 'x' }] });
    await simulation.until('the neighbour is ready', () => simulation.isReady('neighbour'), 5 * MINUTE_MS);

    expect(rented(simulation, 'offender').slice(0, 2)).toEqual([CHEAPEST, 'gpu_1x_h100']);
    expect(rented(simulation, 'neighbour')).toEqual([CHEAPEST]);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('a refusal that concerns an offer', () => {
  it('causes a cooldown for others if nothing of the tenant’s own was installed', async () => {
    const podRules = [{ nameIncludes: 'plain', cloudId: CHEAPEST, outcome: 'InstallFailed' as const }];
    const simulation = await simulationOf({ provider: { podRules } });
    simulation.apply('plain', { env: [] });
    await simulation.until('its second', () => rented(simulation, 'plain').length === 2, 40 * MINUTE_MS);
    simulation.apply('neighbour');
    await simulation.until('the neighbour is ready', () => simulation.isReady('neighbour'), 5 * MINUTE_MS);

    expect(rented(simulation, 'neighbour')).toEqual(['gpu_1x_h100']);
  });

  it.each([
    [400, 'Instance quota exceeded in region CANADA-1 (limit: 8)'],
    [400, 'Maximum number of instances reached at hyperstack. Limit: 8'],
    [400, 'hyperstack: insufficient balance of the reseller'],
    [403, 'This provider is not enabled'],
    [400, 'Hyperstack rate limit exceeded'],
  ] as const)('moves on to the next offer at once: %i %s', async (status, detail) => {
    const simulation = await simulationOf();
    refuse(simulation, '"hyperstack"', [status, detail]);
    const seen = new Set<string | undefined>();
    simulation.apply('train-1');
    await simulation.until(
      'ready',
      () => {
        seen.add(syncedOf(simulation, 'train-1'));
        return simulation.isReady('train-1');
      },
      2 * MINUTE_MS,
    );
    expect(rented(simulation, 'train-1')).toEqual(['gpu_1x_h100']);
    expect(seen).not.toContain('PaymentRequired');
  });
});

describe('an account that one tenant’s refusals discredit', () => {
  it('is tried by another GpuPod, and then stays usable for the others', async () => {
    const simulation = await simulationOf();
    refuse(simulation, 'offender', [402, 'Payment required']);
    simulation.apply('offender');
    await simulation.until(
      'refused',
      () => syncedOf(simulation, 'offender') === 'PaymentRequired',
      2 * MINUTE_MS,
    );
    simulation.apply('first');
    await simulation.until('the probe of the first', () => simulation.isReady('first'), 9 * MINUTE_MS);
    const before = creates(simulation, 'offender');
    await simulation.until('the offender asks again', () => creates(simulation, 'offender') > before);
    simulation.apply('second');
    await simulation.until('the second is ready', () => simulation.isReady('second'), 3 * MINUTE_MS);
    expect(simulation.journal.violations).toEqual([]);
  });
});

describe('an offer that expects to take hours', () => {
  it.each([900, 1e9])(
    'does not override the time limit of the spec: %d minutes',
    async (provisioningTime) => {
      const simulation = await simulationOf({
        offers: OFFERS.map((offer) => ({ ...offer, provisioningTime })),
        provider: { podRules: [{ outcome: 'StuckProvisioning' }] },
      });
      simulation.apply('train-1', { provisioningTimeout: '10s', maxAttempts: 1 });
      await simulation.until('requested', () => rented(simulation, 'train-1').length === 1, 2 * MINUTE_MS);
      await simulation.pass(5_000);
      const object = simulation.object();
      const told = object === undefined ? [] : conditionsOf(object);
      expect(told).toContainEqual(
        expect.objectContaining({
          type: 'OfferSelected',
          message: expect.stringMatching(/estimate of .* is above provisioningTimeout 10s, so it gets 30s/),
        }),
      );
      const isLiving = (): boolean =>
        simulation.api.world.ledger
          .live()
          .some(({ origin, name }) => origin === 'Api' && name.includes('train-1'));
      await simulation.until('given up', () => !isLiving(), 3 * MINUTE_MS);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});
