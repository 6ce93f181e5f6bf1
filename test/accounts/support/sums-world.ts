import { parseGpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../../src/api/gpupod/gpu-pod.ts';
import type { CountedAccount, ExpectedAccount } from '../../../src/accounts/sums/awaited-lists.ts';
import { Reservations } from '../../../src/accounts/sums/reservations.ts';
import type { Ended, Reserving } from '../../../src/accounts/sums/reservations.ts';
import type { RetainedEntry } from '../../../src/accounts/sums/stated.ts';
import { ownerFor } from '../../../src/accounts/sums/stated.ts';
import type { StatedPayer } from '../../../src/accounts/sums/stated-intent.ts';
import type { Summary } from '../../../src/accounts/sums/summary.ts';
import type { Scope, SumLimit, Totals } from '../../../src/accounts/sums/sum-limits.ts';
import { Store } from '../../../src/kubernetes/cache/store.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { accountKey } from '../../../src/lifecycle/account-identity.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { INSTALLATION } from '../../support/builders/intent.ts';
import { SERVING } from '../../support/builders/payers.ts';
import { FullPass } from './full-pass.ts';

const ML = 'ClusterGpuAccount/ml';
export const NAMESPACES = ['team-a', 'team-b'] as const;
/** The operator's own key, two accounts of one user, and one whose user is not known. */
export const LISTERS: readonly CountedAccount[] = [
  { name: 'operator', userId: 'user-1', isOwn: true, wallets: [{ wallet: undefined }] },
  { name: ML, userId: 'user-b', isOwn: false, wallets: [{ wallet: undefined }, { wallet: 'team-x' }] },
  { name: 'GpuAccount/team-b/default', userId: 'user-b', isOwn: false, wallets: [{ wallet: undefined }] },
  { name: 'GpuAccount/team-a/default', userId: undefined, isOwn: false, wallets: [{ wallet: undefined }] },
];
const SCOPES: readonly Scope[] = [
  {},
  { unknownPrice: 7_000_003 },
  ...LISTERS.flatMap(({ name: account, userId }) => [
    { account, userId },
    { account, userId, unknownPrice: 5 },
    ...NAMESPACES.map((namespace) => ({ account, userId, namespace, unknownPrice: 11 })),
  ]),
];

interface Answers {
  /** What all others than each GpuPod count, by scope. */
  readonly elsewhere: readonly (readonly Totals[])[];
  readonly summed: readonly Totals[];
  readonly unowned: Summary['unowned'];
}

/** The sums as the operator keeps them, and as a pass over everything gives them. Both see the same. */
export class SumsWorld {
  nowMs = Date.parse('2026-11-23T12:00:00Z');
  /** What the wall clock runs ahead of the monotonic one. */
  wallAheadMs = 0;
  readonly store = new Store<RawObject>({ monotonicMs: () => this.nowMs });
  /** Accounts whose key is missing now. */
  readonly held = new Set<string>();
  readonly payers = new Map<string, StatedPayer>();
  readonly #running: Reservations;
  readonly #full: FullPass;

  constructor(assumedPrice: number | undefined) {
    const options = {
      clock: {
        nowMs: () => this.nowMs + this.wallAheadMs,
        monotonicMs: () => this.nowMs,
        sleep: async () => Promise.resolve(),
      },
      installation: INSTALLATION,
      timings: { settleMs: 90_000, settleSpacingMs: 30_000, massAbsenceMs: 30_000, foreignRequestMs: 60_000 },
      assumedPrice,
      payers: (reference: Parameters<typeof accountKey>[0] | undefined, namespace: string): StatedPayer =>
        (reference === undefined ? undefined : this.payers.get(accountKey(reference, namespace))) ?? SERVING,
    };
    this.#running = new Reservations({ ...options, view: this.store, expected: () => this.#expected() });
    this.#full = new FullPass({
      ...options,
      list: () => this.store.list(),
      expected: () => this.#expected(),
    });
    for (const lister of LISTERS) {
      this.#running.takeRetained(lister, []);
      this.list(lister, [], [undefined, 'team-x']);
    }
  }

  list(
    lister: CountedAccount,
    instances: readonly InstanceSnapshot[],
    wallets: readonly (string | undefined)[],
  ): void {
    const result = { instances, beganAtMs: this.nowMs };
    const complete = new Set(wallets);
    this.#running.takeInventory(lister, result, complete);
    this.#full.live.takeInventory(lister, result, complete);
    this.#full.sent.takeInventory(lister, result, complete);
    this.#full.openIntents.takeInventory(lister, result, complete);
    this.#full.sent.replaceListed(this.#full.live);
  }

  #expected(): readonly ExpectedAccount[] {
    return LISTERS.map((lister) => ({ ...lister, isHeld: this.held.has(lister.name) }));
  }

  takeRetained(lister: CountedAccount, entry: RetainedEntry): void {
    this.#running.takeRetained(lister, [entry]);
    this.#full.live.enterRetained(entry);
  }

  markRetained(podId: string): void {
    this.#running.markRetained(podId);
    this.#full.live.markRetained(podId);
  }

  keep(podId: string, gpuPod: GpuPod, kind: 'retained' | 'released'): void {
    this.#running.keep(podId, gpuPod, kind);
    this.#full.live.keep(podId, gpuPod, kind);
  }

  ended(podId: string): void {
    this.#running.ended(podId);
    this.#full.live.ended(podId);
  }

  note(gpuPod: GpuPod): void {
    this.#running.note(gpuPod);
    this.#full.note(gpuPod);
  }

  /** @returns what both decided */
  reserve(reserving: Omit<Reserving, 'session'>): readonly [boolean, boolean] {
    const session = LISTERS[0] ?? { name: '', userId: undefined, isOwn: true, wallets: [] };
    const all = { ...reserving, session };
    return [this.#running.reserve(all), this.#full.reserve(all)];
  }

  release(ended: Ended): void {
    this.#running.release(ended);
    this.#full.release(ended);
  }

  settle(name: string): void {
    this.#running.settle(name);
    this.#full.sent.drop(name);
  }

  parsed(key: string): GpuPod | undefined {
    const object = this.store.get(key);
    const parsed = object === undefined ? undefined : parseGpuPod(object);
    return parsed?.kind === 'ok' ? parsed.gpuPod : undefined;
  }

  /** What each gives for every GpuPod and scope. Both are asked in one sequence, because each question may note more. */
  answers(): readonly [Answers, Answers] {
    const uids = ['nobody', ...this.store.list().map(({ metadata }) => metadata.uid)];
    const running = uids.map((uid) => this.#running.elsewhereIn(uid, SCOPES));
    const full = uids.map((uid) => this.#full.elsewhereIn(uid, SCOPES));
    const summary = this.#running.summary();
    const fullSummary = this.#full.summary(SCOPES);
    const asAccount = ({ account = '', ...scope }: Scope) => ({ ...scope, account });
    const summed: readonly Totals[] = SCOPES.map((scope) =>
      scope.account === undefined
        ? summary.total(scope.unknownPrice)
        : scope.namespace === undefined
          ? summary.ofAccount(asAccount(scope))
          : (summary.namespacesOf(asAccount(scope), () => NAMESPACES).get(scope.namespace) ?? NO_TOTALS),
    );
    return [
      { elsewhere: running, summed, unowned: summary.unowned },
      { elsewhere: full, ...fullSummary },
    ];
  }

  limitsFor(namespace: string, isStrict: boolean): readonly SumLimit[] {
    const [, ml] = LISTERS;
    const scope = { account: ML, userId: ml?.userId };
    return [
      { scope: {}, micros: isStrict ? 6_000_000 : 50_000_000 },
      { scope, instances: 4 },
      { scope: { ...scope, namespace }, gpus: 5 },
    ];
  }

  ownerIn(namespace: string, isMl: boolean): ReturnType<typeof ownerFor> {
    return ownerFor(isMl ? { kind: 'ClusterGpuAccount', name: 'ml' } : undefined, namespace);
  }
}

const NO_TOTALS: Totals = { micros: 0, instances: 0, gpus: 0 };
