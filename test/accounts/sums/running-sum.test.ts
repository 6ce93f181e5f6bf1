import { describe, expect, it } from '@jest/globals';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { gpuPodOf, nameFor } from '../support/sums-objects.ts';
import type { Drawn } from '../support/sums-objects.ts';
import { LISTERS, SumsWorld } from '../support/sums-world.ts';

const [OWN_KEY] = LISTERS;
const DRAWN: Omit<Drawn, 'nowMs'> = {
  namespace: 'team-a',
  name: 'x0',
  uid: 'uid-0-0',
  otherUid: 'uid-2-0',
  resourceVersion: '1',
  attempt: 1,
  podId: 'pod-0',
  dice: [0, 0, 0, 0],
};
const OPEN_INTENT = 1;
const LISTED = aSnapshot({
  podId: DRAWN.podId,
  name: nameFor(DRAWN, DRAWN.uid, DRAWN.attempt),
  priceUsdPerHour: 50,
});

/** A GpuPod with an open create intent, and its instance in a list. */
class Counted {
  readonly world = new SumsWorld(undefined);

  constructor() {
    // After so long, lists show what an earlier process rented. Until then the clock alone counts everything again.
    this.world.nowMs += 200_000;
    this.world.store.put(gpuPodOf({ ...DRAWN, nowMs: this.world.nowMs }, OPEN_INTENT));
    this.list([LISTED]);
  }

  list(instances: readonly InstanceSnapshot[]): void {
    this.world.nowMs += 100_000;
    if (OWN_KEY !== undefined) this.world.list(OWN_KEY, instances, [undefined]);
  }

  /** Micro-dollars per hour of all, kept up to date and by a pass over everything. */
  micros(): readonly number[] {
    return this.world.answers().map(({ summed: [total] }) => total?.micros ?? 0);
  }
}

describe('a GpuPod that counted the instance of its open create intent', () => {
  it.each<{ name: string; leave: (counted: Counted) => void; micros: number }>([
    {
      name: 'counts its create intent once the instance is seen terminated',
      leave: ({ world }) => {
        world.ended(DRAWN.podId);
      },
      micros: 1_900_000,
    },
    {
      name: 'counts its create intent once a list shows the instance as terminated',
      leave: (counted) => {
        counted.list([{ ...LISTED, status: 'TERMINATED' }]);
      },
      micros: 1_900_000,
    },
    {
      name: 'counts its create intent once two lists lack the instance',
      leave: (counted) => {
        counted.list([]);
        counted.list([]);
      },
      micros: 1_900_000,
    },
    {
      name: 'counts its create intent beside the instance once that has the name of another attempt',
      leave: (counted) => {
        counted.list([{ ...LISTED, name: nameFor(DRAWN, DRAWN.uid, 2) }]);
      },
      micros: 51_900_000,
    },
  ])('$name', ({ leave, micros }) => {
    const counted = new Counted();
    expect(counted.micros()).toEqual([50_000_000, 50_000_000]);
    leave(counted);
    expect(counted.micros()).toEqual([micros, micros]);
  });
});
