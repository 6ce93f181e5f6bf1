import { parseGpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import { IN_USE_FINALIZER } from '../../api/common/names.ts';
import type { AccountKind } from '../../api/common/names.ts';
import type { Clock } from '../../clock.ts';
import type { MetadataPatch, ObjectName } from '../../kubernetes/client/resource-client.ts';
import type { Source } from '../../kubernetes/cache/source.ts';
import { ownKey } from '../../kubernetes/cache/source.ts';
import { Controller } from '../../kubernetes/controller.ts';
import type { ControllerObserver, Reconciled } from '../../kubernetes/controller.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { objectKey, splitKey } from '../../kubernetes/objects.ts';
import type { Runnable } from '../../kubernetes/runnable.ts';
import { accountKey } from '../../lifecycle/account-identity.ts';
import { sessionNameOf } from '../gpupod/accounts/account-sessions.ts';
import type { AccountReading, AccountSessionsPort } from '../gpupod/accounts/account-sessions.ts';
import type { UsageReader } from '../gpupod/accounts/account-records.ts';
import type { Events } from '../gpupod/ports.ts';
import type { AccountSecrets } from './account-key.ts';
import { AccountKeys } from './account-keys.ts';
import { accountsOf, kindOf, queueKeyOf } from './account-objects.ts';
import { draftAccountStatus } from './account-status.ts';
import { AccountStatusWriter } from './account-status-writer.ts';
import { Protection } from './protection.ts';
import type { ProtectionOptions } from './protection.ts';
import type { SecretWatchesOptions } from './secret-watches.ts';

/** Accounts of one kind: those that this process last saw, and how their status is written. */
export interface AccountsOfKind {
  readonly source: Source;
  readonly view: {
    get(key: string): KubernetesObject | undefined;
    list(): readonly KubernetesObject[];
    applyLocal(object: KubernetesObject): boolean;
  };
  readonly api: {
    replaceStatus(object: KubernetesObject): Promise<KubernetesObject>;
    patchMetadata(patch: MetadataPatch): Promise<KubernetesObject>;
  };
  /** Resolves when the CRD of this kind has been compared with that of this version. */
  readonly whenCrdCompared: () => Promise<void>;
}

export interface GpuAccountControllerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** ClusterGpuAccount is absent if the operator watches only some namespaces. */
  readonly kinds: { readonly [K in AccountKind]?: AccountsOfKind | undefined };
  readonly gpuPods: Source;
  /** What the GpuPods of an account have, by its name. */
  readonly usageOf: UsageReader;
  readonly sessions: AccountSessionsPort;
  readonly secrets: AccountSecrets & {
    applyFinalizers: ProtectionOptions['applyFinalizers'];
    watch: SecretWatchesOptions['watch'];
  };
  readonly events: Events;
  /** The operator's own namespace, where the Secrets of ClusterGpuAccounts are. */
  readonly namespace: string;
  readonly observer?: ControllerObserver | undefined;
  readonly random?: () => number;
}

/** A new key is in use within 5 s, so a Secret that may not be watched is read at least every 4 s, whatever the jitter. */
const READ_KEY_MS = 3_000;
/** With many accounts, such reads are at most 50 a second. */
const READ_GAP_MS = 20;
/**
 * While the Secret is watched, this costs no request: it compares what the operator knows with the status. Where the
 * watch has ended, it reads the Secret.
 */
const COMPARE_MS = 4_000;
/** Between two reconciles of one account, however many of its GpuPods change. */
const MIN_GAP_MS = 500;
const MAX_RETRY_MS = 30_000;
const CONCURRENCY = 8;

/** The controller of GpuAccounts and ClusterGpuAccounts: Secret → key → session → status. It runs on the leader. */
export class GpuAccountController implements Runnable {
  readonly #options: GpuAccountControllerOptions;
  readonly #controller: Controller;
  readonly #beganAtMs = new Map<string, number>();
  readonly #writer: AccountStatusWriter;
  readonly #protection: Protection;
  readonly #keys: AccountKeys;

