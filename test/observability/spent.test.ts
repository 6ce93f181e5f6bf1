import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readSpentRecord, writeSpentRecord } from '../../src/observability/spent-record.ts';
import { createScene, gpuPod, HOUR_MS, instance, START_MS } from './metrics-scene.ts';
import type { Scene } from './metrics-scene.ts';

const SPENT = 'gpupod_spent_usd_total';

/** A process that takes over the record and leads. */
function lead(record: string | undefined, nowMs: number, gpuPods: Scene['gpuPods']): Scene {
  const scene = createScene();
  scene.nowMs = nowMs;
  scene.gpuPods = gpuPods;
  scene.metrics.spentRecord.onTaken(record);
  scene.metrics.setLeading(true);
  return scene;
}

/** What the next renewal of the lease writes. */
function renew({ metrics: { spentRecord } }: Scene): string {
  const text = spentRecord.next() ?? '';
  spentRecord.onWritten(text);
  return text;
}

describe('money spent over several processes', () => {
  it('continues the sum of the last process, and includes the cost of instances while nobody led', async () => {
    const first = lead(undefined, START_MS, [gpuPod({ instance: instance() })]);
    first.nowMs += HOUR_MS;
    const record = renew(first);
    expect(await first.read(SPENT)).toEqual({ 'namespace="ml"': 2 });

    const second = lead(record, START_MS + 2 * HOUR_MS, first.gpuPods);
    expect(await second.read(SPENT)).toEqual({ 'namespace="ml"': 2 });
    second.nowMs += HOUR_MS;
    renew(second);
    expect(await second.read(SPENT)).toEqual({ 'namespace="ml"': 6 });
  });

  it('keeps the cost of deleted GpuPods', async () => {
    const first = lead(undefined, START_MS, [gpuPod({ instance: instance() })]);
    first.nowMs += HOUR_MS;
    renew(first);
    first.gpuPods = [];
    const second = lead(renew(first), first.nowMs, []);

    expect(await second.read(SPENT)).toEqual({ 'namespace="ml"': 2 });
  });

  it('excludes what is not recorded yet', async () => {
    const scene = lead(undefined, START_MS, [gpuPod({ instance: instance() })]);
    scene.nowMs += HOUR_MS;

    expect(await scene.read(SPENT)).toEqual({});
    const text = scene.metrics.spentRecord.next() ?? '';
    expect(await scene.read(SPENT)).toEqual({});
    scene.metrics.spentRecord.onWritten(text);
    expect(await scene.read(SPENT)).toEqual({ 'namespace="ml"': 2 });
  });

  it('is exported only by the leader', async () => {
    const scene = lead(undefined, START_MS, [gpuPod({ instance: instance() })]);
    scene.nowMs += HOUR_MS;
    renew(scene);
    scene.metrics.setLeading(false);

    expect(await scene.read(SPENT)).toEqual({});
  });

  it('is updated without scrapes too, but not at every renewal', () => {
    const scene = lead(undefined, START_MS, [gpuPod({ instance: instance() })]);
    const first = renew(scene);
    scene.nowMs += 2_000;
    expect(renew(scene)).toBe(first);
    scene.nowMs += HOUR_MS;
    expect(readSpentRecord(renew(scene))?.usd.get('ml')).toBeCloseTo(2, 2);
  });

  const STEP = fc.oneof(
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: HOUR_MS }) }),
    fc.record({ kind: fc.constantFrom('scrape' as const, 'renew' as const, 'renewalLost' as const) }),
    fc.record({ kind: fc.constantFrom('crash' as const, 'end' as const, 'remove' as const) }),
  );

  it('never decreases, whichever process dies at which point', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 30 }), async (steps) => {
        let scene = lead(undefined, START_MS, [gpuPod({ instance: instance() })]);
        let written: string | undefined;
        let highest = 0;
        const falls: unknown[] = [];
        for (const step of steps) {
          switch (step.kind) {
            case 'pass':
              scene.nowMs += step.ms;
              break;
            case 'renew':
              written = renew(scene);
              break;
            case 'renewalLost':
              // The write happened, and its answer was lost.
              written = scene.metrics.spentRecord.next() ?? written;
              break;
            case 'crash':
              scene = lead(written, scene.nowMs, scene.gpuPods);
              break;
            case 'end':
              // The estimate was too high, because the instance had terminated earlier.
              scene.gpuPods = [gpuPod({ endedAttempts: [{ attempt: 1, outcome: 'Ended', costUsd: 0.5 }] })];
              break;
            case 'remove':
              scene.gpuPods = [];
              break;
            case 'scrape': {
              const usd = (await scene.read(SPENT))['namespace="ml"'] ?? 0;
              // A process that has exported nothing yet has no series, which is no decrease.
              if (usd !== 0 && usd < highest) falls.push([highest, usd]);
              highest = Math.max(highest, usd);
            }
          }
        }
        expect(falls).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the record', () => {
  it('is read back as it was written, and never as more', () => {
    const usd = new Map([
      ['ml', 1.234_567_89],
      ['web', 0],
    ]);
    expect(readSpentRecord(writeSpentRecord({ atMs: START_MS, usd }))).toEqual({
      atMs: START_MS,
      usd: new Map([
        ['ml', 1.234_567],
        ['web', 0],
      ]),
    });
  });

  it.each([
    { name: 'nothing', text: undefined },
    { name: 'no JSON', text: '{' },
    { name: 'another JSON', text: '[1]' },
    { name: 'no time', text: '{"usd":{"ml":1}}' },
    { name: 'no amounts', text: '{"at":"2030-01-01T00:00:00Z"}' },
  ])('is ignored if it is $name', ({ text }) => {
    expect(readSpentRecord(text)).toBeUndefined();
  });

  it('is read without invalid amounts, because anybody who may write the lease could have written them', () => {
    const text = '{"at":"2030-01-01T00:00:00Z","usd":{"a":-1,"b":"2","c":1e999,"d":3,"__proto__":{"x":1}}}';
    expect(readSpentRecord(text)?.usd).toEqual(new Map([['d', 3]]));
  });
});
