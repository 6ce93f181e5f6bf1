import { readFileSync } from 'node:fs';
import { parseGpuPod } from '../../api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../api/gpupod/gpu-pod.ts';
import { recordAt, stringAt } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { CliError } from '../cli-error.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { gpuPodOfManifest, unknownFields } from './manifest.ts';

/** Standard input, as in kubectl. */
const STDIN = '-';
const STDIN_FD = 0;

/** A spec as it was written, and the rest of its GpuPod where it is one of a cluster. */
export interface WrittenGpuPod {
  readonly spec: JsonRecord;
  readonly object?: JsonRecord;
}

/** The GpuPod of a file. */
export function fromFile(file: string, name: string | undefined): WrittenGpuPod {
  let text: string;
  try {
    text = readFileSync(file === STDIN ? STDIN_FD : file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read (${stringAt(error, 'code') ?? 'unknown error'}).`, {
      cause: error,
    });
  }
  return { spec: recordAt(gpuPodOfManifest(text, file, name), 'spec') };
}

/** The GpuPod of a cluster, with its status: what it has cost counts for `spec.maxTotalCost`. */
export async function fromCluster(cluster: Cluster, name: string): Promise<WrittenGpuPod> {
  const object = await cluster.getGpuPod(name);
  return { spec: recordAt(object, 'spec'), object: { ...object } };
}

/** The metadata of a GpuPod that does not exist in a cluster. */
const NOWHERE = { name: 'offers', namespace: 'default', uid: 'none', resourceVersion: '0', generation: 0 };

/** Parses a GpuPod as the operator does, with its defaults. */
export function parseWritten({ spec, object }: WrittenGpuPod): GpuPod {
  const parsed = parseGpuPod(object === undefined ? { metadata: NOWHERE, spec } : { ...object, spec });
  if (parsed.kind === 'invalid') {
    throw new CliError(`The GpuPod is not valid: ${parsed.problems}`);
  }
  const [unknown] = unknownFields(spec, parsed.gpuPod.spec);
  if (unknown !== undefined) {
    throw new CliError(`${unknown} is not a field of a GpuPod. See kubectl explain gpupod.spec`);
  }
  return parsed.gpuPod;
}
