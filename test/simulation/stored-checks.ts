import { isDeepStrictEqual } from 'node:util';
import { parseGpuAccount } from '../../src/api/gpuaccount/gpu-account.ts';
import { GpuPodSpec } from '../../src/api/gpupod/spec.ts';
import { GpuPodStatus } from '../../src/api/gpupod/status.ts';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import type { NewObject } from '../../src/kubernetes/client/resource-client.ts';

/** The fields of a GpuPod that cannot change while it has an instance. */
const FROZEN = [
  'gpu',
  'placement',
  'resources',
  'image',
  'customTemplateId',
  'env',
  'sshKeyId',
  'ssh',
  'disks',
  'teamId',
  'jupyterPasswordSecretRef',
  'accountRef',
];

/** Throws what a real API server answers to an invalid write. */
export function check(kind: string, held: RawObject, next: RawObject): void {
  const before = held.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (held.metadata.deletionTimestamp !== undefined && added.length > 0) {
    throw invalid('no new finalizers can be added if the object is being deleted');
  }
  if (kind === 'gpupods') {
    if (held['spec'] !== next['spec']) checkSpec(next);
    checkStatus(held, next);
    checkFrozen(held, next);
  }
}

/** Accounts are checked whole, as their CRD does. */
export function checkAccount(object: NewObject): void {
  const parsed = parseGpuAccount({
    ...object,
    metadata: { uid: 'new', resourceVersion: '1', generation: 1, ...object.metadata },
  });
  if (parsed.kind === 'invalid') throw invalid(parsed.problems);
}

export function checkSpec(object: NewObject): void {
  const spec = GpuPodSpec.safeParse(object['spec']);
  if (!spec.success) throw invalid(spec.error.message);
}

function checkStatus(held: RawObject, next: RawObject): void {
  if (held['status'] === next['status']) return;
  const status = GpuPodStatus.safeParse(next['status']);
  if (!status.success) throw invalid(status.error.message);
}

function checkFrozen(held: RawObject, next: RawObject): void {
  const isRented = stringAt(held['status'], 'podId') !== undefined;
  if (!isRented || held['spec'] === next['spec']) return;
  const changed = FROZEN.filter((field) => !isSame(at(held, field), at(next, field)));
  if (changed.length > 0) throw invalid(`spec.${changed.join()} cannot be changed while rented`);
}

export function isSame(before: unknown, after: unknown): boolean {
  return before === after || isDeepStrictEqual(before, after);
}

function at(object: RawObject, field: string): unknown {
  const spec: unknown = object['spec'];
  return typeof spec === 'object' && spec !== null ? Reflect.get(spec, field) : undefined;
}

function invalid(message: string): ApiStatusError {
  return new ApiStatusError(422, 'Invalid', message);
}
