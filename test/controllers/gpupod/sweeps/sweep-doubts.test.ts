import { beforeEach, describe, expect, it } from '@jest/globals';
import { listerOf } from '../../../../src/accounts/session.ts';
import { ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { podName } from '../../../../src/lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../../src/lifecycle/provider.ts';
import { rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../../support/builders/intent.ts';
import { GONE, ORPHAN, SweepBench } from '../support/sweep-bench.ts';

const { createdAt: _age, ...AGELESS } = ORPHAN;
const UNREADABLE: RawObject = { ...rawGpuPod({ uid: 'odd', name: 'odd' }), spec: 'none' };
/** A GpuPod that was restored with the create intent of attempt 1 of the one that is gone. */
const RESTORED = rawGpuPod({
  uid: 'new',
  name: 'new',
  intent: intent({ uid: GONE.uid, name: podName(INSTALLATION, GONE, 1) }),
});

let bench: SweepBench;

beforeEach(async () => {
  bench = new SweepBench();
  await bench.session.account.check();
});

interface Doubt {
  readonly name: string;
  readonly instance?: InstanceSnapshot;
  readonly cached?: RawObject[];
  readonly isForbidden?: boolean;
  readonly idDoubt?: string;
  readonly told: string;
}

describe('an orphan in doubt', () => {
  it.each<Doubt>([
    {
      name: 'another user of the team rented it',
      instance: { ...ORPHAN, userId: 'user-2' },
      told: 'another user of the team rented it',
    },
    { name: 'nobody knows its age', instance: AGELESS, told: 'it may be older than this installation' },
    {
      name: 'a GpuPod was restored with an older create intent',
      cached: [RESTORED],
      told: 'is newer than what a restored GpuPod',
    },
    {
      name: 'a GpuPod cannot be read, and may name it',
      cached: [UNREADABLE],
      told: 'no GpuPod that this version can read',
    },
    {
      name: 'the operator may not list all namespaces',
      isForbidden: true,
      told: 'no GpuPod of the watched namespaces',
    },
    {
      name: 'another cluster may have the ID of this installation',
      idDoubt: 'the ID was given by a flag',
      told: 'it may be of another cluster',
    },
  ])('is only reported, however often, if $name', async (doubt) => {
    const { instance = ORPHAN, cached = [], isForbidden = false, idDoubt, told } = doubt;
    bench.cached = cached;
    bench.list = isForbidden
      ? async () => await Promise.reject(new ApiStatusError(403, 'Forbidden', 'forbidden'))
      : undefined;

    expect(await bench.sweepOften(bench.newSweep({ idDoubt }), instance)).toEqual([0, 0, 0, 0]);

    expect(bench.asked).toEqual([]);
    expect(bench.counts.at(-1)).toEqual({ duplicates: 0, orphans: 1 });
    expect(bench.log.messages('warn').at(-1)).toContain(told);
    expect(bench.log.lines.at(-1)?.fields).toMatchObject(idDoubt === undefined ? {} : { why: idDoubt });
  });

  it.each([
    { name: 'is only reported in a team, whose other members may have rented it', teamId: 'team-1', ends: 0 },
    { name: 'is terminated in the personal wallet, which has one user', teamId: undefined, ends: 1 },
  ])('$name, if the key does not say whose it is', async ({ teamId, ends }) => {
    bench = new SweepBench();
    bench.userId = undefined;
    await bench.session.account.check();
    const instance = { ...ORPHAN, userId: 'user-2', ...(teamId === undefined ? {} : { teamId }) };

    expect(await bench.sweepOften(bench.newSweep(), instance, 3)).toEqual([0, 0, ends]);
  });

  it('is terminated although the ID is in doubt, if this process saw its GpuPod in this cluster', async () => {
    const sweep = bench.newSweep({ idDoubt: 'the ID was given by a flag' });
    bench.cached = [rawGpuPod(GONE)];
    await sweep.run([ORPHAN]);
    bench.cached = [];

    expect(await bench.sweepOften(sweep, ORPHAN, 3)).toEqual([0, 0, 1]);
  });
});

describe('an instance of this installation', () => {
  it.each<{ name: string; instance?: InstanceSnapshot; cached?: RawObject[]; live?: RawObject[] }>([
    { name: 'has the ID in the status of a GpuPod', cached: [rawGpuPod({ status: { podId: 'lost' } })] },
    {
      name: 'has the name in the status of a GpuPod without an instance',
      cached: [rawGpuPod({ status: { podName: podName(INSTALLATION, GONE, 2) } })],
    },
    {
      name: 'has the name in the create intent of a restored GpuPod',
      instance: { ...ORPHAN, name: podName(INSTALLATION, GONE, 1) },
      cached: [RESTORED],
    },
    { name: 'is of a GpuPod that only the API server knows yet', cached: [], live: [rawGpuPod(GONE)] },
    { name: 'is older than the installation', instance: { ...ORPHAN, createdAt: '2026-10-31T00:00:00Z' } },
    { name: 'is terminated', instance: { ...ORPHAN, status: 'TERMINATED' } },
    {
      name: 'carries the ID of another installation',
      instance: { ...ORPHAN, name: podName('xyz789', GONE, 1) },
    },
  ])('is no orphan if it $name', async ({ instance = ORPHAN, cached = [], live = cached }) => {
    bench.cached = cached;
    bench.list = async () => await Promise.resolve(live);

    expect(await bench.sweepOften(bench.newSweep(), instance)).toEqual([0, 0, 0, 0]);
    expect(bench.counts.map(({ orphans }) => orphans)).toEqual([0, 0, 0, 0]);
    expect(bench.log.lines).toEqual([]);
  });

  it('is no orphan if it is retained, and counts as retained', async () => {
    const entry = { podId: 'lost', podName: ORPHAN.name, gpuPod: 'team-a/old', retainedAt: 'now' };
    bench.kept['lost'] = JSON.stringify(entry);
    const instance = { ...ORPHAN, priceUsdPerHour: 2 };
    bench.session.reservations.takeInventory(
      listerOf(bench.session),
      { instances: [instance], beganAtMs: 0 },
      new Set([undefined]),
    );

    expect(await bench.sweepOften(bench.newSweep(), instance)).toEqual([0, 0, 0, 0]);
    expect(bench.log.lines).toEqual([]);
    expect(bench.session.reservations.summary().unowned.get('retained')).toBe(2_000_000);
  });

  it('makes the sweep fail, and is not counted, if the API server cannot list GpuPods', async () => {
    bench.list = async () => await Promise.reject(new ApiStatusError(500, 'InternalError', 'later'));

    await expect(bench.newSweep().run([ORPHAN])).rejects.toThrow('later');
    expect(bench.counts).toEqual([]);
  });
});
