import { openIntentOf } from '../../../src/lifecycle/open-intent.ts';
import { parsePodName } from '../../../src/lifecycle/pod-name.ts';
import type { ClusterPorts } from '../../../src/controllers/gpupod/gpu-pod-options.ts';
import type { Plant } from '../operator-process.ts';
import { FAR_INSTALLATION } from '../two-clusters.ts';
import { namedLoosely } from './termination-bugs.ts';
import { onWire } from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs about instances that must keep running, and about the account that pays for them. */
export const KEEPING_BUGS: readonly PlantedBug[] = [
  {
    name: 'takes instances of another cluster for orphans',
    plant: () => namedLoosely(new RegExp(`^gp-${FAR_INSTALLATION}-`)),
    scenario: 'another cluster rents with the same key, orphans are terminated',
    oracles: ['foreign', 'ready-ended'],
  },
  {
    name: 'terminates a ready instance when the provider reports an error',
    plant: () => ({
      plan: (real) => (known) => {
        const { podId, readyAt } = known.gpuPod.status;
        const isFailed =
          podId !== undefined && readyAt !== undefined && known.lastSeen?.snapshot.status === 'ERROR';
        return isFailed ? { kind: 'act', effect: { type: 'deletePod', podId } } : real(known);
      },
    }),
    scenario: 'the provider reports an error for 5 min',
    oracles: ['ready-ended'],
  },
  {
    name: 'does not record a retained instance',
    plant: () =>
      atRetained((real) => ({
        mergePatch: async (target, body) =>
          isRetained(target) ? { metadata: NOBODY, data: {} } : await real.mergePatch(target, body),
      })),
    scenario: 'the GpuPod says Retain, orphans are terminated',
    oracles: ['released-while-billing'],
  },
  {
    name: 'terminates orphans without asking the retained list',
    plant: () =>
      atRetained((real) => ({
        get: async (target) => (isRetained(target) ? undefined : await real.get(target)),
      })),
    scenario: 'the GpuPod says Retain, orphans are terminated',
    oracles: ['ready-ended'],
  },
  {
    name: 'creates whoever the key belongs to by then',
    plant: () =>
      onWire(async (request, send) => {
        const { maySend: _maySend, ...unfenced } = request;
        return await send(unfenced);
      }),
    scenario: 'the key changes to another account while the create intent is written',
    oracles: ['foreign'],
    violation: /was created on account user_2/,
  },
  {
    name: 'forgets instances of an earlier installation ID',
    plant: forgettingOldNames,
    scenario: 'the record of the installation is lost, and the process dies',
    oracles: ['ready-ended'],
  },
  {
    name: 'releases a GpuPod whose create request has no outcome',
    plant: () => ({
      plan: (real) => (known) => {
        const { deletionTimestamp } = known.gpuPod.metadata;
        const isOpen = openIntentOf(known).kind === 'open';
        return deletionTimestamp !== undefined && isOpen
          ? { kind: 'act', effect: { type: 'release' } }
          : real(known);
      },
    }),
    scenario: 'a namespace is deleted while a create response in it is lost',
    oracles: ['released-while-billing'],
  },
  {
    name: 'writes the time fourteen times, once per pass',
    plant: countingPasses,
    scenario: 'a calm life',
    oracles: ['settles'],
    violation: /needed \d+ passes after the last fault/,
  },
];

function forgettingOldNames(): Plant {
  return {
    plan: (real) => (known) => {
      const { gpuPod, localState, inventory } = known;
      const named = parsePodName(gpuPod.status.podName ?? '')?.installation;
      if (named === undefined || named === known.installation) return real(known);
      const { podId: _podId, podName: _podName, ...status } = gpuPod.status;
      const { instance: _instance, ...rest } = localState;
      return real({
        ...known,
        gpuPod: { ...gpuPod, status },
        localState: rest,
        intent: { kind: 'none' },
        ...(inventory === undefined ? {} : { inventory: { ...inventory, live: [] } }),
      });
    },
  };
}

const NOBODY = { name: 'nobody', uid: '', resourceVersion: '' };

function isRetained({ name }: { readonly name: string }): boolean {
  return name === 'gpupod-operator-retained';
}

type ConfigMaps = ClusterPorts['configMaps'];

function atRetained(change: (real: ConfigMaps) => Partial<ConfigMaps>): Plant {
  return {
    ports: (real) => ({ ...real, configMaps: { ...real.configMaps, ...change(real.configMaps) } }),
  };
}

/** More than necessary, and then it stops. */
const TOO_MANY = 14;

function countingPasses(): Plant {
  let told = 0;
  return {
    plan: (real) => (known) => {
      const step = real(known);
      const isOver = step.kind !== 'rest' || known.gpuPod.status.readyAt === undefined || told >= TOO_MANY;
      if (isOver) return step;
      told += 1;
      const conditions = (step.status.conditions ?? []).map((condition) => ({
        ...condition,
        message: `Written ${String(told)} times.`,
      }));
      return { ...step, status: { ...step.status, conditions }, requeueAfterMs: 5_000 };
    },
  };
}
