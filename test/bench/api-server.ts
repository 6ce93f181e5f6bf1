import { stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { SceneBench } from '../support/bench.ts';
import { conditionsOf, isReady } from '../simulation/readings.ts';
import { measured } from './measurement.ts';
import type { Measurement } from './measurement.ts';

/** Processor time of the API server so far, in seconds; undefined without a real one. */
export async function apiServerCpuSeconds({ controlPlane }: SceneBench): Promise<number | undefined> {
  const metrics = await controlPlane.kubectl(['get', '--raw', '/metrics']).catch(() => undefined);
  const value = /^process_cpu_seconds_total (\S+)$/m.exec(metrics?.stdout ?? '')?.[1];
  return value === undefined ? undefined : Number(value);
}

/**
 * How long GpuPods took from apply to Ready, less the time of the provider. The objects have the times in whole
 * seconds, so nothing has to watch them and take processor time.
 */
export function latencies(objects: readonly RawObject[], providerMs: number): readonly Measurement[] {
  const seconds = objects
    .filter(isReady)
    .map((object) => secondsToReady(object) - providerMs / 1_000)
    .toSorted((a, b) => a - b);
  const at = (share: number): number => seconds[Math.ceil(share * seconds.length) - 1] ?? NaN;
  return [
    measured('apply until Ready less the provider, p50', at(0.5), 's'),
    measured('apply until Ready less the provider, p99', at(0.99), 's'),
  ];
}

function secondsToReady(object: RawObject): number {
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
  const since = Date.parse(stringAt(ready, 'lastTransitionTime') ?? '');
  return (since - Date.parse(object.metadata.creationTimestamp ?? '')) / 1_000;
}
