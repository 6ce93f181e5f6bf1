import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Intent } from '../../lifecycle/intent.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { intentOf } from '../../lifecycle/intent.ts';
import type { Live } from './live-instances.ts';
import { gpusOf, saidPrice } from './stated.ts';

/**
 * What the operator surely wrote. Whoever may write a status could otherwise fill the limits of others with made-up
 * instances and prices, or have one account count what another one pays for.
 */
export interface RecordProofs {
  /** The instance ID and the account in the status. */
  readonly isStatusProven: (gpuPod: GpuPod) => boolean;
  /** The create intent, and so its price, cap and size. */
  readonly isIntentProven: (gpuPod: GpuPod) => boolean;
}

/** What an instance counts. */
export interface Figures {
  readonly price: MicroUsd | undefined;
  readonly gpus: number;
  readonly prepaidHours: number;
}

/** What an instance counts at most by its record. */
interface Most {
  readonly price: MicroUsd;
  readonly gpus: number;
  readonly prepaidHours: number;
}

const UNBOUNDED: Most = { price: Infinity, gpus: Infinity, prepaidHours: Infinity };

/**
 * What lists show of the instance, or what its GpuPod records where they show nothing. The recorded price counts as well
 * if it is higher: an instance that starts may bill less for a while. Nobody signs the figures in a status, so they count
 * up to those of the signed create intent. Beside one that nothing proves they count only while lists show none.
 *
 * @param proofs undefined: nothing can be proven, and every record is believed
 */
export function figuresOf(
  gpuPod: GpuPod,
  listed: Live | undefined,
  proofs: Pick<RecordProofs, 'isIntentProven'> | undefined,
): Figures {
  const most = mostCounted(gpuPod, proofs);
  const { gpus, prepaidHours } = most ?? { ...UNBOUNDED, prepaidHours: 0 };
  return {
    price: priceOf(gpuPod, listed?.price, most),
    gpus: listed?.gpus ?? Math.min(gpusOf(gpuPod), gpus),
    prepaidHours: Math.min(gpuPod.status.offer?.prepaidHours ?? 0, prepaidHours),
  };
}

/** Undefined where nothing proves the create intent. */
function mostCounted(
  gpuPod: GpuPod,
  proofs: Pick<RecordProofs, 'isIntentProven'> | undefined,
): Most | undefined {
  if (proofs === undefined) {
    return UNBOUNDED;
  }
  return proofs.isIntentProven(gpuPod) ? mostOf(intentOf(gpuPod)) : undefined;
}

function mostOf(intent: Intent | undefined): Most {
  return intent === undefined
    ? UNBOUNDED
    : {
        price: Math.max(intent.cost.total, intent.capSent),
        gpus: intent.offer.gpuCount,
        prepaidHours: intent.offer.prepaidHours ?? 0,
      };
}

function priceOf(gpuPod: GpuPod, listed: MicroUsd | undefined, most: Most | undefined): MicroUsd | undefined {
  const said = saidPrice(gpuPod);
  const stated = said === 0 ? intentOf(gpuPod)?.cost.total : said;
  if (stated === undefined || (most === undefined && listed !== undefined)) {
    return listed;
  }
  return Math.max(listed ?? 0, Math.min(stated, (most ?? UNBOUNDED).price));
}
