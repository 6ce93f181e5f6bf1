import { describe, expect, it } from '@jest/globals';
import { NotCreated } from '../../../src/accounts/sums/not-created.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { objectKey } from '../../../src/kubernetes/objects.ts';
import { writingOf } from '../../../src/lifecycle/intent.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../support/builders/intent.ts';
import { podName } from '../../../src/lifecycle/pod-name.ts';
import { aSnapshot } from '../../support/builders/snapshots.ts';
import { OTHER, ReservationsBench } from '../support/reservations-bench.ts';

const HELD = rawGpuPod({ intent: intent() });
const KEY = objectKey(HELD);

/** A create request that surely created nothing. Its create intent stays on the GpuPod. */
function refused(): ReservationsBench {
  const bench = new ReservationsBench();
  bench.list();
  bench.reserve(HELD.metadata.uid, intent(), undefined);
  bench.objects = [HELD];
  release(bench);
  return bench;
}

function release(bench: ReservationsBench, create = intent()): void {
  const notCreated = { key: KEY, intent: create };
  bench.reservations.release({ name: create.name, isCharged: false, notCreated });
}

describe('a create request that surely created nothing', () => {
  it('counts nothing, although its create intent stays on the GpuPod', () => {
    expect(refused().elsewhere(OTHER)).toBe(0);
  });

  it('counts nothing if the sum was asked while it was under way', () => {
    const bench = new ReservationsBench();
    bench.objects = [HELD];
    bench.list();
    bench.reserve(HELD.metadata.uid, intent(), undefined);
    expect(bench.elsewhere(OTHER)).toBeGreaterThan(0);
    release(bench);
    expect(bench.elsewhere(OTHER)).toBe(0);
  });

  it('counts while it is sent again under the same create intent, and if that ends with an unknown outcome', () => {
    const bench = refused();
    bench.reserve(HELD.metadata.uid, intent(), undefined);
    expect(bench.elsewhere(OTHER)).toBeGreaterThan(0);
    bench.reservations.release({ name: intent().name, isCharged: true });
    expect(bench.elsewhere(OTHER)).toBeGreaterThan(0);
  });

  it('says nothing about another writing of the create intent, which another process may have sent', () => {
    const bench = refused();
    bench.objects = [rawGpuPod({ intent: intent({ writtenBy: 'another process' }) })];
    expect(bench.elsewhere(OTHER)).toBeGreaterThan(0);
  });

  it('says nothing if nobody knows whether the request was sent', () => {
    const bench = new ReservationsBench();
    bench.list();
    bench.reserve(HELD.metadata.uid, intent(), undefined);
    bench.objects = [HELD];
    bench.reservations.release({ name: intent().name, isCharged: false });
    expect(bench.elsewhere(OTHER)).toBeGreaterThan(0);
  });

  it('counts as its instance if a list shows one all the same', () => {
    const bench = refused();
    bench.list(aSnapshot({ name: intent().name, status: 'ACTIVE', priceUsdPerHour: 2.5 }));
    expect(bench.elsewhere(OTHER)).toBe(2_500_000);
  });
});

describe('what is remembered of such requests', () => {
  function createFor(uid: string): Intent {
    return intent({ uid, name: podName(INSTALLATION, { namespace: 'team-a', uid, name: uid }, 1) });
  }

  it('is forgotten with the GpuPods, so that refusals without end need no memory', () => {
    const objects = new Map<string, RawObject>();
    const notCreated = new NotCreated({ get: (key) => objects.get(key) });
    const kept = createFor('kept');
    objects.set('team-a/kept', rawGpuPod({ uid: 'kept', name: 'kept', intent: kept }));
    notCreated.add('team-a/kept', kept);
    const gone = Array.from({ length: 1_000 }, (_, index) => createFor(`gone-${String(index)}`));
    for (const one of gone) notCreated.add(`team-a/${one.uid}`, one);
    const has = (one: Intent): boolean => notCreated.has({ name: one.name, writing: writingOf(one) });
    expect(gone.filter(has).length).toBeLessThan(65);
    expect(has(kept)).toBe(true);
  });
});
