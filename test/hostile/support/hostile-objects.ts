import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { ANNOTATIONS } from '../../../src/api/common/names.ts';
import { condition } from '../../support/builders/conditions.ts';
import { POD_ID, rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { valueOf } from './crd-arbitrary.ts';
import { partOf } from './crd-schema.ts';
import { HOSTILE_JSON, HOSTILE_TEXTS } from './hostile-values.ts';
import { mutated, pick } from './json-mutations.ts';
import type { Mutation } from './json-mutations.ts';

/** Instances of others at the provider, whatever the object says. */
export const FOREIGN = [
  { podId: 'foreign-1', name: 'My first GPU' },
  { podId: 'foreign-2', name: intent({ uid: 'other-uid' }).name },
  { podId: 'foreign-3', name: intent({ installation: 'zzz999', uid: 'other-uid' }).name },
] as const;

const SAMPLED = { numRuns: 700, seed: 4711 };
const PLAIN_SPECS: readonly unknown[] = [{}, { suspend: true }, { deletionPolicy: 'Retain' }].map((spec) => ({
  gpu: { types: ['H100_80GB'] },
  ...spec,
}));
const LONG_ENV = { gpu: { types: ['H100_80GB'] }, env: [{ name: 'A', value: '🚀'.repeat(4096) }] };
const SPECS = [LONG_ENV, ...fill(PLAIN_SPECS, 1_400), ...fc.sample(valueOf(partOf('spec')), SAMPLED)];

const READY = { readyAt: '2026-11-23T10:05:00Z', conditions: [condition('Ready', 'Available')] };
const PLAIN_STATUSES: readonly unknown[] = [
  { observedGeneration: -1 },
  { observedGeneration: 1 },
  rentedStatus(),
  rentedStatus(READY),
  // An address is shown only if nothing in the status belongs to somebody else.
  ...Array.from({ length: 16 }, () => rentedStatus(READY)),
  rentedStatus({}, { ending: 'PodFailed' }),
  { observedGeneration: 1, attempts: [{ number: 1, podName: nameOfAttempt(1), outcome: 'Failed' }] },
  { observedGeneration: 0, failedAttempts: 9007199254740991, searchStartedAt: '9999-12-31T23:59:59-14:00' },
  {
    observedGeneration: 1,
    conditions: [condition('Ready', 'Interrupted'), condition('Stalled', 'Interrupted')],
  },
  // Somebody who may write the status names an instance of others, in every possible way.
  ...FOREIGN.flatMap(({ podId, name }) => [
    rentedStatus({ podId }),
    rentedStatus({ podId, podName: name }, { podName: name, ending: 'PodFailed' }),
    rentedStatus({ podName: name }, { podName: name }),
    { observedGeneration: 1, podId },
  ]),
];
const STATUSES = [
  ...fill([{ observedGeneration: 1 }], 600),
  ...fill(PLAIN_STATUSES, 900),
  ...fc.sample(valueOf(partOf('status')), SAMPLED),
];

const INTENT = intent();
/** Create intents that an object may have, because people copy, restore and edit them. */
const SHORT_INTENTS: readonly (string | undefined)[] = [
  ...Array.from({ length: 30 }, () => undefined),
  ...[
    INTENT,
    INTENT,
    intent({ attempt: 2 }),
    intent({ attempt: 999_999 }),
    intent({ teamId: 'team-1' }),
    intent({ uid: 'old-uid' }),
    intent({ installation: 'zzz999' }),
    intent({ writtenBy: 'operator-2' }),
    ...FOREIGN.map(({ name }) => intent({ name })),
    ...HOSTILE_TEXTS.map((text) =>
      intent({ name: text.slice(0, 63), offer: { why: text.slice(0, 300), provider: text.slice(0, 256) } }),
    ),
    ...HOSTILE_TEXTS.map((text) => intent({ startedAt: text.slice(0, 64), account: text.slice(0, 256) })),
    intent({
      startedAt: 'yesterday',
      offer: { provisioningMinutes: 1e308, gpuMemory: -1e308, prepaidHours: 1e308 },
    }),
    intent({
      capSent: 2 ** 53 - 1,
      cost: { gpu: 2 ** 53 - 1, disk: 0, vcpus: 0, memory: 0, total: 2 ** 53 - 1 },
    }),
    intent({ sizes: { diskSize: -1, vcpus: -(2 ** 53) + 1 } }),
  ].map((made) => JSON.stringify(made)),
  '{',
  'null',
  '[]',
  '{"__proto__":{"v":1,"attempt":1}}',
];

/** Rarely drawn, because each takes as long as a hundred others. */
const INTENTS = [
  ...fill(SHORT_INTENTS, 1_000),
  JSON.stringify({ ...INTENT, padding: 'x'.repeat(256 * 1024) }),
  'x'.repeat(256 * 1024),
];

const SHORT_OTHERS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { [ANNOTATIONS.paused]: 'true' },
  { [ANNOTATIONS.forceRelease]: POD_ID },
  { [ANNOTATIONS.forceRelease]: 'foreign-1' },
  { [ANNOTATIONS.confirmAbsent]: nameOfAttempt(1) },
  ...['now', 'x'.repeat(255) + '🚀', '🚀'.repeat(200), '\u001B[2J', ' '].map((text) => ({
    [ANNOTATIONS.reconcileRequestedAt]: text,
  })),
  ...HOSTILE_TEXTS.map((text) => ({ [text]: text })),
];

