import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { ReadyKey } from '../../../src/lifecycle/local-state.ts';
import { awaitSshKey, keyOfRequest, refuseBadKey } from '../../../src/lifecycle/rules/ssh-key.ts';
import { DEFAULT_TIMINGS } from '../../../src/lifecycle/settings.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { anEd25519Line, aPublicKey } from '../../support/builders/ssh-keys.ts';
import { messageOf, outline, statusOf } from '../support/outline.ts';

const BY_KEY = { ssh: { publicKey: anEd25519Line() } };
const ACCOUNT = { kind: 'fits', userId: 'user-1', sinceMs: 5 } as const;
const READY: ReadyKey = {
  source: 'PublicKey',
  fingerprint: aPublicKey().fingerprint,
  keyId: 'key-1',
  generation: 1,
  sessionSinceMs: 5,
  atMs: NOW_MS - 1_000,
};

describe('awaitSshKey', () => {
  it.each<{
    name: string;
    spec: Partial<GpuPodSpecInput>;
    ready?: Partial<ReadyKey>;
    finalizers?: readonly string[];
    step: string;
    why: string;
  }>([
    { name: 'no key', spec: {}, step: '-', why: 'the provider decides' },
    { name: 'an ID', spec: { ssh: { keyId: 'k' } }, step: '-', why: 'the provider has it' },
    { name: 'a public key', spec: BY_KEY, step: 'ensureSshKey', why: 'it may be unknown to the provider' },
    {
      name: 'a generated key',
      spec: { ssh: { generate: true } },
      step: 'ensureSshKey',
      why: 'it does not exist yet',
    },
    {
      name: 'a public key without the finalizer',
      spec: BY_KEY,
      finalizers: [],
      step: 'addFinalizer',
      why: 'the end of the GpuPod must be seen',
    },
    { name: 'a key that is ready', spec: BY_KEY, ready: {}, step: '-', why: 'it was found moments ago' },
    {
      name: 'a key of an earlier spec',
      spec: BY_KEY,
      ready: { generation: 0 },
      step: 'ensureSshKey',
      why: 'the spec may name another one',
    },
    {
      name: 'a key of an earlier session',
      spec: BY_KEY,
      ready: { sessionSinceMs: 4 },
      step: 'ensureSshKey',
      why: 'its ID means something in that account only',
    },
    {
      name: 'a key that was ready long ago',
      spec: BY_KEY,
      ready: { atMs: NOW_MS - DEFAULT_TIMINGS.offerMaxAgeMs },
      step: 'ensureSshKey',
      why: 'somebody may have removed it',
    },
  ])('$name: $step, because $why', ({ spec, ready, finalizers, step }) => {
    const observation = observed({
      gpuPod: gpuPod({ spec, ...(finalizers === undefined ? {} : { finalizers }) }),
      account: ACCOUNT,
      localState: ready === undefined ? {} : { sshKey: { ...READY, ...ready } },
    });
    expect(outline(awaitSshKey(observation))).toEqual({ step });
  });
});

describe('keyOfRequest', () => {
  it.each<{ name: string; spec: Partial<GpuPodSpecInput>; ready?: ReadyKey; expected: unknown }>([
    { name: 'no key', spec: {}, expected: { source: 'KeyID', keyId: 'default' } },
    { name: 'an ID', spec: { ssh: { keyId: 'k' } }, expected: { source: 'KeyID', keyId: 'k' } },
    { name: 'an ID by its former name', spec: { sshKeyId: 'k' }, expected: { source: 'KeyID', keyId: 'k' } },
    {
      name: 'a registered key',
      spec: BY_KEY,
      ready: READY,
      expected: { source: 'PublicKey', keyId: 'key-1', fingerprint: READY.fingerprint },
    },
    {
      name: 'a generated key',
      spec: { ssh: { generate: true } },
      ready: { ...READY, source: 'Generate' },
      expected: {
        source: 'Generated',
        keyId: 'key-1',
        fingerprint: READY.fingerprint,
        secretName: 'train-1-connection',
      },
    },
  ])('of $name', ({ spec, ready, expected }) => {
    const observation = observed({
      gpuPod: gpuPod({ spec }),
      policy: { defaultSshKeyId: 'default' },
      localState: ready === undefined ? {} : { sshKey: ready },
    });
    expect(keyOfRequest(observation)).toEqual(expected);
  });
});

describe('refuseBadKey', () => {
  it('rents nothing with a key that cannot work, and says why', () => {
    const step = refuseBadKey(observed({ gpuPod: gpuPod({ spec: { ssh: { publicKey: 'ssh-dss AAAA' } } }) }));
    expect(outline(step)).toMatchObject({
      step: 'rest',
      Ready: 'Pending',
      Synced: 'InvalidSshKey',
      Stalled: 'InvalidSshKey',
    });
    expect(messageOf(statusOf(step), 'Synced')).toBe(
      'spec.ssh.publicKey is a DSA key, which no current SSH server accepts. Use ed25519: ssh-keygen -t ed25519.',
    );
  });

  it('lets a usable key pass', () => {
    expect(refuseBadKey(observed({ gpuPod: gpuPod({ spec: BY_KEY }) }))).toBeUndefined();
  });
});
