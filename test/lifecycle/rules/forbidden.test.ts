import { describe, expect, it } from '@jest/globals';
import { refuseForbidden } from '../../../src/lifecycle/rules/forbidden.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { observed } from '../../support/builders/observation.ts';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import { messageOf, outline, statusOf } from '../support/outline.ts';

describe('refuseForbidden', () => {
  it.each<{
    name: string;
    spec: Partial<GpuPodSpecInput>;
    policy: Partial<Policy>;
    names: string | undefined;
    why: string;
  }>([
    { name: 'no team', spec: {}, policy: {}, names: undefined, why: 'the wallet of the key pays' },
    {
      name: 'a team',
      spec: { teamId: 't1' },
      policy: {},
      names: '--allowed-team-ids',
      why: 'no tenant chooses whose wallet pays',
    },
    {
      name: 'an allowed team',
      spec: { teamId: 't1' },
      policy: { allowedTeamIds: ['t1'] },
      names: undefined,
      why: 'the operator allows it',
    },
    {
      name: 'the default team',
      spec: { teamId: 't0' },
      policy: { defaultTeamId: 't0' },
      names: undefined,
      why: 'it would pay anyway',
    },
    {
      name: 'another team beside the default',
      spec: { teamId: 't1' },
      policy: { defaultTeamId: 't0' },
      names: 't1',
      why: 'the default allows only itself',
    },
    {
      name: 'a key, and no list of keys',
      spec: { sshKeyId: 'k1' },
      policy: {},
      names: undefined,
      why: 'an empty list allows any',
    },
    {
      name: 'a key that is not in the list',
      spec: { sshKeyId: 'k1' },
      policy: { allowedSshKeyIds: ['k2'] },
      names: '--allowed-ssh-key-ids',
      why: 'the operator does not allow it',
    },
    {
      name: 'a key that is in the list',
      spec: { sshKeyId: 'k1' },
      policy: { allowedSshKeyIds: ['k1'] },
      names: undefined,
      why: 'the operator allows it',
    },
    {
      name: 'the default key',
      spec: { sshKeyId: 'k0' },
      policy: { allowedSshKeyIds: ['k2'], defaultSshKeyId: 'k0' },
      names: undefined,
      why: 'it would be used anyway',
    },
    {
      name: 'a disk and a template, and no lists of them',
      spec: { disks: ['d1'], customTemplateId: 'c1' },
      policy: {},
      names: undefined,
      why: 'an empty list allows any',
    },
    {
      name: 'a disk that is not in the list',
      spec: { disks: ['d1', 'd2'] },
      policy: { allowedDiskIds: ['d1', 'd3'] },
      names: 'd2',
      why: "it holds somebody's data",
    },
    {
      name: 'a disk allowed for all, and one for this namespace',
      spec: { disks: ['d1', 'd2'] },
      policy: { allowedDiskIds: ['d1', 'team-a/d2'] },
      names: undefined,
      why: 'the operator allows them',
    },
    {
      name: 'a disk allowed for another namespace',
      spec: { disks: ['d1'] },
      policy: { allowedDiskIds: ['team-b/d1'] },
      names: '--allowed-disk-ids',
      why: 'it belongs to another tenant',
    },
    {
      name: 'a template allowed for another namespace',
      spec: { customTemplateId: 'c1' },
      policy: { allowedTemplateIds: ['team-b/c1', 'c2'] },
      names: '--allowed-template-ids',
      why: 'it belongs to another tenant',
    },
    {
      name: 'a template allowed for this namespace',
      spec: { customTemplateId: 'c1' },
      policy: { allowedTemplateIds: ['team-a/c1'] },
      names: undefined,
      why: 'the operator allows it',
    },
    {
      name: 'no maxPrice where it is required',
      spec: {},
      policy: { requireMaxPrice: true },
      names: '--require-max-price',
      why: 'nothing is rented without a cap',
    },
    {
      name: 'a maxPrice where it is required',
      spec: { maxPrice: 3 },
      policy: { requireMaxPrice: true },
      names: undefined,
      why: 'it is set',
    },
  ])('$name: $why', ({ spec, policy, names }) => {
    const step = refuseForbidden(observed({ gpuPod: gpuPod({ spec }), policy }));
    const refused = {
      step: 'rest',
      Ready: 'Pending',
      Synced: 'NotAllowed',
      Stalled: 'NotAllowed',
      Reconciling: null,
    };
    expect(outline(step)).toMatchObject(names === undefined ? { step: '-' } : refused);
    expect(step === undefined ? '' : messageOf(statusOf(step), 'Synced')).toContain(names ?? '');
  });
});
