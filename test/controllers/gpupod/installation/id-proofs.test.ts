import { describe, expect, it } from '@jest/globals';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import { stringsOf } from '../../../../src/json.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { secretData } from '../../../../src/kubernetes/client/secrets-client.ts';
import type { Secret } from '../../../../src/kubernetes/client/secrets-client.ts';
import {
  ensureProofKey,
  idProofsFor,
  isHeldElsewhere,
} from '../../../../src/controllers/gpupod/installation/id-proofs.ts';
import { isProvenStatus } from '../../../../src/lifecycle/id-proof.ts';
import type { StatedAccount } from '../../../../src/lifecycle/id-proof.ts';
import type { SecretApi } from '../../../../src/controllers/gpupod/ports.ts';
import { gpuPod, POD_ID, rawGpuPod } from '../../../support/builders/gpu-pod.ts';

const FORBIDDEN = new ApiStatusError(403, 'Forbidden', 'cannot get secrets');
const TAKEN = new ApiStatusError(409, 'AlreadyExists', 'secrets already exists');
const BROKEN = new ApiStatusError(500, 'InternalError', 'etcd is away');
const metadata = { name: 'gpupod-operator-installation', uid: 'uid-1', resourceVersion: '1' };

function keySecret(key: string): Secret {
  return { metadata, data: secretData({ podIdKey: key }) };
}

/** A cluster that answers GET with these results in turn, and then always with the last one. */
function secrets(
  gets: readonly (Secret | undefined | Error)[],
  create?: Error,
): Pick<SecretApi, 'get' | 'create'> {
  let asked = 0;
  return {
    get: async () => {
      const answer = gets[Math.min(asked, gets.length - 1)];
      asked += 1;
      return answer instanceof Error ? await Promise.reject(answer) : await Promise.resolve(answer);
    },
    create: async (_namespace, object) =>
      create === undefined
        ? await Promise.resolve({ metadata, data: stringsOf(object['data']) })
        : await Promise.reject(create),
  };
}

describe('ensureProofKey', () => {
  it('reads the existing key', async () => {
    expect(await ensureProofKey(secrets([keySecret('k')]), 'ns')).toBe('k');
  });

  it('creates a key of 256 bits when none exists', async () => {
    const made = await ensureProofKey(secrets([undefined]), 'ns');
    expect(Buffer.from(made ?? '', 'base64url')).toHaveLength(32);
    expect(await ensureProofKey(secrets([undefined]), 'ns')).not.toBe(made);
  });

  it('uses the key of another process that created it first', async () => {
    expect(await ensureProofKey(secrets([undefined, keySecret('theirs')], TAKEN), 'ns')).toBe('theirs');
  });

  it('returns no key when it may not access Secrets', async () => {
    expect(await ensureProofKey(secrets([FORBIDDEN]), 'ns')).toBeUndefined();
    expect(await ensureProofKey(secrets([undefined], FORBIDDEN), 'ns')).toBeUndefined();
  });

  it('does not treat a failed read as a missing key', async () => {
    await expect(ensureProofKey(secrets([BROKEN]), 'ns')).rejects.toThrow('etcd is away');
  });
});

const OF_A: StatedAccount = {
  kind: 'GpuAccount',
  name: 'default',
  origin: 'https://api.test',
  userId: 'user-a',
};

describe('idProofsFor', () => {
  const mine = gpuPod();
  function proofs(others: RawObject[], proofKey: string | undefined = 'k') {
    const view = {
      list: () => others,
      get: () => undefined,
      applyLocal: () => true,
      seenAtMs: () => undefined,
    };
    return { view, proofs: idProofsFor({ view, proofKey }, mine) };
  }
  const { of } = proofs([]).proofs;

  it('signs differently for each id, GpuPod, namespace and key', () => {
    const view = proofs([]).view;
    const all = [
      of(POD_ID),
      of('pod-2'),
      ...[{ uid: 'uid-2' }, { namespace: 'team-b' }].map((other) =>
        idProofsFor({ view, proofKey: 'k' }, gpuPod(other)).of(POD_ID),
      ),
      idProofsFor({ view, proofKey: 'l' }, mine).of(POD_ID),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((proof) => (proof ?? '').length <= 64)).toBe(true);
  });

  it.each<{ name: string; stated: StatedAccount | undefined; proof: string | undefined; isProven: boolean }>([
    { name: 'the account that it signs', stated: OF_A, proof: of(POD_ID, OF_A), isProven: true },
    {
      name: 'the account, whatever the order of its fields',
      stated: { userId: 'user-a', origin: 'https://api.test', name: 'default', kind: 'GpuAccount' },
      proof: of(POD_ID, OF_A),
      isProven: true,
    },
    { name: 'the proof of an earlier version', stated: OF_A, proof: of(POD_ID), isProven: true },
    { name: 'another user', stated: { ...OF_A, userId: 'user-b' }, proof: of(POD_ID, OF_A), isProven: false },
    {
      name: 'another origin',
      stated: { ...OF_A, origin: 'https://x.test' },
      proof: of(POD_ID, OF_A),
      isProven: false,
    },
    {
      name: 'another account of the user',
      stated: { ...OF_A, name: 'other' },
      proof: of(POD_ID, OF_A),
      isProven: false,
    },
    {
      name: "the operator's own key",
      stated: { userId: 'user-a' },
      proof: of(POD_ID, OF_A),
      isProven: false,
    },
    { name: 'no account', stated: undefined, proof: of(POD_ID, OF_A), isProven: false },
    { name: 'no proof', stated: OF_A, proof: undefined, isProven: false },
    { name: 'the proof of another ID', stated: OF_A, proof: of('pod-2', OF_A), isProven: false },
  ])('reports $isProven for a status with $name', ({ stated, proof, isProven }) => {
    const status = {
      podId: POD_ID,
      ...(stated === undefined ? {} : { account: stated }),
      ...(proof === undefined ? {} : { podIdProof: proof }),
    };
    expect(isProvenStatus({ of }, status)).toBe(isProven);
  });

  it('proves nothing without a key', () => {
    const view = proofs([]).view;
    const none = idProofsFor({ view, proofKey: undefined }, mine);
    expect([none.of(POD_ID), none.isProvenElsewhere(POD_ID)]).toEqual([undefined, false]);
  });

  it.each([
    { name: 'a proof of its own', proof: 'own', isProven: true },
    { name: 'a copied proof', proof: of(POD_ID), isProven: false },
    { name: 'no proof', proof: undefined, isProven: false },
  ])('reports $isProven for another GpuPod with the same id and $name', ({ proof, isProven }) => {
    const podIdProof =
      proof === 'own'
        ? idProofsFor({ ...proofs([]), proofKey: 'k' }, gpuPod({ uid: 'uid-2' })).of(POD_ID)
        : proof;
    const status = {
      observedGeneration: 1,
      podId: POD_ID,
      ...(podIdProof === undefined ? {} : { podIdProof }),
    };
    const { view, proofs: known } = proofs([rawGpuPod({ status }), rawGpuPod({ uid: 'uid-2', status })]);
    expect(known.isProvenElsewhere(POD_ID)).toBe(isProven);
    expect(known.isProvenElsewhere('pod-2')).toBe(false);
    expect(isHeldElsewhere({ view }, mine, POD_ID)).toBe(true);
    expect(isHeldElsewhere({ view }, gpuPod({ uid: 'uid-3' }), 'pod-2')).toBe(false);
  });
});
