import { identityOf } from '../../../lifecycle/account.ts';
import { attemptKey, isSameAttempt, parsePodName } from '../../../lifecycle/pod-name.ts';
import type { InstanceSnapshot } from '../../../lifecycle/provider.ts';
import { timeMs } from '../../../lifecycle/status/timestamp.ts';
import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import type { Context } from '../context.ts';
import { listAllGpuPods } from '../list-all.ts';
import type { LeftInstances } from './left-instances.ts';
import { indexLiving, isNewer } from './living.ts';
import type { Living } from './living.ts';
import { remember } from './remember.ts';

export type OrphanPolicy = 'Report' | 'Terminate';

type Sweeping = Pick<Context, 'view' | 'api' | 'installation' | 'retained' | 'session' | 'log'>;

export interface SweepOptions {
  readonly policy: OrphanPolicy;
  /** Why an instance with the ID of this installation may belong to another cluster; undefined: it cannot. */
  readonly idDoubt: string | undefined;
  /** When the installation was created. Older instances cannot be its orphans. */
  readonly installedAt: string | undefined;
  /** Requests a reconcile of the GpuPod. */
  readonly enqueue: (key: string) => void;
  /** Terminates what GpuPods left on this account, since others act for them. */
  readonly left: Pick<LeftInstances, 'run'>;
  /** Called after each sweep. */
  readonly onCounted?: (counts: { readonly duplicates: number; readonly orphans: number }) => void;
}

const MAX_KNOWN_HASHES = 100_000;
/** Consecutive sweeps that must show an orphan before the operator may terminate it. */
const SWEEPS_BEFORE_END = 3;

/**
 * Compares an inventory with the cluster. A duplicate goes to its GpuPod, which terminates it. An instance of ours
 * that belongs to no GpuPod is an orphan: the operator reports it, and terminates it only if the policy says so.
 */
export class Sweep {
  readonly #context: Sweeping;
  readonly #options: SweepOptions;
  readonly #sweepsSeen = new Map<string, number>();
  /**
   * Hashes of GpuPods that this process saw in this cluster. An instance named for one of them belongs to no other
   * cluster.
   */
  readonly #knownHashes = new Set<string>();

  constructor(context: Sweeping, options: SweepOptions) {
    this.#context = context;
    this.#options = options;
  }