  constructor(options: GpuAccountControllerOptions) {
    this.#options = options;
    const { clock, log, observer, random, kinds, gpuPods, secrets, events } = options;
    this.#writer = new AccountStatusWriter({ clock, log, events, kinds });
    this.#keys = new AccountKeys({
      ...options,
      watch: secrets.watch,
      onChange: (key) => {
        this.#controller.enqueue(key);
      },
    });
    this.#protection = new Protection({
      namespace: options.namespace,
      log,
      applyFinalizers: async (secret, finalizers) => {
        await secrets.applyFinalizers(secret, finalizers);
      },
      patchAccount: async ({ kind }, patch) => {
        const written = await kinds[kind]?.api.patchMetadata(patch);
        if (written !== undefined) {
          kinds[kind]?.view.applyLocal(written);
        }
        return written;
      },
      isNeededByOther: (secret, key) => this.#isSecretNeeded(secret, key),
    });
    this.#controller = new Controller({
      clock,
      log,
      name: 'gpuaccount',
      watches: [
        ...servedKinds(kinds).map(({ source }) => ({ source, toKeys: ownKey })),
        { source: gpuPods, toKeys: accountsOf },
      ],
      reconcile: async (key) => await this.#reconcile(key),
      workers: { concurrency: CONCURRENCY },
      retryWithinMs: () => MAX_RETRY_MS,
      observer,
      ...(random === undefined ? {} : { random }),
    });
  }

  start(): void {
    this.#controller.start();
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
    // A reconcile that ran until now may have opened a watch.
    this.#keys.stop();
  }

  /** Why nothing new may be rented: a CRD drops who owns the API keys of accounts. */
  get crdProblem(): string | undefined {
    return this.#writer.problem;
  }

  /** The older CRD was replaced by the right one. */
  onCrdHealed(): void {
    this.#writer.forgetDropped();
  }

  /** The key of this account was checked, or turned out to be another user's. */
  onAccountChanged(name: string): void {
    for (const object of this.#list()) {
      const parsed = parseGpuAccount(object);
      if (parsed.kind === 'ok' && sessionNameOf(parsed.account) === name) {
        this.#controller.enqueue(objectKey(object));
      }
    }
  }

  /**
   * Keeps an account and its Secret from now on. Awaited before the create intent is written, because the account may be
   * deleted in the next moment, and nobody could terminate the instance then.
   *
   * @returns false if the account changed meanwhile, so that its create request has to be decided again
   * @throws the error of a Kubernetes API request, unless the API server refuses it
   */
  async protect(name: string): Promise<boolean> {
    const key = queueKeyOf(name);
    const found = this.#find(key);
    if (found === undefined || isKept(found)) {
      return true;
    }
    await this.#protection.sync(key, found, true);
    const account = this.#find(key);
    return this.#protection.isRefused(key) || (account !== undefined && isKept(account));
  }

  #list(): readonly KubernetesObject[] {
    return servedKinds(this.#options.kinds).flatMap(({ view }) => [...view.list()]);
  }

  async #reconcile(key: string): Promise<Reconciled> {
    const { clock, kinds, sessions, log } = this.#options;
    const kind = kindOf(key);
    const object = kinds[kind]?.view.get(key);
    if (object === undefined) {
      const { name, namespace: own = '' } = splitKey(key);
      sessions.close(accountKey({ kind, name }, own));
      await this.#protection.forget(key);
      this.#keys.forget(key);
      this.#beganAtMs.delete(key);
      this.#writer.forget(key);
      return DONE;
    }
    const parsed = parseGpuAccount(object);
    if (parsed.kind === 'invalid') {
      log.error(
        { account: key, problems: parsed.problems },
        'failed to read an account that does not fit this version; check that its CRD is up to date',
      );
      return DONE;
    }
    // An older CRD drops limits, so no account of it may rent before that is known.
    await kinds[kind]?.whenCrdCompared();
    // At once: the namespace may be deleted in the next moment.
    const protectedAccount = await this.#protect(key, parsed.account, false);
    const waitMs = (this.#beganAtMs.get(key) ?? -Infinity) + MIN_GAP_MS - clock.monotonicMs();
    if (waitMs > 0) {
      return { kind: 'done', requeueAfterMs: waitMs };
    }
    this.#beganAtMs.set(key, clock.monotonicMs());
    return protectedAccount === undefined ? { kind: 'retry' } : await this.#useKey(key, protectedAccount);
  }

  async #useKey(key: string, protectedAccount: GpuAccount): Promise<Reconciled> {
    const read = await this.#keys.read(key, protectedAccount);
    const reading = this.#options.sessions.use(protectedAccount, read);
    if (read.isNew) {
      this.#protection.noteSecret(key, read);
    }
    const account = await this.#protect(key, protectedAccount, true);
    return account === undefined ? { kind: 'retry' } : await this.#writeStatus(key, account, reading);
  }

  /**
   * @param hasRead the Secret was read, so that a finalizer of an earlier process on it is known
   * @returns the account after the write; undefined if it is gone
   */
  async #protect(key: string, account: GpuAccount, hasRead: boolean): Promise<GpuAccount | undefined> {
    const { usageOf } = this.#options;
    const name = sessionNameOf(account);
    const isHeld = isKept(account);
    const isUsed = usageOf(name).holders.length > 0;
    const isInUse = isUsed || (isHeld && usageOf(name, true).holders.length > 0);
    if (isInUse || hasRead) {
      await this.#protection.sync(key, account, isInUse);
    }
    return this.#find(key);
  }

  /** The account as this process last saw it; undefined if there is none that this version can read. */
  #find(key: string): GpuAccount | undefined {
    const object = this.#options.kinds[kindOf(key)]?.view.get(key);
    const parsed = object === undefined ? undefined : parseGpuAccount(object);
    return parsed?.kind === 'ok' ? parsed.account : undefined;
  }

  #isSecretNeeded({ namespace, name }: ObjectName, key: string): boolean {
    return this.#list().some((object) => {
      const parsed = parseGpuAccount(object);
      if (parsed.kind === 'invalid' || objectKey(object) === key) {
        return false;
      }
      const { metadata, spec } = parsed.account;
      const where = metadata.namespace ?? this.#options.namespace;
      const isSame = where === namespace && spec.apiKeySecretRef.name === name && spec.protectSecret;
      return isSame && this.#options.usageOf(sessionNameOf(parsed.account), true).holders.length > 0;
    });
  }

  async #writeStatus(key: string, account: GpuAccount, reading: AccountReading): Promise<Reconciled> {
    const { clock, usageOf } = this.#options;
    const usage = usageOf(sessionNameOf(account));
    const next = draftAccountStatus(account, { ...reading, ...usage, wallMs: clock.nowMs() });
    const readMs = Math.max(READ_KEY_MS, READ_GAP_MS * this.#list().length);
    const requeueAfterMs = this.#keys.isWatched(key, account) ? COMPARE_MS : readMs;
    return (await this.#writer.write(key, account, next)) === 'conflict'
      ? { kind: 'retry' }
      : { kind: 'done', requeueAfterMs };
  }
}

function servedKinds(kinds: GpuAccountControllerOptions['kinds']): readonly AccountsOfKind[] {
  return Object.values(kinds).filter((of) => of !== undefined);
}

function isKept({ metadata: { finalizers } }: GpuAccount): boolean {
  return finalizers.includes(IN_USE_FINALIZER);
}

const DONE: Reconciled = { kind: 'done' };
