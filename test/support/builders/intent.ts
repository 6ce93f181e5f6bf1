import { GpuPodSpec } from '../../../src/api/gpupod/spec.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { podName } from '../../../src/lifecycle/pod-name.ts';
import { specHash } from '../../../src/lifecycle/spec-hash.ts';

export const INSTALLATION = 'abc123';
/** The identity of the process of the builders. */
export const PROCESS = 'operator-1';
export const IDENTITY = { namespace: 'team-a', name: 'train-1', uid: 'uid-1' } as const;

export interface IntentOverrides extends Partial<Omit<Intent, 'offer'>> {
  readonly offer?: Partial<Intent['offer']>;
  /** The spec of the create request. The create intent only contains its hash. */
  readonly spec?: Partial<GpuPodSpecInput>;
}

/** The create intent of attempt 1 of the GpuPod of the builders. Name and hash follow from attempt, uid and spec. */
export function intent({ offer, spec, ...overrides }: IntentOverrides = {}): Intent {
  const attempt = overrides.attempt ?? 1;
  const uid = overrides.uid ?? IDENTITY.uid;
  const installation = overrides.installation ?? INSTALLATION;
  return {
    v: 1,
    attempt,
    name: podName(installation, { ...IDENTITY, uid }, attempt),
    uid,
    installation,
    account: 'user-1',
    generation: 1,
    specHash: specHash(GpuPodSpec.parse({ gpu: { types: ['H100_80GB'] }, ...spec })),
    capSent: 1_900_000,
    offer: {
      provider: 'hyperstack',
      cloudId: 'n3-H100x1',
      gpuType: 'H100_80GB',
      socket: 'PCIe',
      gpuCount: 1,
      gpuMemory: 80,
      dataCenter: 'CANADA-1',
      country: 'CA',
      region: 'canada',
      security: 'secure_cloud',
      isSpot: false,
      stockStatus: 'Available',
      image: 'ubuntu_22_cuda_12',
      why: 'only offer that fits: hyperstack n3-H100x1 in CANADA-1 at 1.90 USD/h',
      ...offer,
    },
    cost: { gpu: 1_900_000, disk: 0, vcpus: 0, memory: 0, total: 1_900_000 },
    sizes: { diskSize: 100, vcpus: 28, memory: 180 },
    startedAt: '2026-11-23T09:59:50Z',
    writtenBy: PROCESS,
    ...overrides,
  };
}

/** The name of the instance of an attempt of the GpuPod of the builders. */
export function nameOfAttempt(attempt: number): string {
  return intent({ attempt }).name;
}
