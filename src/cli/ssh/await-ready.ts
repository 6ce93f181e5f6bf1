import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { Clock } from '../../clock.ts';
import { isRetryable } from '../../kubernetes/client/api-errors.ts';
import { formatDuration } from '../../api/common/duration.ts';
import type { RawObject } from '../../kubernetes/objects.ts';
import { CliError } from '../cli-error.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { reachabilityOf } from './reachability.ts';
import type { Reachability } from './reachability.ts';

export interface WaitOptions {
  readonly name: string;
  /** Undefined: do not wait. */
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
  readonly warn: (text: string) => void;
}

export type ReadyInstance = Extract<Reachability, { kind: 'ready' }>;

const POLL_MS = 2_000;

/**
 * Reads the GpuPod until its instance is ready.
 *
 * @throws {CliError} if it is not ready in time, or if waiting does not help
 */
export async function awaitReady(cluster: Cluster, options: WaitOptions): Promise<ReadyInstance> {
  const { name, timeoutMs = 0, clock, warn } = options;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let told = '';
  let object = await cluster.getGpuPod(name);
  for (;;) {
    const found = reachOf(object);
    if (found.kind === 'ready') {
      return found;
    }
    if (timeoutMs === 0 || found.isHopeless || clock.monotonicMs() >= deadlineMs) {
      throw new CliError(notReady(cluster, options, found));
    }
    if (found.why !== told) {
      told = found.why;
      warn(`Waiting for GpuPod ${cluster.namespace}/${name}: ${told}`);
    }
    await clock.sleep(POLL_MS);
    object = (await readAgain(cluster, options)) ?? object;
  }
}

function reachOf(object: RawObject): Reachability {
  const parsed = parseGpuPod(object);
  return parsed.kind === 'ok'
    ? reachabilityOf(parsed.gpuPod)
    : {
        kind: 'notReady',
        isHopeless: true,
        why: `this version of gpupod cannot read it: ${parsed.problems}`,
      };
}

/** A long wait survives a short failure. */
async function readAgain(cluster: Cluster, { name, warn }: WaitOptions): Promise<RawObject | undefined> {
  try {
    return await cluster.getGpuPod(name);
  } catch (error) {
    if (error instanceof CliError && isRetryable(error.cause)) {
      warn(`${error.message} Trying again.`);
      return undefined;
    }
    throw error;
  }
}

function notReady(
  { namespace }: Cluster,
  { name, timeoutMs = 0 }: WaitOptions,
  { isHopeless, why }: Extract<Reachability, { kind: 'notReady' }>,
): string {
  const late = timeoutMs > 0 && !isHopeless ? ` after ${formatDuration(timeoutMs)}` : '';
  const advice =
    isHopeless || timeoutMs > 0
      ? `See kubectl describe gpupod ${name} -n ${namespace}`
      : 'Add --wait to wait until it is.';
  return `GpuPod ${namespace}/${name} is not ready${late}: ${why}\n${advice}`;
}
