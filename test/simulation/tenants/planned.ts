import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import { anEd25519Line } from '../../support/builders/ssh-keys.ts';

/** A namespace, and whether its labels let ClusterGpuAccounts select it. */
export interface PlannedNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An account as its owner wants it. What people do to it for a while ends with this again. */
export interface PlannedAccount {
  /** Absent for a ClusterGpuAccount. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly userId: string;
  readonly key: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface PlannedGpuPod {
  readonly namespace: string;
  readonly name: string;
  readonly kind: TenantKind;
  readonly spec: Partial<GpuPodSpecInput>;
  readonly atMs: number;
}

/** The Secret with a public key in each namespace, and the ID of the key that each user has at the provider. */
export const PUBLIC_KEY_SECRET = 'my-public-key';
export const PUBLIC_KEY_LINE = anEd25519Line(41);

const PATIENT = { maxAttempts: 20 };

/** The kinds of GpuPods of tenants. Each can become ready with every account. */
export const TENANT_KINDS = {
  plain: { weight: 6, spec: PATIENT },
  'without a cap of its own': { weight: 1, spec: { ...PATIENT, maxPrice: undefined } },
  'two GPUs': { weight: 2, spec: { ...PATIENT, gpu: { types: ['H100_80GB'], count: 2 }, maxPrice: 6 } },
  retained: { weight: 4, spec: { ...PATIENT, deletionPolicy: 'Retain' } },
  'its price is shown late': { weight: 1, spec: { ...PATIENT, gpu: { types: ['A100_80GB'] } } },
  'a public key': { weight: 2, spec: { ...PATIENT, ssh: { publicKey: anEd25519Line(42) } } },
  'a public key of a Secret': {
    weight: 1,
    spec: { ...PATIENT, ssh: { publicKeySecretRef: { name: PUBLIC_KEY_SECRET, key: 'id.pub' } } },
  },
  'a generated key': { weight: 2, spec: { ...PATIENT, ssh: { generate: true } } },
  'reachable, late': {
    weight: 1,
    spec: { ...PATIENT, gpu: { types: ['A100_80GB'] }, readiness: 'Reachable' },
  },
  'reachable, at the second offer': {
    weight: 1,
    spec: {
      ...PATIENT,
      gpu: { types: ['L40S_48GB'] },
      readiness: 'Reachable',
      provisioningTimeout: '3m',
    },
  },
  suspended: { weight: 1, spec: { ...PATIENT, suspend: true } },
} satisfies Readonly<Record<string, { readonly weight: number; readonly spec: Partial<GpuPodSpecInput> }>>;

export type TenantKind = keyof typeof TENANT_KINDS;
