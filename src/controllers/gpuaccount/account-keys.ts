import type { GpuAccount } from '../../api/gpuaccount/gpu-account.ts';
import type { Clock } from '../../clock.ts';
import { readAccountKey, secretOf } from './account-key.ts';
import type { AccountSecrets, KeyInSecret } from './account-key.ts';
import { SecretWatches } from './secret-watches.ts';
import type { SecretWatchesOptions } from './secret-watches.ts';

export interface AccountKeysOptions extends SecretWatchesOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly secrets: AccountSecrets;
  /** The operator's own namespace. */
  readonly namespace: string;
}

/** What is known of the key of an account. */
export interface ReadKey extends KeyInSecret {
  /** It was read just now. */
  readonly isNew: boolean;
}

interface Held {
  readonly found: KeyInSecret;
  readonly reference: string;
  readonly readAtMs: number;
}

/** While a watch is open, in case that it lost a change. */
const REREAD_WATCHED_MS = 900_000;

/**
 * The API keys of all accounts. Where the operator may watch the Secret of an account, it reads the Secret when it
 * changes; otherwise it reads it each time it is asked for.
 */
export class AccountKeys {
  readonly #options: AccountKeysOptions;
  readonly #watches: SecretWatches;
  readonly #held = new Map<string, Held>();
  /** How often the Secret of each account has changed. */
  readonly #changes = new Map<string, number>();

  constructor(options: AccountKeysOptions) {
    this.#options = options;
    this.#watches = new SecretWatches({
      watch: options.watch,
      onChange: (key) => {
        this.invalidate(key);
        options.onChange(key);
      },
    });
  }

  /** Whether a watch reports changes of the Secret, so that nobody needs to read it every few seconds. */
  isWatched(key: string, account: GpuAccount): boolean {
    return this.#watches.follow(key, secretOf(account, this.#options.namespace));
  }

  /** @throws the error of a read that may succeed later */
  async read(key: string, account: GpuAccount): Promise<ReadKey> {
    const { clock, secrets, namespace } = this.#options;
    const held = this.#heldOf(key, account);
    if (held !== undefined) {
      return { ...held.found, isNew: false };
    }
    const readAtMs = clock.monotonicMs();
    const changes = this.#changes.get(key);
    const found = await readAccountKey(secrets, account, namespace);
    // A change meanwhile may be newer than what was read.
    if (this.#changes.get(key) === changes) {
      this.#held.set(key, { found, reference: this.#referenceOf(account), readAtMs });
    }
    return { ...found, isNew: true };
  }

  /** The Secret of the account changed, or may have. */
  invalidate(key: string): void {
    this.#held.delete(key);
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + 1);
  }

  /** The account is gone. */
  forget(key: string): void {
    this.#watches.forget(key);
    this.#held.delete(key);
    this.#changes.delete(key);
  }

  stop(): void {
    this.#watches.stop();
  }

  #heldOf(key: string, account: GpuAccount): Held | undefined {
    const isWatched = this.isWatched(key, account);
    const held = this.#held.get(key);
    if (held === undefined || !isWatched) {
      return undefined;
    }
    const isYoung = this.#options.clock.monotonicMs() - held.readAtMs < REREAD_WATCHED_MS;
    return isYoung && held.reference === this.#referenceOf(account) ? held : undefined;
  }

  /** What decides which text is the key: another account of the name, or an edited reference, leads to another one. */
  #referenceOf({ metadata, spec }: GpuAccount): string {
    return [metadata.uid, spec.apiKeySecretRef.name, spec.apiKeySecretRef.key].join(' ');
  }
}
