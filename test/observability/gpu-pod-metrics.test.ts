import { describe, expect, it } from '@jest/globals';
import { createScene, gpuPod, HOUR_MS, instance, START_MS } from './metrics-scene.ts';

describe('the metrics of GpuPods', () => {
  it('count by namespace, phase, provider and GPU type', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [
      gpuPod({ uid: '1' }),
      gpuPod({ uid: '2' }),
      {
        uid: '3',
        namespace: 'web',
        phase: 'Pending',
        hasOpenIntent: true,
        isExpiring: false,
        isUnreachable: false,
        endedAttempts: [],
      },
    ];

    expect(await scene.read('gpupod_gpupods')).toEqual({
      'namespace="ml",phase="Ready",provider="hyperstack",gpu_type="H100_80GB"': 2,
      'namespace="web",phase="Pending",provider="none",gpu_type="none"': 1,
    });
    expect(await scene.read('gpupod_open_create_intents')).toEqual({ '': 1 });
  });

  it.each([
    {
      title: 'show how much their instances bill above the caps, together',
      name: 'gpupod_price_above_cap_usd_per_hour',
      expected: { 'namespace="ml"': 0.75, 'namespace="web"': 0 },
    },
    {
      title: 'show the age of the oldest instance',
      name: 'gpupod_oldest_instance_age_seconds',
      expected: { 'namespace="ml"': 7_200, 'namespace="web"': 0 },
    },
    {
      title: 'show how long the longest deletion takes',
      name: 'gpupod_oldest_deletion_age_seconds',
      expected: { 'namespace="ml"': 3_600, 'namespace="web"': 0 },
    },
  ])('$title, by namespace', async ({ name, expected }) => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.nowMs = START_MS + 2 * HOUR_MS;
    scene.gpuPods = [
      gpuPod({ uid: '1', instance: instance({ aboveCapUsdPerHour: 0.5 }) }),
      gpuPod({
        uid: '2',
        instance: instance({ aboveCapUsdPerHour: 0.25, billedSinceMs: START_MS + HOUR_MS }),
        deletingSinceMs: START_MS + HOUR_MS,
      }),
      // A clock that is behind must not show a negative age.
      gpuPod({ uid: '3', namespace: 'web', deletingSinceMs: scene.nowMs + 1_000 }),
    ];

    expect(await scene.read(name)).toEqual(expected);

    scene.gpuPods = [];
    expect(await scene.read(name)).toEqual({});
  });

  it('are counted while they expire soon, by namespace', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [
      gpuPod({ uid: '1', isExpiring: true }),
      gpuPod({ uid: '2', isExpiring: true }),
      gpuPod({ uid: '3' }),
      gpuPod({ uid: '4', namespace: 'web' }),
    ];

    expect(await scene.read('gpupod_expiring_gpupods')).toEqual({
      'namespace="ml"': 2,
      'namespace="web"': 0,
    });

    scene.gpuPods = [];

    expect(await scene.read('gpupod_expiring_gpupods')).toEqual({});
  });

  it('are counted while their SSH servers do not answer, by namespace', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [
      gpuPod({ uid: '1', isUnreachable: true }),
      gpuPod({ uid: '2' }),
      gpuPod({ uid: '3', namespace: 'web' }),
    ];

    expect(await scene.read('gpupod_unreachable_gpupods')).toEqual({
      'namespace="ml"': 1,
      'namespace="web"': 0,
    });
  });

  it('have no series of deleted GpuPods', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [gpuPod({ hasOpenIntent: true, instance: instance() })];
    await scene.metrics.scrape();
    scene.gpuPods = [];

    expect(await scene.read('gpupod_gpupods')).toEqual({});
    expect(await scene.read('gpupod_price_usd_per_hour')).toEqual({});
    expect(await scene.read('gpupod_open_create_intents')).toEqual({ '': 0 });
  });

  it('exist only in the leader', async () => {
    const scene = createScene();
    scene.gpuPods = [gpuPod({ instance: instance() })];

    expect(await scene.read('gpupod_gpupods')).toEqual({});

    scene.metrics.setLeading(true);
    await scene.metrics.scrape();
    scene.metrics.setLeading(false);

    expect(await scene.read('gpupod_gpupods')).toEqual({});
    expect(await scene.read('gpupod_leader')).toEqual({ '': 0 });
    expect(await scene.read('gpupod_reserved_usd_per_hour')).toEqual({ '': 0 });
  });

  it('read all GpuPods and the sums over them once for each scrape, because both take long with thousands', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPodsRead = 0;
    await scene.metrics.scrape();

    expect({ gpuPods: scene.gpuPodsRead, sums: scene.sumsRead }).toEqual({ gpuPods: 1, sums: 1 });
    expect(await scene.read('gpupod_unowned_price_usd_per_hour')).toMatchObject({ 'kind="retained"': 1.5 });
  });

  it('show the cost of all instances together', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.nowMs = START_MS + HOUR_MS;
    scene.gpuPods = [
      gpuPod({
        uid: '1',
        instance: instance({ attempt: 2 }),
        endedAttempts: [{ attempt: 1, outcome: 'Failed', costUsd: 0.5 }],
      }),
      gpuPod({ uid: '2', instance: instance({ usdPerHour: 1 }) }),
      gpuPod({ uid: '3', namespace: 'web', instance: { account: 'operator', gpus: 1, attempt: 1 } }),
    ];

    expect(await scene.read('gpupod_price_usd_per_hour')).toEqual({
      'namespace="ml"': 3,
      'namespace="web"': 0,
    });
    expect(await scene.read('gpupod_living_cost_usd')).toEqual({
      'namespace="ml"': 3.5,
      'namespace="web"': 0,
    });
  });
});

