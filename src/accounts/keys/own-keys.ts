import type { Clock } from '../../clock.ts';
import { fingerprintOfContent, installationOf } from '../../lifecycle/ssh-key/key-name.ts';
import type { RegisteredKey } from '../../lifecycle/ssh-key/ssh-key-api.ts';
import type { KeyUse } from './key-use.ts';

/** A key that this installation registered. */
export interface OwnKey extends RegisteredKey {
  readonly fingerprint: string;
  /** A GpuPod that this process serves needed it. */
  readonly wasNeededHere: boolean;
  /** How long it still counts as in use; 0 or less: only GpuPods that name it use it. */
  readonly graceLeftMs: number;
}

interface OwnKeysOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly installation: string;
  readonly use: Pick<KeyUse, 'graceLeftMs'>;
}

/** What this process knows about the keys that its installation registered with one account. */
export class OwnKeys {
  readonly #options: OwnKeysOptions;
  /** When this process first saw each of our keys, by ID. */
  readonly #knownSinceMs = new Map<string, number>();
  readonly #needed = new Set<string>();
  /** Keys that the provider shows in another form than they were registered in: their fingerprints, by ID. */
  readonly #altered = new Map<string, string>();

  constructor(options: OwnKeysOptions) {
    this.#options = options;
  }

  noteNeeded(fingerprint: string): void {
    this.#needed.add(fingerprint);
  }

  noteRegistered(keyId: string): void {
    this.#knownSinceMs.set(keyId, this.#options.clock.monotonicMs());
  }

  /** The provider gave a registered key this ID, and shows another content for it. */
  noteAltered(keyId: string, fingerprint: string): void {
    this.#altered.set(keyId, fingerprint);
  }

  /** The keys of another account follow. What was needed here stays: it may be needed there as well. */
  forget(): void {
    this.#knownSinceMs.clear();
    this.#altered.clear();
  }

  /**
   * Those of all listed keys that may be removed. The primary key is in use by whoever names none, at the web page too.
   * Where nobody else has a key, ours is primary only because it was the first one, and the account was empty before.
   */
  of(keys: readonly RegisteredKey[]): readonly OwnKey[] {
    const isEmptyWithout = keys.every((key) => this.#isOwn(key));
    const own = keys.filter((key) => this.#isOwn(key) && (isEmptyWithout || key.isPrimary !== true));
    this.#keepOnly(new Set(own.map(({ keyId }) => keyId)));
    return own.map((key) => this.#describe(key));
  }

  /** Whether only GpuPods that name it use the key now. */
  isGraceOver({ keyId, fingerprint }: Pick<OwnKey, 'keyId' | 'fingerprint'>): boolean {
    const sinceMs = this.#knownSinceMs.get(keyId) ?? Infinity;
    return this.#options.use.graceLeftMs(fingerprint, sinceMs) <= 0;
  }

  #isOwn(key: RegisteredKey): boolean {
    return this.#altered.has(key.keyId) || installationOf(key) === this.#options.installation;
  }

  #keepOnly(ids: ReadonlySet<string>): void {
    for (const keyId of this.#knownSinceMs.keys()) {
      if (!ids.has(keyId)) {
        this.#knownSinceMs.delete(keyId);
      }
    }
  }

  #describe(key: RegisteredKey): OwnKey {
    const { clock, use } = this.#options;
    const fingerprint = this.#altered.get(key.keyId) ?? fingerprintOfContent(key.content);
    const sinceMs = this.#knownSinceMs.get(key.keyId) ?? clock.monotonicMs();
    this.#knownSinceMs.set(key.keyId, sinceMs);
    const graceLeftMs = use.graceLeftMs(fingerprint, sinceMs);
    return { ...key, fingerprint, wasNeededHere: this.#needed.has(fingerprint), graceLeftMs };
  }
}
