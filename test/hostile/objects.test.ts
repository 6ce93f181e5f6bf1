import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { parseGpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { isRecord } from '../../src/json.ts';
import { isRawObject, trimMetadata } from '../../src/kubernetes/objects.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { nextStep } from '../../src/lifecycle/next-step.ts';
import { crdProblems } from './support/crd-schema.ts';
import { objectCase, objectText } from './support/hostile-objects.ts';
import { assertNothingPolluted, isPrintable } from './support/hostile-values.ts';
import { hostileSurroundings, NEIGHBOURS, surroundingsCase } from './support/hostile-surroundings.ts';
import type { HostileSurroundings } from './support/hostile-surroundings.ts';
import { judgeStep, statusOf } from './support/step-judges.ts';

const CASES = 100_000;
const KINDS = [
  'left out',
  'invalid',
  'rest',
  'writeStatus',
  'createPod',
  'deletePod',
  'deleteDuplicate',
  'readPod',
  'readOffers',
  'ensureSecret',
  'removeSecret',
  'addFinalizer',
  'release',
];

describe('a malicious GpuPod', () => {
  it('terminates no instance of others, creates nothing twice and gets no malformed status', async () => {
    const counts = new Map<string, number>();
    const count = (what: string): number => counts.set(what, (counts.get(what) ?? 0) + 1).size;

    await fc.assert(
      fc.asyncProperty(objectCase, surroundingsCase, async (objectNumbers, surroundingsNumbers) => {
        count('cases');
        const raw = received(objectText(objectNumbers));
        if (raw === undefined) {
          count('left out');
          return;
        }
        const parsed = parseGpuPod(raw);
        judgeParsing(raw, parsed);
        if (parsed.kind === 'invalid') {
          count('invalid');
          return;
        }
        const surroundings = await hostileSurroundings(surroundingsNumbers, [raw, ...NEIGHBOURS]);
        count(await judgeSnapshot(surroundings, parsed.gpuPod));
        assertNothingPolluted();
      }),
      { numRuns: CASES, seed: 4711 },
    );

    expect(counts.get('cases')).toBeGreaterThanOrEqual(CASES);
    // A judge that never saw a step proves nothing.
    const seldom = KINDS.filter((kind) => (counts.get(kind) ?? 0) < 50);
    expect(seldom).toEqual([]);
  }, 1_800_000);
});

/** Puts an object from the API server into the store, as the reflector does. */
function received(text: string): RawObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRawObject(value) ? trimMetadata(value) : undefined;
  } catch {
    return undefined;
  }
}

/** An object that the CRD accepts must be readable, with its status. The problem of an unreadable one must be short plain text. */
function judgeParsing(raw: RawObject, parsed: ReturnType<typeof parseGpuPod>): void {
  if (parsed.kind === 'invalid') {
    if (parsed.problems.length > 1_000 || !isPrintable(parsed.problems)) {
      throw new Error(`not fit for people: ${JSON.stringify(parsed.problems.slice(0, 400))}`);
    }
    const isWhole = crdProblems(raw).length === 0 && isPlainMetadata(raw);
    if (isWhole) throw new Error(`the API server takes what is not read: ${parsed.problems}`);
    return;
  }
  const status: unknown = raw['status'];
  const isDropped =
    parsed.gpuPod.status.podId === undefined && isRecord(status) && typeof status['podId'] === 'string';
  if (isDropped && crdProblems(raw).length === 0) {
    throw new Error('a status that the API server takes was not read');
  }
}

const metadataSchema = z.object({
  namespace: z.string().min(1),
  generation: z.int().min(0),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()),
  annotations: z.record(z.string(), z.string()),
});

/** Metadata has its own schema, which no CRD changes. */
function isPlainMetadata({ metadata }: RawObject): boolean {
  return metadataSchema.safeParse(metadata).success;
}

/** Judges the next step, and the one after a write, because a write must not repeat forever. */
async function judgeSnapshot(surroundings: HostileSurroundings, gpuPod: GpuPod): Promise<string> {
  const known = await surroundings.snapshot(gpuPod);
  const step = nextStep(known);
  const problems = judgeStep(known, step, surroundings.instances);
  if (problems.length > 0) throw new Error(problems.slice(0, 3).join('; '));
  if (step.kind === 'rest') return 'rest';
  if (step.effect.type === 'writeStatus') await judgeRepeat(surroundings, gpuPod, statusOf(step));
  return step.effect.type;
}

async function judgeRepeat(
  surroundings: HostileSurroundings,
  gpuPod: GpuPod,
  status: unknown,
): Promise<void> {
  // A Go program cannot store half a character.
  const stored: unknown = JSON.parse(JSON.stringify({ ...gpuPod, status }), (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
  if (!isRecord(stored)) throw new Error('what was written is no object');
  const parsed = parseGpuPod(stored);
  if (parsed.kind === 'invalid') throw new Error(`what was written cannot be read: ${parsed.problems}`);
  const next = nextStep(await surroundings.snapshot(parsed.gpuPod));
  const isSame =
    next.kind === 'act' &&
    next.effect.type === 'writeStatus' &&
    JSON.stringify(next.effect.status) === JSON.stringify(parsed.gpuPod.status);
  if (isSame) throw new Error('the same write again and again');
}
