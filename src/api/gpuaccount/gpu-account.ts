import * as z from 'zod';
import { truncateMessage } from '../common/message.ts';
import { ANNOTATIONS } from '../common/names.ts';
import type { AccountKind } from '../common/names.ts';
import { oncePerObject } from '../common/once-per-object.ts';
import { ClusterGpuAccountSpec, GpuAccountSpec } from './spec.ts';
import type { NamespaceSelector } from './spec.ts';
import { ClusterGpuAccountStatus, FRESH_ACCOUNT_STATUS, GpuAccountStatus } from './status.ts';

/** The metadata that the operator reads; it does not touch any other. */
const ObjectMeta = z.object({
  name: z.string().min(1),
  namespace: z.string().min(1).optional(),
  uid: z.string().min(1),
  resourceVersion: z.string().min(1),
  generation: z.int().min(0),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).default([]),
  annotations: z.record(z.string(), z.string()).default({}),
});

const Namespaced = z.object({
  metadata: ObjectMeta,
  spec: GpuAccountSpec,
  status: GpuAccountStatus.catch(FRESH_ACCOUNT_STATUS).default(FRESH_ACCOUNT_STATUS),
});
const Cluster = z.object({
  metadata: ObjectMeta,
  spec: ClusterGpuAccountSpec,
  status: ClusterGpuAccountStatus.catch(FRESH_ACCOUNT_STATUS).default(FRESH_ACCOUNT_STATUS),
});

/** An account of either kind as the operator works with it: validated, with defaults. */
export interface GpuAccount {
  readonly kind: AccountKind;
  readonly metadata: z.output<typeof ObjectMeta>;
  readonly spec: z.output<typeof GpuAccountSpec> & {
    readonly namespaceSelector?: NamespaceSelector | undefined;
    readonly isDefault?: boolean | undefined;
  };
  readonly status: GpuAccountStatus;
}

export type ParsedGpuAccount =
  | { readonly kind: 'ok'; readonly account: GpuAccount }
  | { readonly kind: 'invalid'; readonly problems: string };

/**
 * Parses what the API server sent. It fails only if the installed CRD is not that of this version. An account without a
 * namespace is a ClusterGpuAccount.
 */
export const parseGpuAccount = oncePerObject((object: { readonly metadata: object }): ParsedGpuAccount => {
  const isNamespaced = Reflect.get(object.metadata, 'namespace') !== undefined;
  const parsed = (isNamespaced ? Namespaced : Cluster).safeParse(object);
  return parsed.success
    ? {
        kind: 'ok',
        account: { kind: isNamespaced ? 'GpuAccount' : 'ClusterGpuAccount', ...parsed.data },
      }
    : {
        kind: 'invalid',
        problems: truncateMessage(
          parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
        ),
      };
});

/** The user ID that a person confirmed for the API key of this account. */
export function acceptedUser({ metadata }: GpuAccount): string | undefined {
  return metadata.annotations[ANNOTATIONS.acceptUser];
}
