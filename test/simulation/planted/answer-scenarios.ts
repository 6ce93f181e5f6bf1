import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import type { PodRule } from '../../../src/simulator/world/pod-rule.ts';
import { OPEN_POLICY } from '../../support/builders/policy.ts';
import type { LifeOptions } from '../life.ts';
import type { Simulation } from '../simulation.ts';
import { OFFERS } from '../simulation-offers.ts';

const MINUTE_MS = 60_000;
const CREATE = { method: 'POST', path: '/pods/' } as const;
const LOST: FaultRuleInput = { ...CREATE, times: 1, effect: { kind: 'ResetAfter' } };
const CHEAPEST = 'n3-H100x1';
const LEFT_TEAM = 'team_left';

function always(...rules: readonly FaultRuleInput[]): LifeOptions {
  return {
    prepare: (simulation) => {
      for (const rule of rules) simulation.api.faults.add(rule);
    },
  };
}

function ruled(...podRules: readonly PodRule[]): LifeOptions {
  return { provider: { podRules: [...podRules] } };
}

/** The provider rents the first row that fits, whichever of the two the request meant. */
function twins(): LifeOptions {
  const [first, ...others] = OFFERS;
  if (first === undefined) throw new Error('the simulation has no offers');
  const spot = { ...first, isSpot: true, prices: { onDemand: 1.2 } };
  return { offers: [spot, first, ...others] };
}

/** The key leaves a team that a GpuPod rents for. All others are created and terminated as usual. */
async function leavesTeam(simulation: Simulation): Promise<void> {
  const { settings } = simulation.api.world;
  simulation.apply('of-the-team', { teamId: LEFT_TEAM });
  await simulation.until('the team’s is ready', () => simulation.isReady('of-the-team'));
  const { accounts } = settings;
  settings.accounts = accounts.map((account) => ({ ...account, teams: [] }));
  simulation.apply('of-nobody');
  await simulation.until('another one is ready', () => simulation.isReady('of-nobody'), 5 * MINUTE_MS);
  simulation.delete('of-nobody');
  await simulation.until('and gone', () => simulation.object('of-nobody') === undefined, 5 * MINUTE_MS);
  settings.accounts = accounts;
  await simulation.pass(15 * MINUTE_MS);
  simulation.delete('of-the-team');
  await simulation.until('the team’s is deleted', () => simulation.object('of-the-team') === undefined);
}

function manyOthers(total: FaultRuleInput['effect']): LifeOptions {
  return {
    provider: { listOrder: 'OldestFirst' },
    prepare: (simulation) => {
      for (let number = 0; number < 120; number += 1) {
        plantPod(simulation.api.world, { name: `somebody-${number}` });
      }
      simulation.api.faults.add({ method: 'GET', path: '/pods/', effect: total });
      simulation.api.faults.add(LOST);
    },
  };
}

async function readySoon(simulation: Simulation): Promise<void> {
  simulation.apply('train-2');
  await simulation.until('another one is ready', () => simulation.isReady('train-2'), 5 * MINUTE_MS);
  simulation.delete('train-2');
  await simulation.until('and gone', () => simulation.object('train-2') === undefined);
}

/** What the provider answers. Without a bug each of these simulations must be clean. */
export const ANSWER_SCENARIOS = {
  'two offers differ in spot and price only, and the first is rented': twins,
  'the price is hidden until it is ACTIVE, and above the cap then': () =>
    ruled({ cloudId: CHEAPEST, priceShownFrom: 'Active', activePriceFactor: 2 }),
  'the price is shown a minute after it is ACTIVE, and above the cap then': () =>
    ruled({
      cloudId: CHEAPEST,
      priceShownFrom: 'Active',
      priceShownLateMs: MINUTE_MS,
      activePriceFactor: 2,
    }),
  'the price of the cheapest is never shown': () => ({
    ...ruled({ cloudId: CHEAPEST, priceShownFrom: 'Never' }),
    spec: { provisioningTimeout: '2m' },
  }),
  'the create response is lost, names are cut to 50 characters': () => ({
    ...ruled({ nameMaxLength: 50 }),
    ...always(LOST),
  }),
  'the create response is lost, names come back prefixed and in capitals': () => ({
    ...ruled({ namePrefix: 'acct7-', nameCase: 'Upper' }),
    ...always(LOST),
  }),
  'names are absent from every answer': () => ruled({ nameShown: false }),
  'names are cut to 12 characters': () => ruled({ nameMaxLength: 12 }),
  'the create response is lost, and the total is 0 while pages follow': () =>
    manyOthers({ kind: 'TotalIs', total: 0 }),
  'the create response is lost, and the total is that of the page': () => manyOthers({ kind: 'TotalOfPage' }),
  'a row of the list cannot be read': () => ({
    ...always({ method: 'GET', path: '/pods/', effect: { kind: 'AddRows', rows: [{ id: 7 }] } }),
    middle: readySoon,
  }),
  'the key leaves a team': () => ({
    settings: { policy: { ...OPEN_POLICY, allowedTeamIds: [LEFT_TEAM] } },
    provider: {
      leftTeamListStatus: 403,
      accounts: [
        { key: 'test-key', userId: 'user_1', teams: [LEFT_TEAM] },
        { key: 'other-key', userId: 'user_2' },
      ],
    },
    middle: leavesTeam,
  }),
  'whoami is always refused': () =>
    always({
      method: 'GET',
      path: '/user/whoami',
      effect: { kind: 'Answer', status: 403, body: { detail: 'API key missing scope: user:read' } },
    }),
  'a failure is reported without ERROR': () => ruled({ cloudId: CHEAPEST, outcome: 'FailureTextOnly' }),
  'one offer always answers 500, and nothing is created': () =>
    always({ ...CREATE, contains: CHEAPEST, effect: { kind: 'Answer', status: 500 } }),
  'one upstream says that its quota is used up': () => ({
    ...always({
      ...CREATE,
      contains: CHEAPEST,
      effect: {
        kind: 'Answer',
        status: 400,
        body: { detail: 'Instance quota exceeded in region CANADA-1 (limit: 8)' },
      },
    }),
    middle: readySoon,
  }),
  'a spot offer is the cheapest': () => {
    const [first, ...others] = twins().offers ?? [];
    return first === undefined ? {} : { offers: [{ ...first, cloudId: 'spot-h100' }, ...others] };
  },
} as const satisfies Readonly<Record<string, () => LifeOptions>>;
