import { ApiStatusError } from '../../../src/kubernetes/client/api-errors.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { isRecord, recordAt } from '../../../src/json.ts';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import type { FaultRuleInput } from '../../../src/simulator/faults/effect.ts';
import { OPEN_POLICY } from '../../support/builders/policy.ts';
import type { FaultPlan } from '../boundary.ts';
import type { LifeOptions } from '../life.ts';
import { TWO_SWEEPS_MS } from '../oracles.ts';
import { copyTo, specChange } from '../people.ts';
import { hiddenFor } from '../provider-faults.ts';
import type { Simulation } from '../simulation.ts';
import { NAMESPACE } from '../simulation.ts';
import { reasonOf } from '../readings.ts';
import { INSTALLATION_RECORD, writeRecord } from '../installation-record.ts';
import { beside } from '../two-clusters.ts';
import { TEAM, withoutMoney } from '../random-run/market.ts';
import { ACCOUNT_SCENARIOS } from './account-scenarios.ts';
import { ANSWER_SCENARIOS } from './answer-scenarios.ts';
import { BUDGET_SCENARIOS } from './budget-scenarios.ts';
import { PEOPLE_SCENARIOS } from './people-scenarios.ts';

const MINUTE_MS = 60_000;

const CREATE = { method: 'POST', path: '/pods/', times: 1 } as const;
const LOST: FaultRuleInput = { ...CREATE, effect: { kind: 'ResetAfter' } };
const HIDDEN_80_S: FaultRuleInput = { ...hiddenFor(80_000), times: 1 };

/** Faults of the provider from the beginning. */
function faults(...rules: readonly FaultRuleInput[]): LifeOptions {
  return {
    prepare: (simulation) => {
      for (const rule of rules) simulation.api.faults.add(rule);
    },
  };
}

function addFor(simulation: Simulation, forMs: number, rules: readonly FaultRuleInput[]): void {
  for (const rule of rules) simulation.api.faults.add({ ...rule, forMs });
}

/** The first call with this label. */
function once(label: string, callFault: ReturnType<FaultPlan>[number]): FaultPlan {
  let isOver = false;
  return (call) => {
    if (isOver || call.label !== label) return [];
    isOver = true;
    return [callFault];
  };
}

/** The first status write after a create request fails. */
function firstStatusAfterCreate(): FaultPlan {
  const fails = once('PUT gpupods/status', {
    kind: 'refuse',
    error: new ApiStatusError(500, 'InternalError', 'etcd is slow'),
  });
  let hasRequested = false;
  return (call) => {
    hasRequested ||= call.label === 'POST /pods/';
    return hasRequested ? fails(call) : [];
  };
}

function pagesOfOthers(): LifeOptions {
  return {
    provider: { listOrder: 'OldestFirst' },
    prepare: (simulation) => {
      for (let number = 0; number < 120; number += 1) {
        plantPod(simulation.api.world, { name: `somebody-${number}` });
      }
      simulation.api.faults.add(LOST);
    },
  };
}

/** The process dies while the create request leaves. The clock of its successor is an hour ahead. */
function secondClockAhead(): LifeOptions {
  const crash = once('POST /pods/', { kind: 'crash', moment: 'sent' });
  let simulation: Simulation | undefined;
  let isSet = false;
  return {
    prepare: (prepared) => {
      simulation = prepared;
      prepared.api.faults.add(HIDDEN_80_S);
    },
    faultPlan: (call) => {
      const second = simulation?.operators[1];
      if (second !== undefined && !isSet) {
        isSet = true;
        second.clock.jumpWall(3_600_000);
      }
      return crash(call);
    },
  };
}

function twoLead(rest: LifeOptions = {}): LifeOptions {
  return {
    ...rest,
    prepare: (simulation) => {
      simulation.startOperator();
    },
  };
}

/** The status names a foreign instance for a while, and the GpuPod is suspended. */
async function strangersId(simulation: Simulation): Promise<void> {
  const own = podIdOf(simulation);
  setPodId(simulation, simulation.foreignIds[0]);
  specChange({ suspend: true })(simulation);
  await simulation.pass(5 * MINUTE_MS);
  setPodId(simulation, own);
  specChange({ suspend: false })(simulation);
  await simulation.pass(5 * MINUTE_MS);
}

