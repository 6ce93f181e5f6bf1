import { describe, expect, it } from '@jest/globals';
import { ApiConnectionError, ApiStatusError } from '../../../../src/kubernetes/client/api-errors.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import type {
  UninstallPolicy,
  UninstallVerdict,
} from '../../../../src/lifecycle/uninstall/uninstall-verdict.ts';
import { checkUninstall } from '../../../../src/controllers/gpupod/installation/uninstall-check.ts';
import { VirtualClock } from '../../../kubernetes/support/virtual-clock.ts';
import { rawGpuPod, rentedStatus } from '../../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../../support/builders/gpu-pod.ts';

const TIMEOUT_MS = 60_000;

/** An API server and an operator that releases what is deleted, unless told otherwise. */
class Cluster {
  readonly clock = new VirtualClock();
  readonly printed: string[] = [];
  readonly deleted: string[] = [];
  readonly namespaces: (string | undefined)[] = [];
  objects: RawObject[];
  /** Thrown by the next lists. */
  failures: Error[] = [];
  /** Thrown by every deletion. */
  deletionFailure: Error | undefined;
  isKindServed = true;
  deletesCrd = false;
  /** Called after each list. */
  onListed: () => void = () => undefined;

  constructor(...gpuPods: readonly GpuPodOverrides[]) {
    this.objects = gpuPods.map((gpuPod, index) => rawGpuPod({ uid: `uid-${index}`, ...gpuPod }));
  }

