import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import type { CountedAccount } from '../../../src/accounts/sums/awaited-lists.ts';
import type { SumLimit } from '../../../src/accounts/sums/sum-limits.ts';
import { recordAt, stringAt } from '../../../src/json.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import type { Intent } from '../../../src/lifecycle/intent.ts';
import { podName } from '../../../src/lifecycle/pod-name.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { gpuPod, rawGpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { INSTALLATION, intent } from '../../support/builders/intent.ts';
import { gpuPodSource } from '../../support/gpu-pod-source.ts';
import { ANY_PAYER } from '../../support/builders/payers.ts';

const ML: CountedAccount = {
  name: 'ClusterGpuAccount/ml',
  userId: 'user-ml',
  isOwn: false,
  wallets: [{ wallet: undefined }],
};
const REFERENCE = { kind: 'ClusterGpuAccount', name: 'ml' } as const;
const NAMESPACES = ['team-a', 'team-b'];
const PRICE = 1_900_000;

const WHAT = ['reserve', 'record', 'edit', 'giveUp', 'rent', 'retain', 'forceDelete', 'end'] as const;

type What = (typeof WHAT)[number];

/** What happens to one of six GpuPods: three in each of two namespaces. */
const event = fc.record({
  who: fc.nat({ max: 5 }),
  what: fc.constantFrom(...WHAT),
});

function limitsFor(namespace: string): readonly SumLimit[] {
  const scope = { account: ML.name, userId: ML.userId };
  return [
    { scope: {}, micros: 4 * PRICE },
    { scope, instances: 3 },
    { scope: { ...scope, namespace }, gpus: 2 },
  ];
}

interface About {
  readonly uid: string;
  readonly namespace: string;
  readonly create: Intent;
  readonly object: RawObject | undefined;
  readonly podId: string | undefined;
}

/** One account, and what its GpuPods have, as the provider would see it. */
class World {
  readonly objects = new Map<string, RawObject>();
  /** Namespaces of everything that may bill, by instance name. */
  readonly billing = new Map<string, string>();
  readonly #reserved = new Set<string>();
  readonly #lives: number[] = [];
  #instances = 0;
  readonly #books = new Reservations({
    view: gpuPodSource(() => [...this.objects.values()]),
    clock: new VirtualClock(),
    installation: INSTALLATION,
    timings: { settleMs: 90_000, settleSpacingMs: 30_000, massAbsenceMs: 30_000, foreignRequestMs: 60_000 },
    assumedPrice: PRICE,
    expected: () => [ML],
    payers: ANY_PAYER,
  });

  constructor() {
    this.#books.takeInventory(ML, { instances: [], beganAtMs: 0 }, new Set([undefined]));
    this.#books.takeRetained(ML, []);
  }

  apply(who: number, what: What): void {
    const uid = `uid-${String(who)}-${String(this.#lives[who] ?? 0)}`;
    const namespace = NAMESPACES[who % 2] ?? '';
    const name = podName(INSTALLATION, { namespace, uid, name: uid }, 1);
    const create = intent({ uid, name, payer: REFERENCE, account: 'user-ml' });
    const object = this.objects.get(uid);
    const podId = object === undefined ? undefined : podIdOf(object);
    this.#happens[what]({ uid, namespace, create, object, podId });
    if (object !== undefined && !this.objects.has(uid)) {
      // A GpuPod that is created again has another UID.
      this.#lives[who] = (this.#lives[who] ?? 0) + 1;
      this.#reserved.delete(uid);
    }
  }

  readonly #happens: Readonly<Record<What, (about: About) => void>> = {
    reserve: ({ uid, namespace, create, object }) => {
      const owner = { account: ML.name, namespace };
      const isFree = object === undefined && !this.#reserved.has(uid);
      const limits = limitsFor(namespace);
      if (isFree && this.#books.reserve({ uid, intent: create, owner, session: ML, limits })) {
        this.#reserved.add(uid);
        this.billing.set(uid, namespace);
      }
    },
    record: ({ uid, namespace, create }) => {
      if (this.#reserved.has(uid)) {
        this.objects.set(uid, rawGpuPod({ uid, namespace, name: uid, intent: create }));
      }
    },
    /** A tenant writes another payer and UID into the create intent, or removes it. */
    edit: ({ uid, namespace, create, object, podId }) => {
      if (object !== undefined && podId === undefined) {
        const edited = { ...create, payer: { kind: 'GpuAccount', name: 'mine' } as const, uid: 'another' };
        const isGone = this.#instances % 2 === 0;
        this.objects.set(
          uid,
          rawGpuPod({ uid, namespace, name: uid, ...(isGone ? {} : { intent: edited }) }),
        );
      }
    },
    giveUp: ({ uid, create, object }) => {
      if (this.#reserved.delete(uid)) {
        this.#books.release({ name: create.name, isCharged: object !== undefined });
        if (object === undefined) this.billing.delete(uid);
      }
    },
    rent: ({ uid, namespace, create, object, podId }) => {
      if (object !== undefined && podId === undefined) {
        this.#instances += 1;
        this.#books.release({ name: create.name, isCharged: true });
        const account = { ...REFERENCE, userId: 'user-ml' };
        const id = `pod-${String(this.#instances)}`;
        const status = rentedStatus({ podId: id, podName: create.name, account });
        this.objects.set(uid, rawGpuPod({ uid, namespace, name: uid, intent: create, status }));
        this.#books.elsewhere('');
      }
    },
    retain: ({ uid, namespace, podId }) => {
      if (podId !== undefined) {
        const account = { ...REFERENCE, userId: 'user-ml' };
        const status = rentedStatus({ podId, account });
        this.#books.keep(podId, gpuPod({ uid, namespace, name: uid, status }), 'retained');
        this.#move(uid, podId);
      }
    },
    forceDelete: ({ uid, podId }) => {
      if (podId !== undefined) this.#move(uid, podId);
    },
    end: ({ uid, podId }) => {
      if (podId !== undefined) {
        this.objects.delete(uid);
        this.#books.ended(podId);
        this.billing.delete(uid);
      }
    },
  };

  /** The instance goes on billing without its GpuPod. */
  #move(uid: string, podId: string): void {
    const namespace = this.billing.get(uid) ?? '';
    this.objects.delete(uid);
    this.billing.delete(uid);
    this.billing.set(podId, namespace);
  }
}

function podIdOf(object: RawObject): string | undefined {
  return stringAt(recordAt(object, 'status'), 'podId');
}

it('never lets more bill than every limit allows, whatever happens in which sequence', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 150 }), (events) => {
      const world = new World();
      for (const { who, what } of events) {
        world.apply(who, what);
        const namespaces = [...world.billing.values()];
        expect(namespaces.length).toBeLessThanOrEqual(3);
        for (const namespace of NAMESPACES) {
          expect(namespaces.filter((one) => one === namespace).length).toBeLessThanOrEqual(2);
        }
      }
    }),
    { numRuns: 200 },
  );
});
