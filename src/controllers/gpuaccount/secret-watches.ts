import type { ObjectName } from '../../kubernetes/client/resource-client.ts';

/** A watch of one Secret. */
export interface SecretWatch {
  /** Whether the watch is open, so that `onChange` is called for every change. */
  readonly isOpen: boolean;
  start(): void;
  stop(): void;
}

export interface SecretWatchesOptions {
  /** Prepares a watch of one Secret, which calls `onChange` when it may have changed. */
  readonly watch: (secret: ObjectName, onChange: () => void) => SecretWatch;
  /** The Secret of this account may have changed. */
  readonly onChange: (account: string) => void;
}

/** Each watch holds a TLS connection, about 100 KiB. The Secrets of further accounts are only read. */
const MAX_WATCHES = 500;

interface Followed {
  readonly watch: SecretWatch;
  readonly accounts: Set<string>;
}

/** Watches of the Secrets that accounts name, one for each Secret. */
export class SecretWatches {
  readonly #options: SecretWatchesOptions;
  readonly #bySecret = new Map<string, Followed>();
  readonly #secretOf = new Map<string, string>();

  constructor(options: SecretWatchesOptions) {
    this.#options = options;
  }

  /**
   * Watches this Secret for the account from now on, and no other.
   *
   * @returns whether its watch is open, so that it need not be read to learn of a change
   */
  follow(account: string, secret: ObjectName): boolean {
    const name = `${secret.namespace ?? ''}/${secret.name}`;
    if (this.#secretOf.get(account) !== name) {
      this.forget(account);
      this.#join(account, name, secret);
    }
    return this.#bySecret.get(name)?.watch.isOpen ?? false;
  }

  /** The account is gone. */
  forget(account: string): void {
    const name = this.#secretOf.get(account) ?? '';
    const followed = this.#bySecret.get(name);
    this.#secretOf.delete(account);
    followed?.accounts.delete(account);
    if (followed?.accounts.size === 0) {
      followed.watch.stop();
      this.#bySecret.delete(name);
    }
  }

  stop(): void {
    for (const account of [...this.#secretOf.keys()]) {
      this.forget(account);
    }
  }

  #join(account: string, name: string, secret: ObjectName): void {
    const followed = this.#bySecret.get(name) ?? this.#open(name, secret);
    if (followed !== undefined) {
      followed.accounts.add(account);
      this.#secretOf.set(account, name);
    }
  }

  #open(name: string, secret: ObjectName): Followed | undefined {
    if (this.#bySecret.size >= MAX_WATCHES) {
      return undefined;
    }
    const accounts = new Set<string>();
    const watch = this.#options.watch(secret, () => {
      for (const account of accounts) {
        this.#options.onChange(account);
      }
    });
    const followed = { watch, accounts };
    this.#bySecret.set(name, followed);
    watch.start();
    return followed;
  }
}