  async run(instances: readonly InstanceSnapshot[]): Promise<void> {
    const ours = instances.filter(({ name, status }) => this.#isOurs(name) && status !== 'TERMINATED');
    const living = indexLiving(this.#context.view.list());
    remember(this.#knownHashes, living.keyByHash.keys(), MAX_KNOWN_HASHES);
    const duplicates = this.#findDuplicates(ours, living);
    for (const key of duplicates.values()) {
      this.#options.enqueue(key);
    }
    await this.#options.left.run(duplicates);
    const orphans = await this.#findOrphans(ours);
    this.#forgetOthers(orphans);
    this.#options.onCounted?.({ duplicates: duplicates.size, orphans: orphans.length });
    for (const orphan of orphans) {
      await this.#handleOrphan(orphan);
    }
  }

  #isOurs(name: string | undefined): boolean {
    return parsePodName(name)?.installation === this.#context.installation;
  }

  #findDuplicates(ours: readonly InstanceSnapshot[], living: Living): ReadonlyMap<InstanceSnapshot, string> {
    const duplicates = new Map<InstanceSnapshot, string>();
    for (const instance of ours) {
      const { podId, name } = instance;
      const key = living.keyByHash.get(parsePodName(name)?.objectHash ?? '');
      const isOwn = living.podIds.has(podId) || living.intended.has(attemptKey(name));
      if (key !== undefined && !isOwn) {
        duplicates.set(instance, key);
      }
    }
    return duplicates;
  }

  #isOrphan(living: Living, { podId, name, createdAt }: InstanceSnapshot): boolean {
    return (
      !living.podIds.has(podId) &&
      !living.podNames.has(attemptKey(name)) &&
      !living.keyByHash.has(parsePodName(name)?.objectHash ?? '') &&
      !(this.#ageAtInstallationMs(createdAt) > 0)
    );
  }

  /** An instance is an orphan only if the cluster, read live after the list of the provider, does not know it. */
  async #findOrphans(ours: readonly InstanceSnapshot[]): Promise<readonly Orphan[]> {
    const cached = indexLiving(this.#context.view.list());
    const suspects = ours.filter((instance) => this.#isOrphan(cached, instance));
    if (suspects.length === 0) {
      return [];
    }
    const living = await listAllGpuPods(this.#context.api);
    const live = living === undefined ? cached : indexLiving(living);
    const doubt = living === undefined ? NOT_SEEN : live.hasUnreadable ? NOT_READ : undefined;
    const orphans: Orphan[] = [];
    for (const instance of suspects) {
      if (!this.#isOrphan(live, instance)) {
        continue;
      }
      if (await this.#context.retained.has(instance)) {
        this.#context.session.reservations.markRetained(instance.podId);
      } else {
        orphans.push({ instance, doubt: doubt ?? this.#doubtOf(instance, live) });
      }
    }
    return orphans;
  }

  /** Why the orphan may belong to somebody else, although it carries the ID of this installation. */
  #doubtOf(instance: InstanceSnapshot, living: Living): string | undefined {
    if (isNewer(living, instance)) {
      return NEWER;
    }
    const { createdAt, name } = instance;
    const { idDoubt } = this.#options;
    const otherUser = this.#userDoubtOf(instance);
    if (otherUser !== undefined) {
      return otherUser;
    }
    if (Number.isNaN(this.#ageAtInstallationMs(createdAt))) {
      return NO_AGE;
    }
    return idDoubt === undefined || this.#knownHashes.has(parsePodName(name)?.objectHash ?? '')
      ? undefined
      : OTHER_CLUSTER;
  }

  /** In a team any member may have rented it; in a personal wallet there is only the key's own user. */
  #userDoubtOf({ userId, teamId }: InstanceSnapshot): string | undefined {
    const session = identityOf(this.#context.session.account.state);
    if (userId === undefined || session?.userId === userId) {
      return undefined;
    }
    if (session !== undefined) {
      return OTHER_USER;
    }
    return teamId === undefined ? undefined : UNKNOWN_USER;
  }

  /** NaN if the age is unknown. */
  #ageAtInstallationMs(createdAt: string | undefined): number {
    const { installedAt } = this.#options;
    return installedAt === undefined ? -Infinity : timeMs(installedAt) - timeMs(createdAt);
  }

  #forgetOthers(orphans: readonly Orphan[]): void {
    const ids = new Set(orphans.map(({ instance }) => instance.podId));
    for (const podId of this.#sweepsSeen.keys()) {
      if (!ids.has(podId)) {
        this.#sweepsSeen.delete(podId);
      }
    }
  }

  async #handleOrphan({ instance, doubt }: Orphan): Promise<void> {
    const { log, session } = this.#context;
    const { provider } = session;
    const { podId, name, priceUsdPerHour } = instance;
    const sweeps = (this.#sweepsSeen.get(podId) ?? 0) + 1;
    this.#sweepsSeen.set(podId, sweeps);
    const fields = { podId, podName: name, usdPerHour: priceUsdPerHour, sweeps };
    if (doubt !== undefined) {
      log.warn(doubt === OTHER_CLUSTER ? { ...fields, why: this.#options.idDoubt } : fields, doubt);
      return;
    }
    if (this.#options.policy === 'Report') {
      log.warn(fields, REPORTED);
      return;
    }
    if (sweeps < SWEEPS_BEFORE_END) {
      log.warn(fields, SEEN_TOO_SELDOM);
      return;
    }
    const fence = whileSessionLasts(session);
    // Requests wait for their turn, minutes even. A GpuPod that was restored meanwhile has adopted the instance.
    const mayStillSend = (): boolean =>
      fence.mayStillSend() && this.#isOrphan(indexLiving(this.#context.view.list()), instance);
    const answer = await provider.getPod(podId);
    if (
      answer.kind === 'ok' &&
      isSameAttempt(answer.value.name, name) &&
      answer.value.status !== 'TERMINATED'
    ) {
      const outcome = await provider.deletePod(podId, { mayStillSend });
      log.warn({ ...fields, outcome: outcome.kind }, 'requested termination of an orphaned instance');
    }
  }
}

interface Orphan {
  readonly instance: InstanceSnapshot;
  /** Why it may belong to a GpuPod nevertheless. The operator then only reports it. */
  readonly doubt: string | undefined;
}

const REPORTED =
  'orphaned instance bills and belongs to no GpuPod; terminate it at the provider, or run with --orphan-policy=Terminate';
const SEEN_TOO_SELDOM =
  'orphaned instance bills and belongs to no GpuPod; the operator terminates it once three sweeps in a row have shown it';
const NOT_SEEN =
  'orphaned instance bills and belongs to no GpuPod of the watched namespaces; others cannot be seen, so the operator does not terminate it: terminate it at the provider';
const NO_AGE =
  'orphaned instance bills and belongs to no GpuPod; it may be older than this installation, so the operator does not terminate it: terminate it at the provider';
const OTHER_USER =
  'orphaned instance bills and belongs to no GpuPod; another user of the team rented it, so the operator does not terminate it: ask that user, then terminate it at the provider';
const UNKNOWN_USER =
  'orphaned instance bills and belongs to no GpuPod; the API key does not say whose it is, so another user of the team may have rented it and the operator does not terminate it: ask whose it is, then terminate it at the provider';
const OTHER_CLUSTER =
  'orphaned instance bills and belongs to no GpuPod that was seen here; it may be of another cluster, so the operator does not terminate it';
const NEWER =
  'orphaned instance bills, and is newer than what a restored GpuPod with the same UID in its create intent records; it may be in use, so the operator does not terminate it: ask its user, then terminate it at the provider';
const NOT_READ =
  'orphaned instance bills and belongs to no GpuPod that this version can read; there are GpuPods that it cannot read, so the operator does not terminate it: apply the CRD of this version, or terminate it at the provider';
