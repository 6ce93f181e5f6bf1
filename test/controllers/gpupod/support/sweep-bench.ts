import { LeftInstances } from '../../../../src/controllers/gpupod/sweeps/left-instances.ts';
import { Sweep } from '../../../../src/controllers/gpupod/sweeps/sweep.ts';
import type { SweepOptions } from '../../../../src/controllers/gpupod/sweeps/sweep.ts';
import { objectKey } from '../../../../src/kubernetes/objects.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { podName } from '../../../../src/lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../../src/lifecycle/provider.ts';
import { INSTALLATION } from '../../../support/builders/intent.ts';
import { OPEN_POLICY } from '../../../support/builders/policy.ts';
import { aSnapshot } from '../../../support/builders/snapshots.ts';
import { nowhere, SessionBench, USER } from './session-bench.ts';

/** A GpuPod that no longer exists, and an instance of it. */
export const GONE = { namespace: 'team-a', name: 'old', uid: 'gone' };
export const ORPHAN = aSnapshot({ podId: 'lost', name: podName(INSTALLATION, GONE, 2), userId: USER });

/** Sweeps over the instances of one API key, and what they found. */
export class SweepBench extends SessionBench {
  /** What the API server lists; undefined: the same as the watch cache. */
  list: (() => Promise<RawObject[]>) | undefined;
  readonly enqueued: string[] = [];
  /** Signs instance IDs. */
  proofKey: string | undefined;
  /** Whether another account acts for the GpuPods. */
  actsElsewhere = false;
  readonly counts: { readonly duplicates: number; readonly orphans: number }[] = [];

  /** A sweep that may terminate orphans, of an installation that is older than the instances. */
  newSweep(overrides: Partial<SweepOptions> = {}): Sweep {
    const { session, retained, log } = this;
    const api = {
      get: nowhere,
      list: async () => await (this.list?.() ?? Promise.resolve(this.cached)),
      patchMetadata: nowhere,
      replaceStatus: nowhere,
    };
    const view = {
      get: (key: string) => this.cached.find((object) => objectKey(object) === key),
      list: () => this.cached,
      applyLocal: () => false,
      seenAtMs: () => undefined,
    };
    return new Sweep(
      { session, retained, log, api, view, installation: INSTALLATION },
      {
        policy: 'Terminate',
        idDoubt: undefined,
        installedAt: '2026-11-01T00:00:00Z',
        enqueue: (key) => this.enqueued.push(key),
        left: new LeftInstances(
          {
            session,
            retained,
            log,
            view,
            installation: INSTALLATION,
            policy: OPEN_POLICY,
            proofKey: this.proofKey,
          },
          { actsElsewhere: () => this.actsElsewhere },
        ),
        onCounted: (found) => this.counts.push(found),
        ...overrides,
      },
    );
  }

  /** Sweeps so often over this instance, and returns how many DELETEs were sent until the end of each sweep. */
  async sweepOften(sweep: Sweep, instance: InstanceSnapshot, times = 4): Promise<readonly number[]> {
    this.gets.set(instance.podId, { kind: 'ok', value: instance });
    const deletes: number[] = [];
    for (let round = 0; round < times; round += 1) {
      await sweep.run([instance]);
      deletes.push(this.deleted.length);
    }
    return deletes;
  }
}
