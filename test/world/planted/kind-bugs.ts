import { sameName } from '../../../src/lifecycle/pod-name.ts';
import type { GpuPodStatus } from '../../../src/api/status.ts';
import type { Knowledge } from '../../../src/lifecycle/knowledge.ts';
import type { Plant } from '../operator-process.ts';
import { atCluster, onWire, statusIn } from './planted-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Bugs about whose instance it is, what was rented, and what a GpuPod may say of it. */
export const KIND_BUGS: readonly PlantedBug[] = [
  {
    name: 'a status that names the instance of another GpuPod has it ended as a duplicate',
    plant: endingWhatIsNamed,
    scenario: 'a status names the instance of another GpuPod for a moment',
    oracles: ['tenant'],
    accusation: /train-2 ends/,
  },
  {
    name: 'a status shows where the instance is that it names, whosever that is',
    plant: showingWhatIsNamed,
    scenario: 'a status names the instance of another GpuPod for a moment',
    oracles: ['tenant'],
    accusation: /train-2 shows where/,
  },
  {
    name: 'what an offer says of spot is not looked at, nor what the instance says',
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
    name: 'a price that nobody has read is taken from the offer',
    plant: () => ({ plan: (real) => (known) => real(withDetails(known)) }),
    scenario: 'the price is shown a minute after it is ACTIVE, and above the cap then',
    oracles: ['price-read'],
  },
  {
    name: 'hours that an offer charges at once are not read',
    plant: () =>
      onWire(async (request, send) => {
        const exchange = await send(request);
        return exchange.kind === 'reply'
          ? { ...exchange, text: exchange.text.replaceAll('"prepaidTime":24', '"prepaidTime":null') }
          : exchange;
      }),
    scenario: 'there is a limit for all, and the cheapest offer is prepaid',
    oracles: ['cap'],
    accusation: /cost .* together/,
  },
  {
    name: 'attempts that failed are not counted',
    plant: () => ({ plan: (real) => (known) => real(withoutAttempts(known)) }),
    scenario: 'no machine of another GpuPod gets ready, and its attempts are used up',
    oracles: ['bounded'],
  },
  {
    name: 'what a write of the status returned is not compared with what was sent',
    plant: () =>
      atCluster((real) => ({
        replaceStatus: async (object) => ({
          ...(await real.replaceStatus(object)),
          status: statusIn(object),
        }),
      })),
    scenario: 'no machine of another GpuPod gets ready, and the CRD drops the count of attempts',
    oracles: ['bounded'],
  },
  {
    name: 'the address stays in the status when the instance has ended',
    plant: keepingTheAddress,
    scenario: 'it is suspended for a while',
    oracles: ['after-end'],
  },
  {
    name: 'the instance of a restored GpuPod is ended as a duplicate',
    plant: endingWhatWasRestored,
    scenario: 'it is restored from a backup',
    oracles: ['ready-ended'],
    accusation: /whose GpuPod was restored/,
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

function withDetails(known: Knowledge): Knowledge {
  const { sight } = known;
  return sight === undefined
    ? known
    : {
        ...known,
        sight: {
          ...sight,
          detailsAtMs: Infinity,
          look: { ...sight.look, priceUsdPerHour: sight.look.priceUsdPerHour ?? 1.9 },
        },
      };
}

function withoutAttempts(known: Knowledge): Knowledge {
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

/** An order that was written for another uid belongs to nobody: its instance is surplus. */
function endingWhatWasRestored(): Plant {
  return {
    plan: (real) => (known) => {
      const { intent, gpuPod, census } = known;
      const isRestored = intent.kind === 'read' && intent.intent.uid !== gpuPod.metadata.uid;
      const pod = isRestored
        ? census?.live.find(({ name }) => sameName(name, intent.intent.name))
        : undefined;
      return pod === undefined
        ? real(known)
        : { kind: 'act', effect: { type: 'deletePod', podId: pod.podId } };
    },
  };
}
