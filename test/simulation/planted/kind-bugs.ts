import { sameName } from '../../../src/lifecycle/pod-name.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { Observation } from '../../../src/lifecycle/observation.ts';
import type { Plant } from '../operator-process.ts';
import { atCluster, onWire, statusIn } from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs about whose instance it is, what was rented, and what the status says about it. */
export const KIND_BUGS: readonly PlantedBug[] = [
  {
    name: 'terminates the instance of another GpuPod that a status names',
    plant: endingWhatIsNamed,
    scenario: 'a status names the instance of another GpuPod for a moment',
    oracles: ['tenant'],
    violation: /train-2 terminates/,
  },
  {
    name: 'shows the address of whatever instance a status names',
    plant: showingWhatIsNamed,
    scenario: 'a status names the instance of another GpuPod for a moment',
    oracles: ['tenant'],
    violation: /train-2 shows the address/,
  },
  {
    name: 'takes the instance of a living GpuPod for an orphan',
    plant: seeingNoGpuPods,
    scenario: 'a calm life of half an hour, orphans are terminated',
    oracles: ['tenant'],
    violation: /a sweep terminates/,
  },
  {
    name: 'ignores what offer and instance say about spot',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return exchange.kind === 'reply'
          ? { ...exchange, text: exchange.text.replaceAll('"isSpot":true', '"isSpot":false') }
          : exchange;
      }),
    scenario: 'a spot offer is the cheapest',
    oracles: ['as-chosen'],
  },
  {
    name: 'takes a price that nobody has read from the offer',
    plant: () => ({ plan: (real) => (known) => real(withDetails(known)) }),
    scenario: 'the price is shown a minute after it is ACTIVE, and above the cap then',
    oracles: ['price-read'],
  },
  {
    name: 'ignores prepaid hours',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return exchange.kind === 'reply'
          ? { ...exchange, text: exchange.text.replaceAll('"prepaidTime":24', '"prepaidTime":null') }
          : exchange;
      }),
    scenario: 'there is a limit for all, and the cheapest offer is prepaid',
    oracles: ['cap'],
    violation: /cost .* together/,
  },
  {
    name: 'does not count failed attempts',
    plant: () => ({ plan: (real) => (known) => real(withoutAttempts(known)) }),
    scenario: 'another GpuPod never gets ready, and uses up its attempts',
    oracles: ['bounded'],
  },
  {
    name: 'does not compare what a status write returned with what was sent',
    plant: () =>
      atCluster((real) => ({
        replaceStatus: async (object) => ({
          ...(await real.replaceStatus(object)),
          status: statusIn(object),
        }),
      })),
    scenario: 'another GpuPod never gets ready, and the CRD drops the count of its attempts',
    oracles: ['bounded'],
  },
  {
    name: 'keeps the address in the status after the end',
    plant: keepingTheAddress,
    scenario: 'it is suspended for a while',
    oracles: ['after-end'],
  },
  {
    name: 'terminates the instance of a restored GpuPod as a duplicate',
    plant: endingWhatWasRestored,
    scenario: 'it is restored from a backup',
    oracles: ['ready-ended'],
    violation: /whose GpuPod was restored/,
  },
];

function endingWhatIsNamed(): Plant {
  return {
    plan: (real) => (known) => {
      const { gpuPod, intent } = known;
      const { podId, podName } = gpuPod.status;
      const isAnother =
        podId !== undefined && intent.kind === 'read' && !sameName(intent.intent.name, podName);
      return isAnother ? { kind: 'act', effect: { type: 'deletePod', podId } } : real(known);
    },
  };
}

/** Neither in the watch cache nor in a live list. */
function seeingNoGpuPods(): Plant {
  return {
    ports: (real) => ({
      ...real,
      api: { ...real.api, list: () => Promise.resolve([]) },
      view: {
        get: (key) => real.view.get(key),
        list: () => [],
        changes: () => ({ take: () => new Set() }),
        applyLocal: (object) => real.view.applyLocal(object),
        seenAtMs: (key) => real.view.seenAtMs(key),
      },
    }),
  };
}

function showingWhatIsNamed(): Plant {
  const addresses = new Map<string, GpuPodStatus['ssh']>();
  return {
    plan: (real) => (known) => {
      const { podId = '', ssh } = known.gpuPod.status;
      if (!addresses.has(podId) && ssh !== undefined) addresses.set(podId, ssh);
      const step = real(known);
      return step.kind === 'rest' && addresses.has(podId)
        ? { ...step, status: { ...step.status, ssh: addresses.get(podId) } }
        : step;
    },
  };
}

function withDetails(known: Observation): Observation {
  const { lastSeen } = known;
  return lastSeen === undefined
    ? known
    : {
        ...known,
        lastSeen: {
          ...lastSeen,
          detailsAtMs: Infinity,
          snapshot: { ...lastSeen.snapshot, priceUsdPerHour: lastSeen.snapshot.priceUsdPerHour ?? 1.9 },
        },
      };
}

function withoutAttempts(known: Observation): Observation {
  const { failedAttempts: _failed, ...status } = known.gpuPod.status;
  return { ...known, gpuPod: { ...known.gpuPod, status } };
}

function keepingTheAddress(): Plant {
  let ssh: GpuPodStatus['ssh'];
  return {
    plan: (real) => (known) => {
      const step = real(known);
      ssh = known.gpuPod.status.ssh ?? ssh;
      const isOver = step.kind === 'rest' && step.status.podId === undefined && ssh !== undefined;
      return isOver ? { ...step, status: { ...step.status, ssh } } : step;
    },
  };
}

/** A create intent for another UID counts as nobody's, so that its instance is surplus. */
function endingWhatWasRestored(): Plant {
  return {
    plan: (real) => (known) => {
      const { intent, gpuPod, inventory } = known;
      const isRestored = intent.kind === 'read' && intent.intent.uid !== gpuPod.metadata.uid;
      const pod = isRestored
        ? inventory?.live.find(({ name }) => sameName(name, intent.intent.name))
        : undefined;
      return pod === undefined
        ? real(known)
        : { kind: 'act', effect: { type: 'deletePod', podId: pod.podId } };
    },
  };
}