const OTHERS = [...fill(SHORT_OTHERS, 500), { [ANNOTATIONS.reconcileRequestedAt]: 'x'.repeat(256 * 1024) }];

/** Numbers that determine an object, so that a failing one can shrink. */
export interface ObjectCase {
  readonly spec: number;
  readonly status: number;
  readonly intent: number;
  readonly other: number;
  readonly isDeleting: boolean;
  readonly hasFinalizer: boolean;
  readonly ofIntent: readonly Mutation[];
  readonly ofObject: readonly Mutation[];
}

const mutation: Arbitrary<Mutation> = fc.record({ kind: fc.nat(99), at: fc.nat(9_999), value: fc.nat(999) });
/** Mostly none, because an object with one odd field gets further than one with many. */
const fewMutations = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 2 }) },
);

export const objectCase: Arbitrary<ObjectCase> = fc.record({
  spec: fc.nat(99_999),
  status: fc.nat(99_999),
  intent: fc.nat(99_999),
  other: fc.nat(99_999),
  isDeleting: fc.nat(3).map((drawn) => drawn === 0),
  hasFinalizer: fc.nat(3).map((drawn) => drawn !== 0),
  ofIntent: fewMutations,
  ofObject: fewMutations,
});

/** The text of the object from an API server. With mutations it may be invalid JSON. */
export function objectText(numbers: ObjectCase): string {
  const { isDeleting, hasFinalizer, ofIntent, ofObject } = numbers;
  const pendingCreate = pick(INTENTS, numbers.intent);
  const object = rawGpuPod({
    isDeleting,
    finalizers: hasFinalizer ? ['gpupod.dev/rental'] : [],
    annotations: pick(OTHERS, numbers.other),
    ...(pendingCreate === undefined
      ? {}
      : {
          intent:
            pendingCreate.length > 10_000 ? pendingCreate : mutated(pendingCreate, ofIntent, HOSTILE_JSON),
        }),
  });
  const text = JSON.stringify({
    ...object,
    spec: pick(SPECS, numbers.spec),
    status: pick(STATUSES, numbers.status),
  });
  return text.length > 100_000 ? text : mutated(text, ofObject, HOSTILE_JSON);
}

function fill<T>(list: readonly T[], length: number): readonly T[] {
  return Array.from({ length }, (_, index) => pick(list, index));
}
