import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { objectHashes, podName } from '../../../src/lifecycle/pod-name.ts';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../support/builders/intent.ts';

/** A GpuPod of the world in which sums are compared: who it is, and what chance decides about it. */
export interface Drawn {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The UID of another GpuPod of this namespace, or of none. */
  readonly otherUid: string;
  readonly resourceVersion: string;
  readonly attempt: number;
  readonly podId: string;
  readonly nowMs: number;
  readonly dice: readonly [number, number, number, number];
}

const OTHER_INSTALLATION = 'zzz999';
const PAYERS = [
  undefined,
  { kind: 'ClusterGpuAccount', name: 'ml' },
  { kind: 'GpuAccount', name: 'default' },
] as const;
/** 1e305 USD are more micro-dollars than a number holds. */
const PRICES = [undefined, 1.9, 4.000001, 1e305, 9e9];
const PREPAID = [undefined, 24, 1.5];
const AGES_MS = [0, 1_800_000, 3_600_000, 7_200_000];

function pick<T>(all: readonly T[], dice: number): T | undefined {
  return all[dice % all.length];
}

export function nameFor(
  { namespace, name }: Pick<Drawn, 'namespace' | 'name'>,
  uid: string,
  attempt: number,
): string {
  return podName(INSTALLATION, { namespace, uid, name }, attempt);
}

/** The name under another installation ID, as after the record of the installation was lost. */
export function foreignNameFor({ namespace, name }: Drawn, uid: string, attempt: number): string {
  return podName(OTHER_INSTALLATION, { namespace, uid, name }, attempt);
}

export function intentFor(drawn: Drawn, uid = drawn.uid): Intent {
  const [a, b, c] = drawn.dice;
  const prepaidHours = pick(PREPAID, b);
  return intent({
    uid,
    attempt: drawn.attempt,
    name: nameFor(drawn, uid, drawn.attempt),
    account: pick(['user-1', 'user-b', undefined], c),
    payer: pick(PAYERS, a),
    teamId: pick([undefined, undefined, 'team-x'], c),
    cost: { gpu: 0, disk: 0, vcpus: 0, memory: 0, total: pick([1_900_000, 2_500_001, 9e14], a) ?? 0 },
    offer: { gpuCount: 1 + (b % 3), ...(prepaidHours === undefined ? {} : { prepaidHours }) },
  });
}

function statusFor(drawn: Drawn): Partial<GpuPodStatus> {
  const [a, b, c, d] = drawn.dice;
  const pricePerHour = pick(PRICES, b);
  const prepaidHours = pick(PREPAID, c);
  const podId = drawn.podId;
  const name = nameFor(drawn, drawn.uid, drawn.attempt);
  const payer = pick(PAYERS, a);
  return rentedStatus({
    podId,
    podName: d % 5 === 0 ? undefined : name,
    offer: {
      ...rentedStatus().offer,
      gpuCount: 1 + (a % 3),
      ...(prepaidHours === undefined ? {} : { prepaidHours }),
    },
    cost: pricePerHour === undefined ? undefined : { currency: 'USD', pricePerHour, maxPrice: pricePerHour },
    createdAt: d % 7 === 0 ? undefined : new Date(drawn.nowMs - (pick(AGES_MS, d) ?? 0)).toISOString(),
    account: d % 4 === 0 ? undefined : { ...payer, userId: pick(['user-1', 'user-b'], a) ?? '' },
    attempts: [{ number: drawn.attempt, podName: name, startedAt: '2026-11-23T09:59:50Z' }],
  });
}

/** The forms in which a GpuPod comes, hostile ones included. */
const FORMS: readonly ((drawn: Drawn) => RawObject)[] = [
  (drawn) => rawGpuPod(metaOf(drawn)),
  (drawn) => rawGpuPod({ ...metaOf(drawn), intent: intentFor(drawn) }),
  // Of another GpuPod of the namespace: a copy of the intent of one that exists, or that of a vanished one.
  (drawn) => rawGpuPod({ ...metaOf(drawn), intent: intentFor(drawn, drawn.otherUid) }),
  // The short hash of earlier versions, which several GpuPods may have.
  (drawn) => {
    const [, hash = ''] = objectHashes({ namespace: drawn.namespace, uid: drawn.uid });
    const name = `gp-${INSTALLATION}-${hash}-${String(drawn.attempt)}-x`;
    return rawGpuPod({ ...metaOf(drawn), intent: { ...intentFor(drawn), name } });
  },
  (drawn) => {
    const name = foreignNameFor(drawn, drawn.uid, drawn.attempt);
    const intent = { ...intentFor(drawn), installation: OTHER_INSTALLATION, name };
    return rawGpuPod({ ...metaOf(drawn), intent });
  },
  // Of another process, which may send it later than others, or for a user and a team of nobody.
  (drawn) => {
    const sendWithinMs = [0, 120_000][drawn.dice[3] % 2];
    const intent = { ...intentFor(drawn), writtenBy: String(drawn.dice[0] % 3), sendWithinMs };
    return rawGpuPod({
      ...metaOf(drawn),
      intent: drawn.dice[2] % 4 === 0 ? { ...intent, account: 'nobody', teamId: 'none' } : intent,
    });
  },
  (drawn) => rawGpuPod({ ...metaOf(drawn), intent: '{"garbled' }),
  (drawn) => rawGpuPod({ ...metaOf(drawn), intent: intentFor(drawn), status: statusFor(drawn) }),
  (drawn) => rawGpuPod({ ...metaOf(drawn), status: statusFor(drawn) }),
  (drawn) =>
    rawGpuPod({
      ...metaOf(drawn),
      status: { ...statusFor(drawn), terminatedAt: '2026-11-23T11:00:00Z' },
    }),
  (drawn) =>
    rawGpuPod({
      ...metaOf(drawn),
      intent: intentFor({ ...drawn, attempt: drawn.attempt + 1 }),
      status: { attempts: [{ number: drawn.attempt, podId: drawn.podId, outcome: 'Ended' }] },
    }),
  (drawn) => rawGpuPod({ ...metaOf(drawn), isDeleting: true, finalizers: ['x/y'], status: statusFor(drawn) }),
  (drawn) => ({ ...rawGpuPod(metaOf(drawn)), spec: { gpu: { types: 'not a list' } } }),
];

/** A GpuPod in one of these forms. */
export function gpuPodOf(drawn: Drawn, form: number): RawObject {
  return (pick(FORMS, form) ?? rawGpuPod)(drawn);
}

function metaOf({ namespace, name, uid, resourceVersion }: Drawn): object {
  return { namespace, name, uid, resourceVersion };
}
