import { ANNOTATIONS, FINALIZER, IN_USE_FINALIZER } from '../../../src/api/common/names.ts';
import { account, CREATE, gpuPod, notAllowed, patch, podIdOf, podNameOf } from './tenant-attempts.ts';
import type { Attempt } from './tenant-attempts.ts';

/** To end the instance of somebody else, or to leave their own behind. */
export const ON_INSTANCES: readonly Attempt[] = [
  {
    name: 'the right to write a status',
    who: 'red-admin',
    args: ['create', 'role', 'status', '--verb=update', '--resource=gpupods.gpupod.dev/status'],
    answer: 'rbac',
  },
  {
    name: 'the ID of another instance in their status',
    who: 'red-custom',
    args: patch('gpupod/own', { status: { podId: 'forged' } }, '--subresource=status'),
    answer: 'policy',
  },
  {
    name: 'a forged list of retained instances',
    who: 'red-admin',
    args: ['-n', 'gpupod-system', ...patch('configmap/gpupod-operator-retained', { data: {} })],
    answer: 'rbac',
  },
  {
    name: 'the record of the installation',
    who: 'red-admin',
    args: ['-n', 'gpupod-system', 'get', 'configmap', 'gpupod-operator-installation'],
    answer: 'rbac',
  },
  {
    name: 'the account of another',
    who: 'red-admin',
    args: ['-n', 'blue', 'delete', 'gpuaccount', 'default'],
    answer: 'rbac',
  },
  {
    name: 'the account of the platform',
    who: 'red-admin',
    args: ['delete', 'clustergpuaccount', 'platform'],
    answer: 'rbac',
  },
  {
    name: 'the Secret of another',
    who: 'red-admin',
    args: ['-n', 'blue', 'delete', 'secret', 'blue-key'],
    answer: 'rbac',
  },
  { name: 'the CRDs', who: 'red-admin', args: ['delete', 'crd', 'gpupods.gpupod.dev'], answer: 'rbac' },
  {
    name: 'the finalizer of their own instance',
    who: 'red-custom',
    args: patch('gpupod/own', { metadata: { finalizers: null } }),
    answer: 'policy',
  },
  {
    name: 'the finalizer of their account in use',
    who: 'red-admin',
    args: patch('gpuaccount/default', { metadata: { finalizers: null } }),
    answer: 'policy',
  },
  {
    name: 'a finalizer of the operator in a new GpuPod',
    who: 'red-edit',
    args: CREATE,
    input: gpuPod('i1', {}, { metadata: { finalizers: [FINALIZER] } }),
    answer: 'policy',
  },
  {
    name: 'the release of an instance of another, by the ID',
    who: 'red-edit',
    args: CREATE,
    input: (blue) =>
      gpuPod(
        'i2',
        { suspend: true },
        { metadata: { annotations: { [ANNOTATIONS.forceRelease]: podIdOf(blue) } } },
      )(),
    answer: 'accepted',
    comesTo: { object: 'gpupod/i2', type: 'Ready', reason: 'Suspended' },
  },
  {
    name: 'the absence of an instance of another, by the name',
    who: 'red-edit',
    args: CREATE,
    input: (blue) =>
      gpuPod(
        'i3',
        { suspend: true },
        { metadata: { annotations: { [ANNOTATIONS.confirmAbsent]: podNameOf(blue) } } },
      )(),
    answer: 'accepted',
    comesTo: { object: 'gpupod/i3', type: 'Ready', reason: 'Suspended' },
  },
];

/** To get more than somebody allows them. */
export const ON_LIMITS: readonly Attempt[] = [
  {
    name: 'the limits of the platform',
    who: 'red-admin',
    args: patch('clustergpuaccount/platform', { spec: { namespaceSelector: {} } }),
    answer: 'rbac',
  },
  {
    name: 'the limits of their own account, although they may only edit',
    who: 'red-edit',
    args: patch('gpuaccount/default', { spec: { limits: { maxInstances: 99 } } }),
    answer: 'rbac',
  },
  {
    name: 'the recorded user of their account',
    who: 'red-custom',
    args: patch('gpuaccount/default', { status: { userId: 'user_blue' } }, '--subresource=status'),
    answer: 'policy',
  },
  {
    name: 'another user of their account, without the verb',
    who: 'red-custom',
    args: ['annotate', 'gpuaccount', 'default', `${ANNOTATIONS.acceptUser}=user_blue`],
    answer: 'policy',
  },
  {
    name: 'another user of their account, whose key they do not have',
    who: 'red-admin',
    args: ['annotate', 'gpuaccount', 'default', `${ANNOTATIONS.acceptUser}=user_blue`],
    answer: 'accepted',
    comesTo: { object: 'gpuaccount/default', type: 'Ready', reason: 'KeyAccepted' },
  },
  {
    name: 'more instances than the platform allows',
    who: 'green-edit',
    args: ['-n', 'green', ...CREATE],
    input: gpuPod('l1', {}),
    answer: 'accepted',
    comesTo: { object: 'gpupod/l1', type: 'Synced', reason: 'BudgetExceeded' },
  },
  {
    name: 'an instance that outlives its GpuPod on the account of the platform',
    who: 'green-edit',
    args: ['-n', 'green', ...CREATE],
    input: gpuPod('l2', { deletionPolicy: 'Retain' }),
    answer: 'accepted',
    comesTo: notAllowed('l2'),
  },
];

/** To get rid of what is their own, so that somebody else pays in its place. The last ones: they leave nothing to attack. */
export const ON_OWN: readonly Attempt[] = [
  {
    name: 'the finalizer of an account in a new one',
    who: 'red-custom',
    args: CREATE,
    input: () =>
      account('GpuAccount', 'o1', { apiKeySecretRef: { name: 'red-key' } })().replace(
        'name: o1',
        `name: o1\n  finalizers: [${IN_USE_FINALIZER}]`,
      ),
    answer: 'policy',
  },
  {
    name: 'their key, while it is needed',
    who: 'red-edit',
    args: ['delete', 'secret', 'red-key', '--wait=false'],
    answer: 'accepted',
  },
  {
    name: 'its finalizer as well',
    who: 'red-edit',
    args: patch('secret/red-key', { metadata: { finalizers: null } }),
    answer: 'policy',
  },
  {
    name: 'their account, while it is needed',
    who: 'red-admin',
    args: ['delete', 'gpuaccount', 'default', '--wait=false'],
    answer: 'accepted',
    comesTo: { object: 'gpuaccount/default', type: 'Ready', reason: 'Deleting' },
  },
  {
    name: 'a GpuPod that the API key of the operator would pay for, without their account',
    who: 'red-edit',
    args: CREATE,
    input: gpuPod('o2', {}),
    answer: 'accepted',
    comesTo: { object: 'gpupod/o2', type: 'Synced', reason: 'AccountSuspended' },
  },
];
