import { describe, expect, it } from '@jest/globals';
import { Probes } from '../../../src/controllers/gpupod/probes.ts';
import type { ProbeAnswer, ProbeTarget } from '../../../src/lifecycle/reachability.ts';

const ANSWERED: ProbeAnswer = { kind: 'answered', hostKey: 'ssh-ed25519 AAAA' };
const REFUSED: ProbeAnswer = { kind: 'failed', reason: 'Unreachable' };
const KEY = 'team-a/train-1';

interface Running {
  readonly target: ProbeTarget;
  readonly signal: AbortSignal;
  readonly end: (answer: ProbeAnswer | Error) => void;
}

/** A pool whose probes end when the test says so. */
function bench() {
  const running: Running[] = [];
  const probed: string[] = [];
  const logged: string[] = [];
  let nowMs = 1_000;
  const sleeping: { readonly untilMs: number; readonly wake: () => void }[] = [];
  const log = (_fields: object, message: string): void => {
    logged.push(message);
  };
  const probes = new Probes({
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: async (ms, signal) =>
        await new Promise((resolve, reject) => {
          sleeping.push({ untilMs: nowMs + ms, wake: resolve });
          signal?.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    },
    log: { debug: log, info: log, warn: log, error: log },
    prober: {
      probe: async (target, signal) =>
        await new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
          running.push({
            target,
            signal,
            end: (answer) => {
              if (answer instanceof Error) reject(answer);
              else resolve(answer);
            },
          });
        }),
    },
    onProbed: (key) => probed.push(key),
  });
  return {
    probes,
    running,
    probed,
    logged,
    advance: async (ms: number): Promise<void> => {
      nowMs += ms;
      const due = sleeping.filter(({ untilMs }) => untilMs <= nowMs);
      for (const { wake } of due) wake();
      await settled();
    },
    want: async (key = KEY, port = 22, notBeforeMs = 0): Promise<void> => {
      probes.want(key, { host: '203.0.113.7', port, notBeforeMs });
      await settled();
    },
    end: async (index: number, answer: ProbeAnswer | Error): Promise<void> => {
      running[index]?.end(answer);
      await settled();
    },
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('Probes', () => {
  it('knows nothing of a GpuPod that wants no probe', () => {
    expect(bench().probes.view(KEY)).toEqual({});
  });

  it('remembers the answer, calls the GpuPod, and counts failures in a row', async () => {
    const { probes, want, end, probed, advance } = bench();
    await want();
    await end(0, REFUSED);
    await advance(500);
    await want();
    await end(1, REFUSED);
    expect(probes.view(KEY)).toEqual({
      ...{ host: '203.0.113.7', port: 22, sinceMs: 1_000 },
      latest: { beganAtMs: 1_500, answer: REFUSED, failures: 2 },
    });
    await want();
    await end(2, ANSWERED);
    expect(probes.view(KEY).latest).toMatchObject({ answer: ANSWERED, failures: 0 });
    expect(probed).toEqual([KEY, KEY, KEY]);
  });

  it('waits until a probe is due', async () => {
    const { want, running, advance } = bench();
    await want(KEY, 22, 6_000);
    await advance(4_999);
    expect(running).toHaveLength(0);
    await advance(1);
    expect(running).toHaveLength(1);
  });

  it('runs one probe for whoever asks', async () => {
    const { want, running } = bench();
    await want();
    await want();
    expect(running).toHaveLength(1);
  });

  it('drops a probe of an address that changed, and what it knew', async () => {
    const { probes, want, end, running, probed } = bench();
    await want(KEY, 22);
    await end(0, ANSWERED);
    await want(KEY, 23);
    expect(probes.view(KEY)).toEqual({ host: '203.0.113.7', port: 23, sinceMs: 1_000 });
    await want(KEY, 24);
    expect(running[1]?.signal.aborted).toBe(true);
    await end(1, REFUSED);
    expect(probed).toEqual([KEY]);
  });

  it('forgets a GpuPod that wants no probe any more', async () => {
    const { probes, want, running, end, probed } = bench();
    await want();
    probes.want(KEY, undefined);
    expect(running[0]?.signal.aborted).toBe(true);
    await end(0, ANSWERED);
    expect(probes.view(KEY)).toEqual({});
    expect(probed).toEqual([]);
  });

  it('runs 16 at once, and the next one when one ends', async () => {
    const { want, end, running } = bench();
    for (let number = 0; number < 20; number += 1) await want(`team-a/train-${String(number)}`);
    expect(running).toHaveLength(16);
    await end(3, REFUSED);
    expect(running).toHaveLength(17);
  });

  it('gives the turn of a probe that nobody wants to the next one', async () => {
    const { probes, want, end, running } = bench();
    for (let number = 0; number < 18; number += 1) await want(`team-a/train-${String(number)}`);
    probes.want('team-a/train-16', undefined);
    await end(0, REFUSED);
    expect(running.map(({ signal }) => signal.aborted)).toHaveLength(17);
    await end(1, REFUSED);
    await want('team-a/more');
    expect(running).toHaveLength(18);
  });

  it('reports what a prober throws, and goes on', async () => {
    const { probes, want, end, logged } = bench();
    await want();
    await end(0, new Error('bug'));
    expect(logged).toEqual(['failed to probe an SSH server']);
    expect(probes.view(KEY).latest).toMatchObject({ answer: { kind: 'failed', reason: 'NotSsh' } });
    await want();
    await end(1, ANSWERED);
    expect(probes.view(KEY).latest).toMatchObject({ answer: ANSWERED });
  });

  it('ends everything when it stops', async () => {
    const { probes, want, running, end, probed } = bench();
    await want();
    await want('team-a/other', 22, 9_000);
    probes.stop();
    await end(0, ANSWERED);
    expect(running.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(probed).toEqual([]);
  });
});
