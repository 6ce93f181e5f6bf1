import { formatUsd, priceToMicros } from '../../offers/money.ts';
import type { Observation } from '../observation.ts';
import { podNamePrefixes, prefixOfName } from '../pod-name.ts';
import type { InstanceSnapshot } from '../provider.ts';
import { lostAttempt } from '../status/attempts.ts';
import { differenceFromSpec } from './differences.ts';

/** What the instances cost and what to do. It has no counters or times, so it stays the same until a person acts. */
export function newerMessage(observation: Observation, newer: readonly InstanceSnapshot[]): string {
  const { installation, gpuPod } = observation;
  const namePrefixes = podNamePrefixes(installation, gpuPod.metadata);
  const isOwn = newer.every(({ name }) => namePrefixes.includes(prefixOfName(name) ?? ''));
  const [first, ...others] = newer.map(({ podId, priceUsdPerHour }) =>
    priceUsdPerHour === undefined ? podId : `${podId} (${formatUsd(priceToMicros(priceUsdPerHour))} USD/h)`,
  );
  const what = `Instance ${first ?? ''}${others.length === 0 ? '' : ` and ${others.join(', ')}`}`;
  const end = isOwn ? 'deleting the GpuPod terminates it' : 'to stop it, terminate it at the provider';
  const isBack = lostAttempt(gpuPod.status)?.podId === newer[0]?.podId;
  const why = isBack
    ? 'is known to the provider again, after it was lost'
    : 'is newer than what this GpuPod records, as after a restore';
  return `${what} bills and ${why}. Nothing else is rented. ${wayToAdopt(observation, newer)}; ${end}.`;
}

function wayToAdopt(observation: Observation, newer: readonly InstanceSnapshot[]): string {
  if (observation.gpuPod.spec.suspend) {
    return 'To adopt it, set spec.suspend to false';
  }
  const [only] = newer.length === 1 ? newer : [];
  const difference = only === undefined ? undefined : differenceFromSpec(observation, only);
  return difference === undefined
    ? 'The operator adopts the only one that is ready, once its price is known'
    : `To adopt it, correct the spec: ${difference}`;
}
