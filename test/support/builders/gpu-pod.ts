import { parseGpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import { ANNOTATIONS, FINALIZER } from '../../../src/api/common/names.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import { FRESH_STATUS, GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { Attempt } from '../../../src/api/gpupod/status.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { writeIntent } from '../../../src/lifecycle/intent.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { IDENTITY, intent as anIntent } from './intent.ts';

export interface GpuPodOverrides {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Written as the intent annotation. */
  readonly intent?: Intent | string;
  readonly isDeleting?: boolean;
  readonly spec?: Partial<GpuPodSpecInput>;
  readonly status?: Partial<GpuPodStatus>;
}

/** A GpuPod as the API server would send it: the smallest useful object, with the finalizer. */
export function rawGpuPod(overrides: GpuPodOverrides = {}): RawObject {
  const {
    finalizers = [FINALIZER],
    annotations,
    intent,
    isDeleting = false,
    spec,
    status,
    ...meta
  } = overrides;
  return {
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: {
      ...IDENTITY,
      resourceVersion: '10',
      generation: 1,
      creationTimestamp: '2026-11-23T10:09:59Z',
      ...meta,
      finalizers: [...finalizers],
      annotations: {
        ...annotations,
        ...(intent === undefined ? {} : { [ANNOTATIONS.intent]: textOf(intent) }),
      },
      ...(isDeleting ? { deletionTimestamp: '2026-11-23T10:00:00Z' } : {}),
    },
    spec: { gpu: { types: ['H100_80GB'] }, ...spec },
    status: { ...FRESH_STATUS, ...status },
  };
}

function textOf(intent: Intent | string): string {
  return typeof intent === 'string' ? intent : writeIntent(intent);
}

/** The same, parsed with the real schema, so that it has the real defaults. */
export function gpuPod(overrides: GpuPodOverrides = {}): GpuPod {
  const raw = rawGpuPod(overrides);
  // The operator ignores a status that does not fit the schema. A test with such a status is wrong.
  GpuPodStatus.parse(raw['status']);
  const parsed = parseGpuPod(raw);
  if (parsed.kind === 'invalid') {
    throw new Error(`the builder made an invalid GpuPod: ${parsed.problems}`);
  }
  return parsed.gpuPod;
}

export const POD_ID = 'pod-1';

/** The status of a GpuPod whose first create request returned {@link POD_ID}. */
export function rentedStatus(
  overrides: Partial<GpuPodStatus> = {},
  attempt: Partial<Attempt> = {},
): GpuPodStatus {
  const createIntent = anIntent();
  return {
    observedGeneration: 1,
    podId: POD_ID,
    podName: createIntent.name,
    offer: {
      provider: 'hyperstack',
      cloudId: 'n3-H100x1',
      gpuType: 'H100_80GB',
      socket: 'PCIe',
      gpuCount: 1,
      dataCenter: 'CANADA-1',
      country: 'CA',
      isSpot: false,
    },
    cost: { currency: 'USD', pricePerHour: 1.9, maxPrice: 1.9 },
    createdAt: '2026-11-23T10:00:00Z',
    attempts: [{ number: 1, podName: createIntent.name, startedAt: '2026-11-23T09:59:50Z', ...attempt }],
    ...overrides,
  };
}

/** A GpuPod whose first create request returned {@link POD_ID}. Overrides replace fields of that status. */
export function rentedGpuPod(overrides: GpuPodOverrides = {}, attempt: Partial<Attempt> = {}): GpuPod {
  return gpuPod({
    intent: anIntent(),
    ...overrides,
    status: rentedStatus(overrides.status, attempt),
  });
}
