import { beforeEach, describe, expect, it } from '@jest/globals';
import { FINALIZER } from '../../../../src/api/common/names.ts';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { DEFAULT_TIMINGS } from '../../../../src/lifecycle/settings.ts';
import { keyName } from '../../../../src/lifecycle/ssh-key/key-name.ts';
import type { RegisteredKey } from '../../../../src/lifecycle/ssh-key/ssh-key-api.ts';
import { rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../../support/builders/intent.ts';
import { failure } from '../../../support/builders/snapshots.ts';
import { anEd25519Line, aPublicKey } from '../../../support/builders/ssh-keys.ts';
import { KeyBench, ownKey } from '../support/key-bench.ts';

const KEY = aPublicKey();
const USE = { source: 'PublicKeySecret', keyId: 'key-7', fingerprint: KEY.fingerprint };

let bench: KeyBench;

beforeEach(() => {
  bench = new KeyBench();
  bench.keys = { kind: 'ok', value: [ownKey()] };
});

describe('a key of this installation', () => {
  it('is removed once no GpuPod uses it, and not before the grace has passed', async () => {
    await bench.session.account.check();
    const sweep = bench.newSweep();
    expect(await sweep.run()).toBe(DEFAULT_TIMINGS.sweepMs);
    await bench.clock.advance(DEFAULT_TIMINGS.sweepMs - 1);
    expect(await sweep.run()).toBe(1);
    expect(bench.deletedKeys).toEqual([]);
    await bench.clock.advance(1);
    expect(await sweep.run()).toBeUndefined();
    expect(bench.deletedKeys).toEqual(['key-7']);
  });

  it.each<{ name: string; gpuPod: RawObject; isKept: boolean }>([
    { name: 'the instance of a GpuPod', gpuPod: rawGpuPod({ status: { sshKey: USE } }), isKept: true },
    { name: 'an open create intent', gpuPod: rawGpuPod({ intent: intent({ sshKey: USE }) }), isKept: true },
    {
      name: 'a create intent whose attempt has ended',
      gpuPod: rawGpuPod({
        intent: intent({ sshKey: USE }),
        status: { attempts: [{ number: 1, outcome: 'Ended' }] },
      }),
      isKept: false,
    },
    {
      name: 'a spec',
      gpuPod: rawGpuPod({ spec: { ssh: { publicKey: `${anEd25519Line()} of somebody` } } }),
      isKept: true,
    },
    {
      name: 'a spec that names its ID',
      gpuPod: rawGpuPod({ spec: { ssh: { keyId: 'key-7' } } }),
      isKept: true,
    },
    {
      name: 'a spec that names its ID in the former field',
      gpuPod: rawGpuPod({ spec: { sshKeyId: 'key-7' } }),
      isKept: true,
    },
    {
      name: 'an instance that was requested by its ID',
      gpuPod: rawGpuPod({ status: { sshKey: { source: 'KeyID', keyId: 'key-7' } } }),
      isKept: true,
    },
    {
      name: 'a create intent with its ID',
      gpuPod: rawGpuPod({ intent: intent({ sshKey: { source: 'KeyID', keyId: 'key-7' } }) }),
      isKept: true,
    },
    {
      name: 'the spec of another key',
      gpuPod: rawGpuPod({ spec: { ssh: { publicKey: anEd25519Line(8) } } }),
      isKept: false,
    },
    { name: 'a GpuPod that cannot be read', gpuPod: { ...rawGpuPod(), spec: 'none' }, isKept: true },
    {
      name: 'a GpuPod that is being deleted',
      gpuPod: rawGpuPod({ isDeleting: true, finalizers: [FINALIZER], status: { sshKey: USE } }),
      isKept: true,
    },
    {
      name: 'a released GpuPod that another finalizer holds',
      gpuPod: rawGpuPod({ isDeleting: true, finalizers: ['example.org/x'], status: { sshKey: USE } }),
      isKept: false,
    },
  ])('is used by $name: $isKept', async ({ gpuPod, isKept }) => {
    bench.cached = [gpuPod];
    expect(await bench.sweepAfterGrace()).toEqual(isKept ? [] : ['key-7']);
  });

  it('stays if it is the default of the operator', async () => {
    bench.keyPolicy = { ...bench.keyPolicy, defaultSshKeyId: 'key-7' };
    expect(await bench.sweepAfterGrace()).toEqual([]);
  });

  it('stays if only the API server knows the GpuPod that uses it', async () => {
    bench.list = async () => await Promise.resolve([rawGpuPod({ status: { sshKey: USE } })]);
    expect(await bench.sweepAfterGrace()).toEqual([]);
  });

  it('stays if a GpuPod begins to use it right before the DELETE', async () => {
    bench.beforeKeyDelete = () => {
      bench.cached = [rawGpuPod({ status: { sshKey: USE } })];
    };
    expect(await bench.sweepAfterGrace()).toEqual([]);
  });

  it('stays while the Lease is not fresh', async () => {
    bench.beforeKeyDelete = () => {
      bench.isLeaseFresh = false;
    };
    expect(await bench.sweepAfterGrace()).toEqual([]);
  });

  it('stays if the account changed right before the DELETE', async () => {
    bench.beforeKeyDelete = () => {
      bench.keyVersion = 2;
    };
    expect(await bench.sweepAfterGrace()).toEqual([]);
  });

  it('stays in a copy of the cluster, whose original may use it', async () => {
    expect(await bench.sweepAfterGrace(bench.newSweep({ isClone: true }))).toEqual([]);
  });

  it.each([
    { name: 'if another cluster may have the same ID', idDoubt: 'given by a flag', isForbidden: false },
    { name: 'if this process may not see all namespaces', idDoubt: undefined, isForbidden: true },
  ])('stays $name, unless a GpuPod was seen to use it', async ({ idDoubt, isForbidden }) => {
    if (isForbidden) {
      bench.list = async () => {
        await Promise.resolve();
        throw new ApiStatusError(403, 'Forbidden', 'no');
      };
    }
    const sweep = bench.newSweep({ idDoubt });
    expect(await bench.sweepAfterGrace(sweep)).toEqual([]);
    bench.cached = [rawGpuPod({ status: { sshKey: USE } })];
    await sweep.run();
    bench.cached = [];
    await sweep.run();
    expect(bench.deletedKeys).toEqual(['key-7']);
  });
});

describe('the sweep', () => {
  it.each<{ name: string; key: RegisteredKey }>([
    { name: 'of a person', key: { ...ownKey(), name: 'laptop' } },
    { name: 'of another installation', key: { ...ownKey(), name: keyName('other1', KEY) } },
    { name: 'with our name on another content', key: { ...ownKey(), content: aPublicKey(8).content } },
    { name: 'with a name like ours', key: { ...ownKey(), name: `gpupod-${INSTALLATION}-${'0'.repeat(32)}` } },
  ])('leaves a key $name alone', async ({ key }) => {
    bench.keys = { kind: 'ok', value: [key] };
    expect(await bench.sweepAfterGrace()).toEqual([]);
  });

  it('says once that the API key lacks the permission, and waits until something changes', async () => {
    await bench.session.account.check();
    bench.keys = failure({ reason: 'Unauthorized' });
    const sweep = bench.newSweep();
    expect([await sweep.run(), await sweep.run()]).toEqual([undefined, undefined]);
    expect(bench.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('tries again after any other failure', async () => {
    await bench.session.account.check();
    bench.keys = failure({ reason: 'ApiUnavailable' });
    expect(await bench.newSweep().run()).toBe(DEFAULT_TIMINGS.sweepMs);
  });

  it('says once that its lists keep failing, and again after one that was answered', async () => {
    await bench.session.account.check();
    const sweep = bench.newSweep();
    const warnings = async (runs: number): Promise<number> => {
      bench.keys = failure({ reason: 'UnexpectedResponse' });
      for (let run = 0; run < runs; run += 1) await sweep.run();
      return bench.log.lines.filter(({ level }) => level === 'warn').length;
    };
    expect([await warnings(2), await warnings(5)]).toEqual([0, 1]);
    bench.keys = { kind: 'ok', value: [] };
    await sweep.run();
    expect(await warnings(3)).toBe(2);
  });
});
