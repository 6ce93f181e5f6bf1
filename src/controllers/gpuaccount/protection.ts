import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import { IN_USE_FINALIZER, ANNOTATIONS } from '../../api/common/names.ts';
import { apiErrorMessage, isConflict, isNotFound, isRefusal } from '../../kubernetes/client/api-errors.ts';
import type { MetadataPatch, ObjectName } from '../../kubernetes/client/resource-client.ts';
import type { Log } from '../../kubernetes/log.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { KeyInSecret } from './account-key.ts';

/** A Secret of an account, by name and UID. Another Secret of the name is not protected in its place. */
interface KeySecret extends ObjectName {
  readonly uid: string;
}

export interface ProtectionOptions {
  readonly log: Pick<Log, 'warn'>;
  /** Sets the finalizers that this operator owns on a Secret, and leaves those of others alone. */
  readonly applyFinalizers: (secret: KeySecret, finalizers: readonly string[]) => Promise<void>;
  /** The operator's own namespace, where the Secrets of ClusterGpuAccounts are. */
  readonly namespace: string;
  readonly patchAccount: (account: GpuAccount, patch: MetadataPatch) => Promise<KubernetesObject | undefined>;
  /** Whether another account needs this Secret. */
  readonly isNeededByOther: (secret: ObjectName, key: string) => boolean;
}

/**
 * Keeps an account and its Secret while GpuPods have instances or open create intents with it: without the key nobody
 * can terminate what it pays for. Both go as soon as nothing needs them.
 */
export class Protection {
  readonly #options: ProtectionOptions;
  /** Secrets that carry the finalizer, by the key of their account. */
  readonly #secrets = new Map<string, KeySecret>();
  /** Secrets that were read last, by the key of their account. */
  readonly #read = new Map<string, KeySecret>();
  readonly #refused = new Set<string>();

  constructor(options: ProtectionOptions) {
    this.#options = options;
  }

  /**
   * Notes what was read, so that a finalizer of an earlier process is found. A Secret that the operator may not read any
   * more stays protected.
   */
  noteSecret(key: string, { secret, refusal }: Pick<KeyInSecret, 'secret' | 'refusal'>): void {
    if (refusal !== undefined) {
      return;
    }
    if (secret === undefined) {
      this.#read.delete(key);
      return;
    }
    const { namespace, name, uid, finalizers = [] } = secret.metadata;
    this.#read.set(key, { namespace, name, uid });
    const isProtected = finalizers.includes(IN_USE_FINALIZER);
    if (isProtected && !this.#secrets.has(key)) {
      this.#secrets.set(key, { namespace, name, uid });
    }
    // Somebody replaced the Secret as a whole, for example to rotate the key.
    if (!isProtected && this.#secrets.get(key)?.uid === uid) {
      this.#secrets.delete(key);
    }
  }

