import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { podName } from '../../../../src/lifecycle/pod-name.ts';
import type { Answer, InstanceSnapshot } from '../../../../src/lifecycle/provider.ts';
import { rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import { IDENTITY, intent, nameOfAttempt } from '../../../support/builders/intent.ts';
import { aSnapshot, failure } from '../../../support/builders/snapshots.ts';
import { ORPHAN, SweepBench } from '../support/sweep-bench.ts';

let bench: SweepBench;

beforeEach(async () => {
  bench = new SweepBench();
  await bench.session.account.check();
});

describe('a duplicate', () => {
  const owner = rawGpuPod({ status: { podId: 'own', podName: nameOfAttempt(2) } });
  const creating = rawGpuPod({ intent: intent({ attempt: 2 }) });

  it.each<{ name: string; gpuPod: RawObject; instance: Partial<InstanceSnapshot>; outcome: 'is' | 'is not' }>(
    [
      { name: 'another instance of a GpuPod', gpuPod: owner, instance: {}, outcome: 'is' },
      {
        name: 'an instance of a GpuPod that cannot be read',
        gpuPod: { ...owner, spec: 'none' },
        instance: {},
        outcome: 'is',
      },
      { name: 'an earlier attempt than the pending create', gpuPod: creating, instance: {}, outcome: 'is' },
      { name: 'its own instance', gpuPod: owner, instance: { podId: 'own' }, outcome: 'is not' },
      {
        name: 'the instance of its pending create',
        gpuPod: creating,
        instance: { name: nameOfAttempt(2).toUpperCase() },
        outcome: 'is not',
      },
      {
        name: 'an instance that has terminated',
        gpuPod: owner,
        instance: { status: 'TERMINATED' },
        outcome: 'is not',
      },
      {
        name: 'an instance of another installation',
        gpuPod: owner,
        instance: { name: podName('xyz789', IDENTITY, 1) },
        outcome: 'is not',
      },
      { name: 'an instance of other people', gpuPod: owner, instance: { name: 'mine' }, outcome: 'is not' },
    ],
  )('$outcome $name, and only a duplicate goes to the GpuPod', async ({ gpuPod, instance, outcome }) => {
    bench.cached = [gpuPod];

    await bench.newSweep().run([aSnapshot({ podId: 'extra', ...instance })]);

    expect(bench.enqueued).toEqual(outcome === 'is' ? ['team-a/train-1'] : []);
    expect(bench.counts).toEqual([{ duplicates: outcome === 'is' ? 1 : 0, orphans: 0 }]);
    expect(bench.deleted).toEqual([]);
  });
});

describe('an orphan', () => {
  it('is terminated in the third sweep that shows it, and reported before', async () => {
    expect(await bench.sweepOften(bench.newSweep(), ORPHAN, 3)).toEqual([0, 0, 1]);

    expect(bench.deleted).toEqual(['lost']);
    expect(bench.counts.map(({ orphans }) => orphans)).toEqual([1, 1, 1]);
    expect(bench.log.lines.map(({ fields, message }) => [message.slice(0, 21), fields])).toEqual([
      ['orphaned instance bil', expect.objectContaining({ podId: 'lost', sweeps: 1 })],
      ['orphaned instance bil', expect.objectContaining({ podId: 'lost', sweeps: 2 })],
      ['requested termination', expect.objectContaining({ podId: 'lost', sweeps: 3, outcome: 'accepted' })],
    ]);
  });

  it.each([
    { policy: 'Report', says: 'or run with --orphan-policy=Terminate', why: 'nobody terminates it' },
    {
      policy: 'Terminate',
      says: 'the operator terminates it once three sweeps',
      why: 'there is nothing to do',
    },
  ] as const)(
    'is reported under the policy $policy with what follows, because $why',
    async ({ policy, says }) => {
      await bench.sweepOften(bench.newSweep({ policy }), ORPHAN, 1);
      expect(bench.log.messages('warn')).toEqual([expect.stringContaining(says)]);
    },
  );

  it('is only reported, however often, if the policy is Report', async () => {
    expect(await bench.sweepOften(bench.newSweep({ policy: 'Report' }), ORPHAN, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(bench.log.messages('warn')).toHaveLength(5);
  });

  it('is counted from one again after a sweep that does not show it', async () => {
    const sweep = bench.newSweep();
    await bench.sweepOften(sweep, ORPHAN, 2);
    await sweep.run([]);

    expect(await bench.sweepOften(sweep, ORPHAN, 3)).toEqual([0, 0, 1]);
  });

  it.each<{ name: string; answer: Answer<InstanceSnapshot> | undefined }>([
    { name: 'does not show it', answer: undefined },
    { name: 'fails', answer: failure() },
    { name: 'shows it terminated', answer: { kind: 'ok', value: { ...ORPHAN, status: 'TERMINATED' } } },
    { name: 'shows another attempt', answer: { kind: 'ok', value: { ...ORPHAN, name: nameOfAttempt(7) } } },
  ])('is not terminated if the GET before the DELETE $name', async ({ answer }) => {
    const sweep = bench.newSweep();
    await bench.sweepOften(sweep, ORPHAN, 2);
    bench.gets.clear();
    if (answer !== undefined) {
      bench.gets.set('lost', answer);
    }

    await sweep.run([ORPHAN]);

    expect(bench.asked).toEqual(['lost']);
    expect(bench.deleted).toEqual([]);
  });

  it.each<{ name: string; meanwhile: () => void }>([
    {
      name: 'a GpuPod that was restored has adopted it',
      meanwhile: () => {
        bench.cached = [rawGpuPod({ uid: 'new', status: { podId: 'lost' } })];
      },
    },
    {
      name: 'the API key has changed',
      meanwhile: () => {
        bench.keyVersion += 1;
      },
    },
  ])('is not terminated if $name while the request waits', async ({ meanwhile }) => {
    bench.duringGet = meanwhile;

    expect(await bench.sweepOften(bench.newSweep(), ORPHAN, 3)).toEqual([0, 0, 0]);
    expect(bench.log.lines.at(-1)?.fields).toMatchObject({ outcome: 'failure' });
  });
});