function podIdOf(simulation: Simulation): unknown {
  return recordAt(simulation.object(), 'status')['podId'];
}

function setPodId(simulation: Simulation, podId: unknown): void {
  simulation.edit((object) => ({
    ...object,
    status: { ...(isRecord(object['status']) ? object['status'] : {}), podId },
  }));
}

async function otherKeyFor(simulation: Simulation, ms: number): Promise<void> {
  const { key } = simulation.settings;
  const { text } = key;
  Object.assign(key, { text: 'other-key', version: key.version + 1 });
  await simulation.pass(ms);
  Object.assign(key, { text, version: key.version + 1 });
}

async function fiveSeemTerminated(simulation: Simulation): Promise<void> {
  const names = ['train-2', 'train-3', 'train-4', 'train-5'];
  for (const name of names) simulation.apply(name);
  await simulation.until('five are ready', () => names.every((name) => simulation.isReady(name)));
  addFor(simulation, 4 * MINUTE_MS, [
    { method: 'GET', path: '/pods/status', effect: { kind: 'OmitRows' } },
    { method: 'GET', path: '/pods/', effect: { kind: 'EmptyList' } },
    {
      method: 'GET',
      path: '/pods/{id}',
      effect: { kind: 'Answer', status: 404, body: { detail: 'Pod not found' } },
    },
  ]);
  await simulation.pass(8 * MINUTE_MS);
}

async function readsFail(simulation: Simulation): Promise<void> {
  addFor(simulation, 4 * MINUTE_MS, [
    { method: 'GET', path: '/pods/status', effect: { kind: 'OmitRows' } },
    { method: 'GET', path: '/pods/{id}', effect: { kind: 'Answer', status: 500 } },
  ]);
  await simulation.pass(8 * MINUTE_MS);
}

async function copied(simulation: Simulation): Promise<void> {
  copyTo(NAMESPACE, 'copy-1')(simulation);
  await simulation.until('the copy is ready', () => simulation.isReady('copy-1'));
}

async function teamWithoutMoney(simulation: Simulation): Promise<void> {
  simulation.api.faults.add(withoutMoney(10 * MINUTE_MS));
  simulation.apply('of-the-team', { teamId: TEAM });
  await simulation.until('refused', () => {
    const object = simulation.object('of-the-team');
    return object !== undefined && reasonOf(object, 'Synced') === 'PaymentRequired';
  });
  simulation.apply('of-nobody');
  const names = ['of-the-team', 'of-nobody'];
  await simulation.until('both are ready', () => names.every((name) => simulation.isReady(name)));
}

/** The provider reports an error, as after a crash of the instance, and later no error. */
async function reportsError(simulation: Simulation): Promise<void> {
  const podId = podIdOf(simulation);
  const { pods } = simulation.api.world;
  if (typeof podId !== 'string') throw new Error('nothing is rented');
  pods.force(podId, { status: 'ERROR' });
  await simulation.pass(5 * MINUTE_MS);
  if (pods.isLive(pods.get(podId))) pods.force(podId, null);
}

/** The key of another account is used while the create intent is written, and for a minute after it. */
function otherKeyMeanwhile(): LifeOptions {
  let simulation: Simulation | undefined;
  return {
    prepare: (prepared) => {
      simulation = prepared;
    },
    faultPlan: once('PATCH gpupods intent', {
      kind: 'meanwhile',
      moment: 'sent',
      act: () => {
        simulation?.changeKey('other-key');
        simulation?.later(MINUTE_MS, () => simulation?.changeKey('test-key'));
      },
    }),
  };
}

/** An installation that generated its own ID loses the record, and its process dies. */
async function recordLost(simulation: Simulation): Promise<void> {
  simulation.server.delete('configmaps', INSTALLATION_RECORD, 'person');
  simulation.operator.kill();
  await simulation.pass(5 * MINUTE_MS);
}

async function namespaceDeleted(simulation: Simulation): Promise<void> {
  for (const rule of [LOST, HIDDEN_80_S]) simulation.api.faults.add(rule);
  simulation.apply('in-team-b', {}, {}, 'team-b');
  const find = (): RawObject | undefined =>
    simulation.server.get('gpupods', { namespace: 'team-b', name: 'in-team-b' });
  await simulation.until(
    'requested',
    () => find()?.metadata.annotations?.['gpupod.dev/intent'] !== undefined,
  );
  simulation.server.deleteNamespace('team-b');
  await simulation.until('gone', () => find() === undefined);
}