  /** Runs the check to its end. Time passes as fast as the check sleeps. */
  async check(policy: UninstallPolicy, ...namespaces: readonly string[]): Promise<UninstallVerdict> {
    const progress = { isOver: false };
    const verdict = checkUninstall({
      api: {
        list: async ({ namespace }) => await Promise.resolve(this.#list(namespace)),
        delete: async ({ name }, { preconditions }) =>
          await Promise.resolve(this.#delete(name, preconditions.uid)),
      },
      isKindServed: async () => await Promise.resolve(this.isKindServed),
      clock: this.clock,
      policy,
      allowRetain: true,
      namespaces,
      deletesCrd: this.deletesCrd,
      timeoutMs: TIMEOUT_MS,
      print: (text) => this.printed.push(text),
    }).finally(() => {
      progress.isOver = true;
    });
    verdict.catch(() => undefined);
    while (!progress.isOver) await this.clock.advance(1_000);
    return await verdict;
  }

  #list(namespace: string | undefined): RawObject[] {
    this.namespaces.push(namespace);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const listed = structuredClone(this.objects);
    this.onListed();
    return listed;
  }

  #delete(name: string, uid: string | undefined): boolean {
    if (this.deletionFailure !== undefined) throw this.deletionFailure;
    this.deleted.push(`${name}/${uid}`);
    this.objects = this.objects.map((object) =>
      object.metadata.uid === uid
        ? { ...object, metadata: { ...object.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' } }
        : object,
    );
    return true;
  }

  /** The operator releases all GpuPods that are being deleted. */
  release(): void {
    this.objects = this.objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }
}

const RUNNING: GpuPodOverrides = { name: 'train', status: rentedStatus() };
const RETAINED: GpuPodOverrides = { ...RUNNING, name: 'kept', spec: { deletionPolicy: 'Retain' } };

describe('the check', () => {
  it.each(['Refuse', 'Retain'] as const)('deletes nothing with %s', async (policy) => {
    const cluster = new Cluster(RUNNING);
    expect(await cluster.check(policy)).toMatchObject({ isAllowed: policy === 'Retain' });
    expect(cluster.deleted).toEqual([]);
  });

  it.each([
    { name: 'lists all namespaces at once', namespaces: [], listed: [undefined] },
    { name: 'lists the watched namespaces only', namespaces: ['a', 'b'], listed: ['a', 'b'] },
  ])('$name', async ({ namespaces, listed }) => {
    const cluster = new Cluster();
    await cluster.check('Refuse', ...namespaces);
    expect(cluster.namespaces).toEqual(listed);
  });

  it.each([
    { deletesCrd: false, isAllowed: true, why: 'the GpuPod stays with its CRD' },
    { deletesCrd: true, isAllowed: false, why: 'the deletion of the CRD would wait for its finalizer' },
  ])('of a suspended GpuPod is $isAllowed, because $why', async ({ deletesCrd, isAllowed }) => {
    const cluster = new Cluster({ name: 'suspended', spec: { suspend: true } });
    cluster.deletesCrd = deletesCrd;
    expect(await cluster.check('Refuse')).toMatchObject({ isAllowed });
  });

  it('lists again after a failure that may pass', async () => {
    const cluster = new Cluster(RUNNING);
    cluster.failures = [new ApiConnectionError(new Error('refused')), new ApiStatusError(503, '', 'busy')];
    expect(await cluster.check('Refuse')).toMatchObject({ isAllowed: false });
    expect(cluster.namespaces).toHaveLength(3);
  });

  it('fails at once where it has no right, because waiting does not help', async () => {
    const cluster = new Cluster();
    cluster.failures = [new ApiStatusError(403, 'Forbidden', 'no')];
    await expect(cluster.check('Retain')).rejects.toThrow('no');
  });

  it('fails when the API server is away for longer than the timeout', async () => {
    const cluster = new Cluster();
    cluster.failures = Array.from({ length: 100 }, () => new ApiStatusError(503, '', 'busy'));
    await expect(cluster.check('Refuse')).rejects.toThrow('busy');
  });

  it.each([
    { isKindServed: false, outcome: 'allowed', why: 'without the CRD there is no GpuPod' },
    { isKindServed: true, outcome: 'failed', why: 'another version of the CRD may hold GpuPods' },
  ])('is $outcome after a 404, because $why', async ({ isKindServed, outcome }) => {
    const cluster = new Cluster();
    cluster.failures = [new ApiStatusError(404, 'NotFound', 'no such resource')];
    cluster.isKindServed = isKindServed;
    const checked = cluster.check('Refuse').then(({ isAllowed }) => (isAllowed ? 'allowed' : 'refused'));
    expect(await checked.catch(() => 'failed')).toBe(outcome);
  });
});

describe('Terminate', () => {
  it('deletes each GpuPod once, by its UID, and waits until the operator has released all', async () => {
    const cluster = new Cluster(RUNNING, { name: 'waiting' });
    let lists = 0;
    cluster.onListed = () => {
      lists += 1;
      if (lists === 3) cluster.release();
    };
    expect(await cluster.check('Terminate')).toMatchObject({ isAllowed: true });
    expect(cluster.deleted).toEqual(['train/uid-0', 'waiting/uid-1']);
    expect(cluster.printed).toEqual([
      'Waiting for 2 GpuPods to be deleted. They cost 1.90 USD per hour, 45.60 USD per day.',
    ]);
  });

  it('says which retained instances keep billing', async () => {
    const cluster = new Cluster(RETAINED);
    cluster.onListed = () => {
      cluster.release();
    };
    const { isAllowed, text } = await cluster.check('Terminate');
    expect(isAllowed).toBe(true);
    expect(text).toMatch(/1 GpuPod had deletionPolicy Retain[^]*kept +pod-1/);
  });

  it('refuses with a table when the time is up', async () => {
    const cluster = new Cluster(RUNNING);
    const beganAtMs = cluster.clock.monotonicMs();
    const { isAllowed, text } = await cluster.check('Terminate');
    expect(isAllowed).toBe(false);
    expect(text).toMatch(/The deletion took longer than uninstall\.timeout\.[^]*train +pod-1/);
    expect(cluster.clock.monotonicMs() - beganAtMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
  });

  it('deletes a GpuPod with an instance only once it has the finalizer, or its record would be lost', async () => {
    const cluster = new Cluster({ ...RUNNING, finalizers: [] });
    const deletedAtList: number[] = [];
    let lists = 0;
    cluster.onListed = () => {
      lists += 1;
      deletedAtList.push(cluster.deleted.length);
      if (lists === 2) cluster.objects = [rawGpuPod({ ...RUNNING, uid: 'uid-0' })];
      cluster.release();
    };
    expect(await cluster.check('Terminate')).toMatchObject({ isAllowed: true });
    // The third list is the first one that shows the finalizer.
    expect(deletedAtList).toEqual([0, 0, 0, 1, 1]);
    expect(cluster.deleted).toEqual(['train/uid-0']);
  });

  it('deletes no unreadable GpuPod, and does not wait for it when nothing else is left', async () => {
    const cluster = new Cluster({ ...RUNNING, name: 'other' });
    cluster.objects.push({ ...rawGpuPod({ ...RUNNING, uid: 'odd' }), spec: 7 });
    cluster.onListed = () => {
      cluster.release();
    };
    const { isAllowed, text } = await cluster.check('Terminate');
    expect(isAllowed).toBe(false);
    expect(text).toMatch(/does nothing with them[^]*train +pod-1/);
    expect(text).not.toContain('other');
    expect(cluster.deleted).toEqual(['other/uid-0']);
    expect(cluster.namespaces).toHaveLength(3);
  });

  it('goes on when another GpuPod has taken the name', async () => {
    const cluster = new Cluster(RUNNING);
    cluster.deletionFailure = new ApiStatusError(409, 'Conflict', 'another UID');
    cluster.onListed = () => {
      cluster.objects = [];
    };
    expect(await cluster.check('Terminate')).toMatchObject({ isAllowed: true });
  });

  it('fails where it may not delete', async () => {
    const cluster = new Cluster(RUNNING);
    cluster.deletionFailure = new ApiStatusError(403, 'Forbidden', 'may not delete');
    await expect(cluster.check('Terminate')).rejects.toThrow('may not delete');
  });
});