  /** Sets or removes the finalizers, the Secret's first: while the account has one, the operator looks after both. */
  async sync(key: string, account: GpuAccount, isInUse: boolean): Promise<void> {
    const secret = this.#read.get(key);
    const isProtecting = isInUse && account.spec.protectSecret;
    if (!(await this.#releaseFormer(key, account))) {
      return;
    }
    const isReleased = await this.#releaseSecret(key, isProtecting ? secret : undefined);
    if (!isReleased) {
      return;
    }
    if (isProtecting && secret !== undefined && this.#secrets.get(key)?.uid !== secret.uid) {
      await this.#attempt(`${key} secret`, async () => {
        await this.#options.applyFinalizers(secret, [IN_USE_FINALIZER]);
        this.#secrets.set(key, secret);
      });
    }
    await this.#attempt(`${key} account`, async () => {
      await this.#syncAccount(account, isInUse, this.#recordOf(key, account));
    });
  }

  /** Whether the operator may not protect this account or its Secret. It then rents all the same, and the log says so. */
  isRefused(key: string): boolean {
    return this.#refused.has(`${key} account`) || this.#refused.has(`${key} secret`);
  }

  /** The account is gone, so nobody would remove the finalizer of its Secret later. */
  async forget(key: string): Promise<void> {
    await this.#releaseSecret(key, undefined);
    this.#read.delete(key);
    this.#refused.delete(`${key} secret`);
    this.#refused.delete(`${key} account`);
  }

  /** @returns whether no Secret but the kept one has the finalizer */
  async #releaseSecret(key: string, kept: KeySecret | undefined): Promise<boolean> {
    const held = this.#secrets.get(key);
    if (held === undefined || held.uid === kept?.uid) {
      return true;
    }
    return await this.#attempt(`${key} secret`, async () => {
      if (!this.#options.isNeededByOther(held, key)) {
        await this.#giveUp(held);
      }
      this.#secrets.delete(key);
    });
  }

  /** A Secret that is gone, or was replaced by another, needs nothing. */
  async #giveUp(secret: KeySecret): Promise<void> {
    try {
      await this.#options.applyFinalizers(secret, []);
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) {
        throw error;
      }
    }
  }

  /**
   * Releases the Secret that an earlier process protected and that the account no longer names. Only the account still
   * says which it is.
   *
   * @returns whether there is none
   */
  async #releaseFormer(key: string, account: GpuAccount): Promise<boolean> {
    const read = this.#read.get(key);
    const former = recordedSecret(account, this.#options.namespace);
    const known = [read?.uid, this.#secrets.get(key)?.uid];
    if (read === undefined || former === undefined || known.includes(former.uid)) {
      return true;
    }
    return await this.#attempt(`${key} secret`, async () => {
      if (!this.#options.isNeededByOther(former, key)) {
        await this.#giveUp(former);
      }
    });
  }

  /** Before the Secret is read, what an earlier process recorded stays. */
  #recordOf(key: string, { metadata }: GpuAccount): string | undefined {
    const secret = this.#secrets.get(key);
    const known = this.#read.has(key) ? undefined : metadata.annotations[ANNOTATIONS.protectedSecret];
    return secret === undefined ? known : `${secret.name}/${secret.uid}`;
  }

  async #syncAccount(account: GpuAccount, isInUse: boolean, record: string | undefined): Promise<void> {
    const { name, namespace, uid, resourceVersion, finalizers, deletionTimestamp } = account.metadata;
    const hasFinalizer = finalizers.includes(IN_USE_FINALIZER);
    // The API server accepts no new finalizer on an object that is being deleted.
    const isKept = isInUse && (hasFinalizer || deletionTimestamp === undefined);
    const recorded = account.metadata.annotations[ANNOTATIONS.protectedSecret];
    if (hasFinalizer === isKept && recorded === record) {
      return;
    }
    const others = finalizers.filter((finalizer) => finalizer !== IN_USE_FINALIZER);
    const metadata = {
      finalizers: isKept ? [...others, IN_USE_FINALIZER] : others,
      ...(recorded === record ? {} : { annotations: { [ANNOTATIONS.protectedSecret]: record ?? null } }),
    };
    await this.#options.patchAccount(account, { name, namespace, uid, resourceVersion, metadata });
  }

  /**
   * A write that was overtaken is repeated with the next reconcile. One that is refused is reported once.
   *
   * @returns whether it succeeded
   */
  async #attempt(what: string, write: () => Promise<void>): Promise<boolean> {
    try {
      await write();
      this.#refused.delete(what);
      return true;
    } catch (error) {
      if (!isRefusal(error) && !isConflict(error) && !isNotFound(error)) {
        throw error;
      }
      if (isRefusal(error) && !this.#refused.has(what)) {
        this.#refused.add(what);
        this.#options.log.warn(
          { account: what, problem: apiErrorMessage(error) },
          'failed to protect an account that is in use from deletion; check the rights of the operator',
        );
      }
      return false;
    }
  }
}

function recordedSecret(
  { metadata: { annotations, namespace } }: GpuAccount,
  operatorNamespace: string,
): KeySecret | undefined {
  const [name = '', uid = ''] = (annotations[ANNOTATIONS.protectedSecret] ?? '').split('/');
  return name === '' || uid === '' ? undefined : { namespace: namespace ?? operatorNamespace, name, uid };
}
