import type { GpuPodStatus } from '../../api/gpupod/status.ts';
import { priceLine } from '../../offers/cap.ts';
import { formatUsd, priceToMicros } from '../../offers/money.ts';
import type { MicroUsd } from '../../offers/money.ts';
import { limitsFrom } from '../../offers/requirements.ts';
import type { Intent } from '../intent.ts';
import type { Observation } from '../observation.ts';
import type { InstanceSnapshot } from '../provider.ts';
import type { Policy } from '../settings.ts';
import type { Facts } from '../status/draft.ts';
import { withPrice } from '../status/price.ts';
import type { Step } from '../step.ts';
import { beginTermination } from './termination.ts';

/**
 * Compares the first price that the provider states with the cap, before the instance is ever ready. A ready instance
 * is never terminated for its price: the work on it is worth more.
 */
export function checkPrice(observation: Observation, snapshot?: InstanceSnapshot): Step | undefined {
  const { gpuPod } = observation;
  const billed = snapshot?.priceUsdPerHour ?? gpuPod.status.cost?.billedPerHour;
  if (billed === undefined || gpuPod.status.readyAt !== undefined) {
    return undefined;
  }
  const line = priceLineOf(observation);
  const price = priceToMicros(billed);
  if (price <= line) {
    return undefined;
  }
  return beginTermination(
    observation,
    'AboveMaxPrice',
    `The provider bills ${formatUsd(price)} USD/h, above the cap of ${formatUsd(line)} USD/h.`,
  );
}

/** Whether a ready instance bills above its cap. */
export function isAbovePriceLine(observation: Observation, billedUsdPerHour: number | undefined): boolean {
  return billedUsdPerHour !== undefined && priceToMicros(billedUsdPerHour) > priceLineOf(observation);
}

export function priceFacts(status: GpuPodStatus, snapshot: InstanceSnapshot): Facts {
  return snapshot.priceUsdPerHour === undefined
    ? {}
    : { cost: withPrice(status.cost, snapshot.priceUsdPerHour) };
}

function priceLineOf({ gpuPod, policy, intent: reading }: Observation): MicroUsd {
  const limits = limitsFrom(gpuPod.spec, policy);
  const intent = reading.kind === 'read' ? reading.intent : undefined;
  const total = gpuPod.status.cost?.pricePerHour;
  const line = priceLine(limits, {
    // A CRD that drops the cost must not turn it into 0.
    total: total === undefined ? (intent?.cost.total ?? 0) : priceToMicros(total),
    isPriceAmbiguous: intent?.isPriceAmbiguous ?? false,
  });
  return gpuPod.spec.maxPrice === undefined ? Math.max(line, capSentBy(intent, policy)) : line;
}

/** A default of an account chose the cap of the create request, and may have changed since. */
function capSentBy(intent: Intent | undefined, { maxPriceCeiling }: Policy): MicroUsd {
  return Math.min(intent?.capSent ?? 0, maxPriceCeiling ?? Infinity);
}