describe('money spent', () => {
  const spent = 'gpupod_spent_usd_total';

  it('excludes what was spent before this process led', async () => {
    const scene = createScene();
    scene.nowMs = START_MS + HOUR_MS;
    scene.gpuPods = [gpuPod({ instance: instance() })];
    scene.metrics.setLeading(true);

    expect(await scene.read(spent)).toEqual({ 'namespace="ml"': 0 });

    scene.nowMs += HOUR_MS;

    expect(await scene.read(spent)).toEqual({ 'namespace="ml"': 2 });
  });

  it('includes all of an object that was created later', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [gpuPod({ instance: instance() })];
    scene.nowMs = START_MS + HOUR_MS;

    expect(await scene.read(spent)).toEqual({ 'namespace="ml"': 2 });
  });

  it('includes prepaid hours from the first moment, and no hour twice', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [gpuPod({ instance: instance({ prepaidHours: 3 }) })];
    const seen: unknown[] = [];
    for (const hours of [0, 2, 4]) {
      scene.nowMs = START_MS + hours * HOUR_MS;
      seen.push(await scene.read(spent));
    }

    expect(seen).toEqual([6, 6, 8].map((usd) => ({ 'namespace="ml"': usd })));
  });

  it('includes an instance once, while it runs and when it is recorded', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.gpuPods = [gpuPod({ instance: instance() })];
    scene.nowMs = START_MS + HOUR_MS;
    await scene.metrics.scrape();
    scene.gpuPods = [
      gpuPod({
        instance: instance({ attempt: 2, billedSinceMs: START_MS + HOUR_MS }),
        endedAttempts: [{ attempt: 1, outcome: 'Failed', costUsd: 2.25 }],
      }),
    ];

    expect(await scene.read(spent)).toEqual({ 'namespace="ml"': 2.25 });
  });

  it('never decreases when an estimate is corrected, a record is cut, or an object is deleted', async () => {
    const scene = createScene();
    scene.metrics.setLeading(true);
    scene.nowMs = START_MS + HOUR_MS;
    const steps = [
      [gpuPod({ instance: instance() })],
      [gpuPod({ endedAttempts: [{ attempt: 1, outcome: 'Ended', costUsd: 1.5 }] })],
      [gpuPod({ endedAttempts: [{ attempt: 1, outcome: 'Ended', costUsd: 1.75 }] })],
      [gpuPod()],
      [],
    ];
    const seen: unknown[] = [];
    for (const gpuPods of steps) {
      scene.gpuPods = gpuPods;
      seen.push(await scene.read(spent));
    }

    expect(seen).toEqual(steps.map(() => ({ 'namespace="ml"': 2 })));
  });
});

describe('the metrics of attempts', () => {
  it('count each attempt once, with its outcome', async () => {
    const scene = createScene();
    const old = { attempt: 1, outcome: 'Refused' };
    scene.gpuPods = [gpuPod({ endedAttempts: [old] })];
    scene.metrics.setLeading(true);
    scene.gpuPods = [gpuPod({ endedAttempts: [old, { attempt: 2, outcome: 'Failed' }] })];
    await scene.metrics.scrape();

    expect(await scene.read('gpupod_attempts_total')).toMatchObject({ 'outcome="Failed"': 1 });
  });

  it('show once for each attempt how long it took to become ready', async () => {
    const scene = createScene();
    scene.gpuPods = [gpuPod({ uid: 'before', instance: instance({ readyAfterMs: 1_000 }) })];
    scene.metrics.setLeading(true);
    scene.gpuPods = [...scene.gpuPods, gpuPod({ uid: 'new', instance: instance() })];
    await scene.metrics.scrape();
    scene.gpuPods = [gpuPod({ uid: 'new', instance: instance({ readyAfterMs: 90_000 }) })];
    await scene.metrics.scrape();

    expect(await scene.read('gpupod_time_to_ready_seconds_count')).toEqual({ '': 1 });
    expect(await scene.read('gpupod_time_to_ready_seconds_sum')).toEqual({ '': 90 });
  });
});
