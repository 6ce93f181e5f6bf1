import { whileSessionLasts } from '../../../accounts/identity/session-fence.ts';
import type { OwnKey } from '../../../accounts/keys/own-keys.ts';
import type { Context } from '../context.ts';
import { listAllGpuPods } from '../list-all.ts';
import { UsedKeys, usedKeys } from './key-holders.ts';
import { remember } from './remember.ts';

type Sweeping = Pick<
  Context,
  'view' | 'api' | 'session' | 'policy' | 'log' | 'timings' | 'isLeaseFresh' | 'isStopping'
>;

export interface SshKeySweepOptions {
  /** This cluster is a copy of another one, whose GpuPods may use the same keys. */
  readonly isClone: boolean;
  /** Why keys with the ID of this installation may belong to another cluster; undefined: they cannot. */
  readonly idDoubt: string | undefined;
}

/** So many failures in a row do not pass by themselves, and are logged once. */
const LASTING_FAILURES = 3;
/** Fingerprints that this process saw in use. More than any cluster has; beyond it, the oldest are forgotten. */
const MAX_SEEN = 100_000;

/**
 * Removes the keys that this installation registered with one account and that no GpuPod uses any more. It never touches
 * a key of a person or of another installation. A key that is removed by mistake costs a registration: a create request
 * that names it is refused, and repeated.
 */
export class SshKeySweep {
  readonly #context: Sweeping;
  readonly #options: SshKeySweepOptions;
  readonly #seenHere = new Set<string>();
  #isRefused = false;
  #failuresInARow = 0;

  constructor(context: Sweeping, options: SshKeySweepOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @returns milliseconds until another run can find something; undefined: none can before the next release */
  async run(): Promise<number | undefined> {
    const { session, view, timings, policy } = this.#context;
    if (this.#options.isClone) {
      return undefined;
    }
    const fence = whileSessionLasts(session);
    const listed = await session.sshKeys.listOwn();
    if (listed.kind === 'failure') {
      return this.#noteFailure(listed);
    }
    this.#isRefused = false;
    this.#failuresInARow = 0;
    const used = usedKeys(view.list(), policy);
    remember(this.#seenHere, used?.fingerprints ?? [], MAX_SEEN);
    const unused = listed.value.filter((key) => used?.has(key) === false);
    const due = unused.filter(({ graceLeftMs }) => graceLeftMs <= 0);
    const waitMs = Math.min(...unused.map(({ graceLeftMs }) => graceLeftMs).filter((ms) => ms > 0));
    const failed = due.length > 0 && (await this.#removeAll(due, fence.mayStillSend));
    const nextMs = failed ? Math.min(waitMs, timings.sweepMs) : waitMs;
    return Number.isFinite(nextMs) ? nextMs : undefined;
  }

  /** Without the permission for SSH keys, the operator can neither list nor remove them. It says so once. */
  #noteFailure({
    reason,
    message,
  }: {
    readonly reason: string;
    readonly message: string;
  }): number | undefined {
    const { log, timings } = this.#context;
    if (reason !== 'Unauthorized') {
      this.#failuresInARow += 1;
      if (this.#failuresInARow === LASTING_FAILURES) {
        log.warn({ problem: message }, 'failed to look for unused SSH keys several times; they stay for now');
      }
      return timings.sweepMs;
    }
    if (!this.#isRefused) {
      log.warn({ problem: message }, 'failed to look for unused SSH keys; the API key lacks the permission');
    }
    this.#isRefused = true;
    return undefined;
  }

  /** @returns whether some could not be removed now */
  async #removeAll(keys: readonly OwnKey[], isSameSession: () => boolean): Promise<boolean> {
    const living = await listAllGpuPods(this.#context.api);
    const used = living === undefined ? new UsedKeys() : usedKeys(living, this.#context.policy);
    const isWhole = living !== undefined && this.#options.idDoubt === undefined;
    let hasFailed = false;
    for (const key of keys) {
      const isOurs = isWhole || key.wasNeededHere || this.#seenHere.has(key.fingerprint);
      if (isOurs && used?.has(key) === false) {
        hasFailed = (await this.#remove(key, isSameSession)) || hasFailed;
      }
    }
    return hasFailed;
  }

  /** Other GpuPods may have begun to use the key since the list, so that is checked at the last moment. */
  async #remove(key: OwnKey, isSameSession: () => boolean): Promise<boolean> {
    const { session, view, policy, log, isLeaseFresh, isStopping } = this.#context;
    const outcome = await session.sshKeys.remove(key, {
      mayStillSend: () =>
        isSameSession() &&
        isLeaseFresh() &&
        !isStopping() &&
        usedKeys(view.list(), policy)?.has(key) === false,
    });
    const { fingerprint, keyId } = key;
    log.info({ fingerprint, keyId, outcome: outcome.kind }, 'requested removal of an unused SSH key');
    return outcome.kind === 'failure';
  }
}
