import { describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import type { FaultPlan, CallFault } from './boundary.ts';
import { settle } from './life.ts';
import { judgeEnd } from './oracles.ts';
import { hiddenFor } from './provider-faults.ts';
import { NAMESPACE, Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const NAMES = ['train-1', 'train-2', 'train-3'];
const SPEC = { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'token' } } }] };

/** The call during which the namespace is deleted, with its Secrets and GpuPods. */
const POINTS: Readonly<Record<string, string>> = {
  'before the create request': 'GET /availability/gpus',
  'while the Secret of a create request is read': 'GET secrets',
  'while the create intent is written': 'PATCH gpupods intent',
  'while the create request is in flight': 'POST /pods/',
  'while the pod ID is written': 'PUT gpupods/status',
  'while a connection Secret is written': 'POST secrets',
  'while an instance is being terminated': 'DELETE /pods/{id}',
};

interface FaultCase {
  readonly rules: readonly FaultRuleInput[];
  readonly callFaults: readonly CallFault[];
}

const CREATE = { method: 'POST', path: '/pods/' } as const;
const FAULTS: Readonly<Record<string, FaultCase>> = {
  'nothing else': { rules: [], callFaults: [] },
  'the process dies while the call is in flight': {
    rules: [],
    callFaults: [{ kind: 'crash', moment: 'sent' }],
  },
  'the process dies after the call': { rules: [], callFaults: [{ kind: 'crash', moment: 'after' }] },
  'all create responses are lost, and lists hide the instances for 80 s': {
    rules: [{ ...CREATE, effect: { kind: 'ResetAfter' }, times: 3 }, hiddenFor(80_000)],
    callFaults: [],
  },
  'the first DELETE of each is accepted and does nothing': {
    rules: [{ method: 'DELETE', path: '/pods/{id}', times: 3, effect: { kind: 'IgnoreDelete' } }],
    callFaults: [],
  },
};

const CASES = Object.keys(POINTS).flatMap((point) =>
  Object.keys(FAULTS).map((faults) => ({ point, faults })),
);

/**
 * Three GpuPods in a namespace and one in another. The namespace is deleted during the first call with this
 * label.
 */
async function deleteDuring(label: string, { rules, callFaults }: FaultCase): Promise<Simulation> {
  let isDone = false;
  const faultPlan: FaultPlan = (call) => {
    if (isDone || call.label !== label || simulation.objects().length < 4) return [];
    isDone = true;
    const act = (): void => {
      simulation.server.deleteNamespace(NAMESPACE);
    };
    return [{ kind: 'meanwhile', moment: 'sent', act }, ...callFaults];
  };
  const simulation: Simulation = new Simulation({ faultPlan });
  for (const rule of rules) simulation.api.faults.add(rule);
  simulation.startOperator();
  await simulation.pass(1_000);
  applyAll(simulation);
  simulation.apply('elsewhere', {}, {}, 'team-b');
  if (label.startsWith('DELETE')) {
    await simulation.until('all are ready', () => NAMES.every((name) => simulation.isReady(name)));
    for (const name of NAMES) simulation.delete(name);
  }
  await simulation.until('it is done', () => isDone);
  return simulation;
}

function applyAll(simulation: Simulation): void {
  simulation.server.create(
    'secrets',
    NAMESPACE,
    { metadata: { name: 'token' }, data: { token: 'a' } },
    'person',
  );
  for (const name of NAMES) simulation.apply(name, SPEC);
}

function areGone(simulation: Simulation): boolean {
  return NAMES.every((name) => simulation.object(name) === undefined);
}

describe('a namespace that is deleted with its contents', () => {
  it.each(CASES)(
    'leaves nothing that bills, and keeps instances elsewhere: $point; $faults',
    async (course) => {
      const faults = FAULTS[course.faults];
      if (faults === undefined) throw new Error(`no such faults: ${course.faults}`);
      const simulation = await deleteDuring(POINTS[course.point] ?? '', faults);
      await simulation.until('all of it is deleted', () => areGone(simulation));
      await settle(simulation);
      judgeEnd(simulation);
      expect(simulation.objects().map(({ metadata }) => metadata.name)).toEqual(['elsewhere']);

      // A namespace of that name is created again, with GpuPods of the same names.
      simulation.server.openNamespace(NAMESPACE);
      applyAll(simulation);
      await simulation.until('all are ready', () => NAMES.every((name) => simulation.isReady(name)));
      await settle(simulation);
      judgeEnd(simulation);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});
