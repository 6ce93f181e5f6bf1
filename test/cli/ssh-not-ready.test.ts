import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GpuPodOverrides } from '../support/builders/gpu-pod.ts';
import { SSH } from '../support/builders/snapshots.ts';
import { CliBench } from './support/cli-bench.ts';
import type { Ran, RunOptions } from './support/cli-bench.ts';
import { FakePrograms } from './support/fake-program.ts';
import { condition, ready } from './support/ready.ts';

let bench: CliBench;
let programs: FakePrograms;

beforeEach(async () => {
  bench = await CliBench.open();
  programs = await FakePrograms.install(bench.directory);
});

afterEach(async () => {
  await bench.close();
});

async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return await bench.run(argv, { env: { PATH: programs.path }, ...options });
}

const NO_SECRET = '--no-secret';

describe('gpupod ssh without a connection', () => {
  it.each([
    {
      name: 'no offer',
      gpuPod: { status: { conditions: [condition('Ready', 'False', 'NoMatchingOffer')] } },
      says: 'GpuPod team-a/train-1 is not ready: NoMatchingOffer: It is NoMatchingOffer.\nAdd --wait to wait until it is.',
      reason: 'the operator keeps searching',
    },
    {
      name: 'no operator',
      gpuPod: {},
      says: 'is not ready: no operator has acted on it yet\nAdd --wait',
      reason: 'the status is fresh',
    },
    {
      name: 'an instance that was ready',
      gpuPod: ready({
        conditions: [condition('Ready', 'False', 'Interrupted'), condition('Stalled', 'True', 'Interrupted')],
      }),
      says: 'is not ready: Interrupted: It is Interrupted.\nSee kubectl describe gpupod train-1 -n team-a',
      reason: 'the address of an ended instance may be that of somebody else by now',
    },
    {
      name: 'a deletion',
      gpuPod: { isDeleting: true },
      says: 'is not ready: it is being deleted.\nSee kubectl describe',
      reason: 'waiting does not help',
    },
    {
      name: 'a suspension',
      gpuPod: { spec: { suspend: true } },
      says: 'spec.suspend is true',
      reason: 'waiting does not help',
    },
    {
      name: 'a pause',
      gpuPod: { annotations: { 'gpupod.dev/paused': 'true' } },
      says: 'it is paused',
      reason: 'waiting does not help',
    },
    {
      name: 'an address that is an option of ssh',
      gpuPod: ready({ ssh: { ...SSH, host: '-oProxyCommand=touch /tmp/x' } }),
      says: 'status.ssh does not hold a valid address.',
      reason: 'whoever writes the status runs nothing on this computer',
    },
    {
      name: 'a user that is an option of ssh',
      gpuPod: ready({ ssh: { ...SSH, user: '-oProxyCommand=x' } }),
      says: 'status.ssh does not hold a valid address.',
      reason: 'the same',
    },
  ] satisfies readonly { name: string; gpuPod: GpuPodOverrides; says: string; reason: string }[])(
    'says why: $name, because $reason',
    async ({ gpuPod, says }) => {
      bench.put(gpuPod);

      const { code, out, err } = await run(['ssh', 'train-1']);

      expect(err).toContain(says);
      expect([code, out]).toEqual([1, '']);
      await expect(programs.callOf('ssh')).rejects.toThrow('ENOENT');
    },
  );

  it.each([
    {
      name: 'a Secret that is missing',
      prepare: () => undefined,
      says: 'The connection Secret team-a/train-1-connection does not exist.',
    },
    {
      name: 'a Secret that you may not read',
      prepare: () => bench.refuse('secrets', 403, 'Forbidden'),
      says: 'You may not get secrets in namespace team-a. Ask for a role with the verb get on secrets. Check it with kubectl auth can-i get secrets -n team-a',
    },
  ])('says what is wrong with the Secret that --secret requires: $name', async ({ prepare, says }) => {
    bench.put(ready());
    prepare();

    const { code, err } = await run(['ssh', 'train-1', '--secret']);

    expect(err).toContain(`error: ${says}`);
    expect(code).toBe(1);
  });

  it('says that there is no connection Secret', async () => {
    bench.put(ready({ binding: undefined }));

    expect((await run(['ssh', 'train-1', '--secret'])).err).toContain('has no connection Secret');
  });

  it('says which program to install', async () => {
    bench.put(ready());

    const { code, err } = await bench.run(['ssh', 'train-1', NO_SECRET], { env: { PATH: '/nowhere' } });

    expect(err).toBe(
      'error: The program ssh is not on the PATH. Install the OpenSSH client, which contains ssh and scp.',
    );
    expect(code).toBe(1);
  });

  it('says that you may not get GpuPods', async () => {
    bench.refuse('gpupods', 403, 'Forbidden');

    expect((await run(['ssh', 'train-1'])).err).toContain(
      'You may not get gpupods.gpupod.dev in namespace team-a.',
    );
  });
});

describe('gpupod ssh --wait', () => {
  it('connects once the GpuPod is ready, and reports each change meanwhile', async () => {
    const states = ['Pending', 'Provisioning', 'Provisioning'].map((reason) => ({
      status: { conditions: [condition('Ready', 'False', reason)] },
    }));
    bench.put(states[0]);

    const { code, err } = await run(['ssh', 'train-1', '--wait', NO_SECRET], {
      env: { PATH: programs.path },
      onSleep: () => bench.put(states.shift() ?? ready()),
    });

    expect(err).toBe(
      'Waiting for GpuPod team-a/train-1: Pending: It is Pending.\nWaiting for GpuPod team-a/train-1: Provisioning: It is Provisioning.',
    );
    expect([code, states]).toEqual([0, []]);
  });

  it('gives up at the timeout, with the last reason', async () => {
    bench.put({ status: { conditions: [condition('Ready', 'False', 'Pending')] } });

    const { code, err } = await run(['ssh', 'train-1', '--wait', '--timeout', '10s']);

    expect(err).toContain('is not ready after 10s: Pending: It is Pending.\nSee kubectl describe gpupod');
    expect(code).toBe(1);
  });

  it('gives up at once where only a person can help', async () => {
    bench.put({
      status: {
        conditions: [condition('Ready', 'False', 'Pending'), condition('Stalled', 'True', 'NotAllowed')],
      },
    });

    const { err } = await run(['ssh', 'train-1', '--wait'], {
      onSleep: () => {
        throw new Error('it waited');
      },
    });

    expect(err).toContain('is not ready: NotAllowed: It is NotAllowed.');
  });

  it('waits where the stall is that of an older spec', async () => {
    const stalled = condition('Stalled', 'True', 'OfferTimeout');
    bench.put({ generation: 2, status: { conditions: [condition('Ready', 'False', 'Pending'), stalled] } });

    const { code } = await run(['ssh', 'train-1', '--wait', NO_SECRET], {
      env: { PATH: programs.path },
      onSleep: () => bench.put(ready()),
    });

    expect(code).toBe(0);
  });

  it('survives a short failure of the API server, but not a lost right', async () => {
    bench.put({});
    let pauses = 0;

    const { code, err } = await run(['ssh', 'train-1', '--wait', NO_SECRET], {
      onSleep: () => {
        pauses += 1;
        bench.refuse('gpupods', pauses === 1 ? 503 : 403, 'Unwell');
      },
    });

    expect(err).toMatch(/503 Unwell.* Trying again\.\nerror: You may not get gpupods/);
    expect([code, pauses]).toEqual([1, 2]);
  });
});
