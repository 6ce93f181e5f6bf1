import { parseGpuAccount } from '../../../../src/api/gpuaccount/gpu-account.ts';
import type { GpuAccount } from '../../../../src/api/gpuaccount/gpu-account.ts';
import type { GpuAccountStatus } from '../../../../src/api/gpuaccount/status.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';

export interface AccountOverrides {
  readonly name?: string;
  /** Null: a ClusterGpuAccount. */
  readonly namespace?: string | null;
  readonly annotations?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
  readonly status?: Partial<GpuAccountStatus>;
}

/** An account as the API server would send it. */
export function rawAccount({
  name = 'default',
  namespace = 'team-a',
  annotations = {},
  spec,
  status,
}: AccountOverrides = {}): RawObject {
  return {
    metadata: {
      name,
      ...(namespace === null ? {} : { namespace }),
      uid: 'uid-account',
      resourceVersion: '7',
      generation: 3,
      annotations,
    },
    spec: { apiKeySecretRef: { name: 'key' }, ...spec },
    status: { observedGeneration: -1, ...status },
  };
}

/** The same, parsed with the real schema, so that it has the real defaults. */
export function gpuAccount(overrides: AccountOverrides = {}): GpuAccount {
  const parsed = parseGpuAccount(rawAccount(overrides));
  if (parsed.kind === 'invalid') throw new Error(parsed.problems);
  return parsed.account;
}
