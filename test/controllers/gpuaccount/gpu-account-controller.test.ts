import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UNUSED } from '../../../src/controllers/gpupod/accounts/account-records.ts';
import { toWatchedEvent } from '../../../src/kubernetes/frame.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';
import { rawAccount } from './support/account.ts';
import { AccountControllerBench, ACCEPTED, TYPE } from './support/account-controller-bench.ts';

let bench: AccountControllerBench;

beforeEach(() => {
  bench = new AccountControllerBench();
});

afterEach(async () => {
  await bench.controller.stop();
});

describe('an account', () => {
  it('has its Secret read at least every 4 s, so that a new key is used within 5 s', async () => {
    await bench.start();
    bench.key = 'pit_2';
    await bench.clock.advance(4_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
  });

  it('costs one write when it becomes known, and none while nothing changes', async () => {
    await bench.start();
    await bench.clock.advance(10 * 60_000);
    expect(bench.written).toHaveLength(1);
    expect(bench.events).toEqual(['KeyAccepted']);
    expect(bench.reads).toBeGreaterThan(100);
  });

  it('is written again at once when the key is refused, and says so in an event', async () => {
    await bench.start();
    bench.reading = { ...ACCEPTED, isRefused: true };
    await bench.clock.advance(4_000);
    expect(bench.written.at(-1)).toMatchObject({ conditions: [{ reason: 'Unauthorized' }, {}] });
    expect(bench.events).toEqual(['KeyAccepted', 'Unauthorized']);
  });

  it('shows its instances, with at most one write in 10 s', async () => {
    await bench.start();
    for (let instances = 1; instances <= 20; instances += 1) {
      bench.usage = { ...UNUSED, instances };
      bench.put(
        'gpuPods',
        rawGpuPod({
          resourceVersion: String(100 + instances),
          intent: intent({ payer: { kind: 'GpuAccount', name: 'default' } }),
        }),
      );
      await bench.clock.advance(500);
    }
    await bench.clock.advance(15_000);
    expect(bench.written.at(-1)).toMatchObject({ instances: 20 });
    expect(bench.written.length).toBeLessThanOrEqual(4);
  });

  it('is reconciled when a GpuPod that names it changes, with few reads of its Secret', async () => {
    await bench.start();
    const before = bench.reads;
    for (let at = 0; at < 50; at += 1) {
      const payer = { kind: 'GpuAccount', name: 'default' } as const;
      bench.put('gpuPods', rawGpuPod({ resourceVersion: String(200 + at), intent: intent({ payer }) }));
      await bench.clock.advance(10);
    }
    await bench.clock.advance(600);
    expect(bench.reads - before).toBeGreaterThanOrEqual(1);
    expect(bench.reads - before).toBeLessThanOrEqual(3);
  });

  it('is not written again and again where its CRD drops a field, and nothing new may be rented then', async () => {
    bench.drops = ['userId'];
    await bench.start();
    await bench.clock.advance(10 * 60_000);
    expect(bench.written).toHaveLength(1);
    expect(bench.events).toEqual(['CrdOutdated', 'KeyAccepted']);
    expect(bench.controller.crdProblem).toMatch(
      /^The installed CRD gpuaccounts\.gpupod\.dev drops status\.userId\./,
    );
    bench.drops = [];
    bench.controller.onCrdHealed();
    expect(bench.controller.crdProblem).toBeUndefined();
    await bench.clock.advance(4_000);
    expect(bench.written).toHaveLength(2);
  });

  it('is not used before its CRD was compared, because an older one drops its limits', async () => {
    const compared = Promise.withResolvers<undefined>();
    bench.crdCompared = compared.promise.then(() => undefined);
    await bench.start();
    await bench.clock.advance(60_000);
    expect([bench.reads, bench.used]).toEqual([0, []]);
    compared.resolve(undefined);
    await bench.clock.advance(0);
    expect(bench.used).toHaveLength(1);
  });

  it('is written again after a conflict', async () => {
    bench.conflicts = 1;
    await bench.start();
    await bench.clock.advance(2_000);
    expect(bench.written).toHaveLength(1);
  });

  it('closes its session when it is gone', async () => {
    await bench.start();
    const { store, source } = bench.accounts;
    const object = rawAccount();
    for (const event of store.removeKey('team-a/default')) source.emit(toWatchedEvent(event, TYPE));
    await bench.clock.advance(0);
    expect(object.metadata.name).toBe('default');
    expect(bench.closed).toEqual(['GpuAccount/team-a/default']);
  });

  it('that this version cannot read is reported, and keeps its session', async () => {
    bench.put('accounts', { ...rawAccount(), spec: {} });
    bench.controller.start();
    await bench.clock.advance(0);
    expect(bench.used).toEqual([]);
    expect(bench.closed).toEqual([]);
    expect(bench.log.lines.map(({ level }) => level)).toEqual(['error']);
  });
});
