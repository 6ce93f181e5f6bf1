import { sameName } from '../../../src/lifecycle/pod-name.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import type { Plant } from '../operator-process.ts';
import { INSTALLATION } from '../shared-provider.ts';
import { atProvider, terminated } from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs about whose instance it is, and when it has terminated. */
export const TERMINATION_BUGS: readonly PlantedBug[] = [
  {
    name: 'releases before it has seen the end',
    plant: () => ({
      plan: (real) => (known) =>
        known.gpuPod.metadata.deletionTimestamp !== undefined &&
        known.localState.instance?.deletedAtMs !== undefined
          ? { kind: 'act', effect: { type: 'release' } }
          : real(known),
    }),
    scenario: 'DELETE is accepted and the instance stays',
    oracles: ['released-while-billing'],
  },
  {
    name: 'takes the response to DELETE for the end',
    plant: () => ({ plan: (real) => (known) => real(endedByAnswer(known)) }),
    scenario: 'DELETE is accepted and the instance stays',
    oracles: ['settles'],
  },
  {
    name: 'takes a 500 on GET for the end',
    plant: () =>
      atProvider((real) => ({
        getPod: async (podId) => {
          const answer = await real.getPod(podId);
          return answer.kind === 'failure' ? { kind: 'ok', value: terminated(podId) } : answer;
        },
      })),
    scenario: 'status polls omit the instance, GET answers 500',
    oracles: ['settles', 'given-up'],
  },
  {
    name: 'believes that all instances vanish at once',
    plant: () => ({ plan: (real) => (known) => real({ ...known, massAbsence: false }) }),
    scenario: 'five instances seem to be gone for 4 min',
    oracles: ['ready-ended', 'given-up'],
  },
  {
    name: 'ignores the UID in the create intent',
    plant: adoptingCopies,
    scenario: 'the GpuPod is copied with its annotations',
    oracles: ['settles'],
  },
  {
    name: 'matches names loosely',
    plant: () => namedLoosely(/^gp-[a-z0-9]+-/),
    scenario: 'a calm life of half an hour, orphans are terminated',
    oracles: ['foreign'],
  },
  {
    name: 'believes a pod ID in the status whatever the instance is called',
    plant: () => ({ plan: (real) => (known) => real(trustingPodId(known)) }),
    scenario: "the status names a stranger's instance for 5 min",
    oracles: ['foreign'],
  },
  {
    name: 'does not notice a key of another account',
    plant: ignoringAccount,
    scenario: 'the key of another account is used for 10 min',
    oracles: ['ready-ended', 'wallet'],
  },
];

/** Takes the response to a DELETE as the termination. */
export function endedByAnswer(known: Observation): Observation {
  const { instance } = known.localState;
  return instance?.deletedAtMs === undefined
    ? known
    : {
        ...known,
        localState: {
          ...known.localState,
          instance: { ...instance, read: { beganAtMs: instance.deletedAtMs, result: 'terminated' } },
        },
      };
}

function trustingPodId(known: Observation): Observation {
  const { instance } = known.localState;
  const { podName } = known.gpuPod.status;
  return instance === undefined || podName === undefined
    ? known
    : { ...known, localState: { ...known.localState, instance: { ...instance, name: podName } } };
}

/** Asks for the account of the key only once. */
function ignoringAccount(): Plant {
  return {
    provider: (real) => {
      const first = real.whoami();
      return { ...real, whoami: async () => await first };
    },
  };
}

/** Treats every instance with such a name as its own. */
export function namedLoosely(namePrefix: RegExp): Plant {
  const rename = <T extends { readonly name?: string }>(pod: T): T => ({
    ...pod,
    ...(pod.name === undefined ? {} : { name: pod.name.replace(namePrefix, `gp-${INSTALLATION}-`) }),
  });
  return atProvider((real) => ({
    listPods: async (wallets) => {
      const answer = await real.listPods(wallets);
      return answer.kind === 'ok'
        ? {
            kind: 'ok',
            value: {
              ...answer.value,
              instances: answer.value.instances.map((pod) => rename<InstanceSnapshot>(pod)),
            },
          }
        : answer;
    },
    getPod: async (podId) => {
      const answer = await real.getPod(podId);
      return answer.kind === 'ok' ? { kind: 'ok', value: rename(answer.value) } : answer;
    },
  }));
}

/** Looks up a create intent by its name alone, whatever UID it was written for. */
function adoptingCopies(): Plant {
  let listed: readonly InstanceSnapshot[] = [];
  return {
    ...atProvider((real) => ({
      listPods: async (wallets) => {
        const answer = await real.listPods(wallets);
        if (answer.kind === 'ok') listed = answer.value.instances;
        return answer;
      },
    })),
    plan: (real) => (known) => {
      const { intent, gpuPod, localState, inventory, now } = known;
      const isCopy = intent.kind === 'read' && intent.intent.uid !== gpuPod.metadata.uid;
      if (!isCopy || inventory === undefined || gpuPod.status.podId !== undefined) return real(known);
      const { name: podName } = intent.intent;
      const pendingCreate = { podName, firstSeenAtMs: now.monotonicMs, absences: 0 };
      const live = listed.filter(({ name }) => sameName(name, podName));
      return real({
        ...known,
        mayAdopt: true,
        localState: { ...localState, pendingCreate },
        inventory: { ...inventory, live },
      });
    },
  };
}
