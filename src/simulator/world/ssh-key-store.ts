import type { Clock } from '../../clock.ts';
import type { RandomSource } from './random.ts';

/** A public key that can be installed on instances. */
export interface SshKey {
  id: string;
  userId: string;
  name: string;
  publicKey: string;
  isPrimary: boolean;
  createdAtMs: number;
  updatedAtMs: number;
}

/** The keys of all accounts. The first key of a user is the primary one. */
export class SshKeyStore {
  #keys: SshKey[] = [];
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#random = random;
  }

  of(userId: string): SshKey[] {
    return this.#keys.filter((key) => key.userId === userId);
  }

  find(userId: string, id: string): SshKey | undefined {
    return this.of(userId).find((key) => key.id === id);
  }

  /** The public key that a new instance of this user gets: the requested one, else the primary one. */
  installed(userId: string, requestedId?: string | null): string | null {
    const key =
      requestedId === undefined || requestedId === null
        ? this.of(userId).find(({ isPrimary }) => isPrimary)
        : this.find(userId, requestedId);
    return key?.publicKey ?? null;
  }

  add(userId: string, name: string, publicKey: string): SshKey {
    const nowMs = this.#clock.nowMs();
    const key = {
      id: this.#random.hexId(),
      userId,
      name,
      publicKey,
      isPrimary: this.of(userId).length === 0,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    this.#keys.push(key);
    return key;
  }

  makePrimary(primary: SshKey): void {
    for (const key of this.of(primary.userId)) {
      key.isPrimary = key === primary;
    }
    primary.updatedAtMs = this.#clock.nowMs();
  }

  remove(key: SshKey): void {
    this.#keys = this.#keys.filter((kept) => kept !== key);
  }
}
