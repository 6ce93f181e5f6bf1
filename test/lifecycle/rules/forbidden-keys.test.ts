import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import { refuseForbidden } from '../../../src/lifecycle/rules/forbidden.ts';
import type { Policy } from '../../../src/lifecycle/settings.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { observed } from '../../support/builders/observation.ts';
import { messageOf, statusOf } from '../support/outline.ts';

describe('refuseForbidden, for the sources of SSH keys', () => {
  it.each<{
    name: string;
    spec: Partial<GpuPodSpecInput>;
    policy: Partial<Policy>;
    names: string | undefined;
    why: string;
  }>([
    {
      name: 'a key by its new name that is not in the list',
      spec: { ssh: { keyId: 'k1' } },
      policy: { allowedSshKeyIds: ['k2'] },
      names: 'spec.ssh.keyId k1',
      why: 'both names mean the same',
    },
    {
      name: 'a public key, and a list of keys',
      spec: { ssh: { publicKey: 'ssh-ed25519 AAAA' } },
      policy: { allowedSshKeyIds: ['k2'] },
      names: undefined,
      why: 'the list is about keys at the provider',
    },
    {
      name: 'a public key where only IDs are allowed',
      spec: { ssh: { publicKey: 'ssh-ed25519 AAAA' } },
      policy: { sshKeySources: ['KeyID'] },
      names: 'spec.ssh.publicKey is not among the sources of SSH keys',
      why: 'it means a right at the provider',
    },
    {
      name: 'a key in a Secret where only IDs are allowed',
      spec: { ssh: { publicKeySecretRef: { name: 's', key: 'k' } } },
      policy: { sshKeySources: ['KeyID', 'PublicKey'] },
      names: '--ssh-key-sources',
      why: 'it means a right at the provider',
    },
    {
      name: 'a generated key where none may be',
      spec: { ssh: { generate: true } },
      policy: { sshKeySources: ['KeyID', 'PublicKey', 'PublicKeySecret'] },
      names: 'spec.ssh.generate',
      why: 'it means a right at the provider',
    },
    {
      name: 'an ID where only public keys are allowed',
      spec: { sshKeyId: 'k1' },
      policy: { sshKeySources: ['PublicKey'] },
      names: 'spec.sshKeyId is not among the sources',
      why: 'the former name is a source as well',
    },
    {
      name: 'no key where only public keys are allowed',
      spec: {},
      policy: { sshKeySources: ['PublicKey'] },
      names: undefined,
      why: 'the default of the operator is its own choice',
    },
  ])('$name: $names, because $why', ({ spec, policy, names }) => {
    const step = refuseForbidden(observed({ gpuPod: gpuPod({ spec }), policy }));
    const told = step === undefined ? '' : messageOf(statusOf(step), 'Synced');
    expect(step === undefined).toBe(names === undefined);
    expect(told).toContain(names ?? '');
  });
});