/** The simulations for planted bugs. Without a bug each of them must be clean. */
export const SCENARIOS = {
  ...PEOPLE_SCENARIOS,
  ...ANSWER_SCENARIOS,
  ...BUDGET_SCENARIOS,
  ...ACCOUNT_SCENARIOS,
  'a calm life': () => ({}),
  'a calm life of half an hour, orphans are terminated': () => ({
    silenceMs: 30 * MINUTE_MS,
    settings: { orphanPolicy: 'Terminate' },
  }),
  'the create response is lost': () => faults(LOST),
  'the create response is lost, lists hide the instance for 80 s': () => faults(LOST, HIDDEN_80_S),
  'the create response is lost, lists fail for 5 min': () =>
    faults(LOST, {
      method: 'GET',
      path: '/pods/',
      forMs: 5 * MINUTE_MS,
      effect: { kind: 'Answer', status: 500 },
    }),
  'the create request is answered 500 and carried out, lists hide the instance for 80 s': () =>
    faults({ ...CREATE, effect: { kind: 'AnswerAfter', status: 500 } }, HIDDEN_80_S),
  'the create response is lost, the list has two pages': pagesOfOthers,
  'the create response is lost, lists hide the instance for 5 min': () => ({
    ...faults(LOST, { ...hiddenFor(5 * MINUTE_MS), times: 1 }),
    surplusMs: 5 * MINUTE_MS + TWO_SWEEPS_MS,
  }),
  'DELETE is accepted and the instance stays': () =>
    faults({ method: 'DELETE', path: '/pods/{id}', times: 1, effect: { kind: 'IgnoreDelete' } }),
  'status polls omit the instance, GET answers 500': () => ({ middle: readsFail }),
  'five instances seem to be gone for 4 min': () => ({ middle: fiveSeemTerminated }),
  'the key of another account is used for 10 min': () => ({
    middle: async (simulation) => {
      await otherKeyFor(simulation, 10 * MINUTE_MS);
    },
  }),
  'the GpuPod is copied with its annotations': () => ({ middle: copied }),
  'the provider reports an error for 5 min': () => ({ middle: reportsError }),
  'the key changes to another account while the create intent is written': () => otherKeyMeanwhile(),
  'the GpuPod says Retain, orphans are terminated': () => ({
    spec: { deletionPolicy: 'Retain' },
    settings: { orphanPolicy: 'Terminate' },
    silenceMs: 30 * MINUTE_MS,
  }),
  'another cluster rents with the same key, orphans are terminated': () => ({
    prepare: (simulation) => {
      const far = beside(simulation);
      far.startOperator();
      far.apply();
    },
    settings: { orphanPolicy: 'Terminate' },
    silenceMs: 30 * MINUTE_MS,
  }),
  'the record of the installation is lost, and the process dies': () => ({
    settings: { installationId: undefined },
    prepare: writeRecord,
    middle: recordLost,
  }),
  'a namespace is deleted while a create response in it is lost': () => ({ middle: namespaceDeleted }),
  'the wallet of one team is empty for 10 min': () => ({
    settings: { policy: { ...OPEN_POLICY, allowedTeamIds: [TEAM] } },
    middle: teamWithoutMoney,
  }),
  "the status names a stranger's instance for 5 min": () => ({ middle: strangersId }),
  'the process dies during the create request, the next one has a clock an hour ahead': secondClockAhead,
  'two processes lead': () => twoLead(),
  'two processes lead, one freezes between the create intent and the request': () =>
    twoLead({ faultPlan: once('POST /pods/', { kind: 'freeze', moment: 'before', ms: 4 * MINUTE_MS }) }),
  'the write of the pod ID fails, lists hide the instance for 80 s': () => ({
    ...faults(HIDDEN_80_S),
    faultPlan: firstStatusAfterCreate(),
  }),
} as const satisfies Readonly<Record<string, () => LifeOptions>>;

export type ScenarioName = keyof typeof SCENARIOS;
