import { expect, it } from '@jest/globals';
import { ANNOTATIONS } from '../../../../src/api/common/names.ts';
import { proveId } from '../../../../src/lifecycle/id-proof.ts';
import type { InstanceSnapshot } from '../../../../src/lifecycle/provider.ts';
import { rawGpuPod, rentedStatus } from '../../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../../support/builders/intent.ts';
import { aSnapshot } from '../../../support/builders/snapshots.ts';
import { USER } from '../support/session-bench.ts';
import { SweepBench } from '../support/sweep-bench.ts';

/** The first attempt of train-1, which has its second on another account by now. */
const LEFT = aSnapshot({ podId: 'left', name: nameOfAttempt(1), userId: USER });
const MOVED: GpuPodOverrides = {
  intent: intent({ attempt: 2 }),
  status: { ...rentedStatus(), podId: 'pod-2', podName: nameOfAttempt(2) },
};

interface Case {
  readonly name: string;
  readonly gpuPod?: GpuPodOverrides;
  readonly instance?: Partial<InstanceSnapshot>;
  readonly actsElsewhere?: boolean;
  readonly retained?: boolean;
  readonly proofKey?: string;
  readonly ends: boolean;
}

it.each<Case>([
  { name: 'the surplus of a GpuPod that another account acts for', ends: true },
  { name: 'that of a GpuPod that is being deleted', gpuPod: { ...MOVED, isDeleting: true }, ends: true },
  {
    name: 'the surplus of its own account, which the GpuPod terminates itself',
    actsElsewhere: false,
    ends: false,
  },
  {
    name: 'the instance in the status',
    gpuPod: { ...MOVED, status: { ...rentedStatus(), podId: 'left' } },
    ends: false,
  },
  { name: 'the instance of the open create intent', gpuPod: { intent: intent({ attempt: 1 }) }, ends: false },
  {
    name: 'the instance of the last create intent, beside an older status that somebody restored',
    gpuPod: {
      intent: intent({ attempt: 2 }),
      status: { ...rentedStatus(), podId: 'pod-1', podName: nameOfAttempt(1) },
    },
    instance: { name: nameOfAttempt(2) },
    ends: false,
  },
  { name: 'anything beside a status that nothing proves', proofKey: 'key', ends: false },
  {
    name: 'the surplus beside a status that the operator signed',
    gpuPod: {
      ...MOVED,
      status: { ...MOVED.status, podIdProof: proveId('key', { namespace: 'team-a', uid: 'uid-1' }, 'pod-2') },
    },
    proofKey: 'key',
    ends: true,
  },
  { name: 'what is newer than the GpuPod knows', instance: { name: nameOfAttempt(3) }, ends: false },
  { name: 'what a GpuPod may have that names no attempt', gpuPod: {}, ends: false },
  {
    name: 'the instance of another member of the team',
    instance: { userId: 'user-9', teamId: 't' },
    ends: false,
  },
  { name: 'what is retained', retained: true, ends: false },
  {
    name: 'what a deletion with Retain keeps',
    gpuPod: { ...MOVED, isDeleting: true, spec: { deletionPolicy: 'Retain' } },
    ends: false,
  },
  {
    name: 'anything of a paused GpuPod',
    gpuPod: { ...MOVED, annotations: { [ANNOTATIONS.paused]: 'true' } },
    ends: false,
  },
])(
  'terminates $name: $ends',
  async ({ gpuPod = MOVED, instance, actsElsewhere = true, retained, proofKey, ends }) => {
    const bench = new SweepBench();
    bench.proofKey = proofKey;
    await bench.session.account.check();
    bench.actsElsewhere = actsElsewhere;
    bench.cached = [rawGpuPod(gpuPod)];
    if (retained === true) {
      const entry = { podId: 'left', podName: LEFT.name, gpuPod: 'team-a/train-1', retainedAt: 'now' };
      bench.kept['left'] = JSON.stringify(entry);
    }
    const deletes = await bench.sweepOften(bench.newSweep(), { ...LEFT, ...instance }, 3);
    expect(deletes).toEqual(ends ? [0, 1, 2] : [0, 0, 0]);
  },
);

it('terminates nothing that has another name by now, or has ended', async () => {
  for (const now of [{ name: 'renamed' }, { status: 'TERMINATED' } as const]) {
    const bench = new SweepBench();
    await bench.session.account.check();
    bench.actsElsewhere = true;
    bench.cached = [rawGpuPod(MOVED)];
    const sweep = bench.newSweep();
    bench.gets.set('left', { kind: 'ok', value: { ...LEFT, ...now } });
    for (let round = 0; round < 3; round += 1) await sweep.run([LEFT]);
    expect(bench.deleted).toEqual([]);
  }
});

it('counts only consecutive sweeps', async () => {
  const bench = new SweepBench();
  await bench.session.account.check();
  bench.actsElsewhere = true;
  bench.cached = [rawGpuPod(MOVED)];
  const sweep = bench.newSweep();
  bench.gets.set('left', { kind: 'ok', value: LEFT });
  await sweep.run([LEFT]);
  await sweep.run([]);
  await sweep.run([LEFT]);
  expect(bench.deleted).toEqual([]);
});
