import { KeyUse } from '../../../src/accounts/keys/key-use.ts';
import { SshKeys } from '../../../src/accounts/keys/ssh-keys.ts';
import type { EnsuredKey } from '../../../src/accounts/keys/ssh-keys.ts';
import type { AccountState } from '../../../src/lifecycle/observation.ts';
import type { Answer, DeleteOutcome } from '../../../src/lifecycle/provider.ts';
import type { NewKey, RegisteredKey, RegisterOutcome } from '../../../src/lifecycle/ssh-key/ssh-key-api.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { failure } from '../../support/builders/snapshots.ts';
import { aPublicKey } from '../../support/builders/ssh-keys.ts';

export const INSTALLATION = 'abc123';
export const GRACE_MS = 300_000;

/** The keys of a session, over a provider that does what the test says. */
export class SshKeyBench {
  readonly clock = new VirtualClock();
  /** What the provider has. */
  readonly stored: RegisteredKey[] = [];
  /** The key of a person, without which the operator registers none. */
  primary: RegisteredKey | undefined = {
    keyId: 'key-0',
    name: 'primary',
    content: aPublicKey(99).content,
    isPrimary: true,
  };
  readonly requests: string[] = [];
  state: AccountState = { kind: 'fits', userId: 'user-1', sinceMs: 1 };
  /** Replaces the answer to the next registration; the key is stored or not as it says. */
  next: { readonly isStored: boolean; readonly outcome: RegisterOutcome } | undefined;
  list: Answer<readonly RegisteredKey[]> | undefined;
  mayStillSend = true;
  /** How often the installation recorded that it has keys. */
  records = 0;
  readonly use = new KeyUse({
    clock: this.clock,
    graceMs: GRACE_MS,
    mayHaveKeys: false,
    record: async () => {
      this.records += 1;
      await Promise.resolve();
    },
  });
  readonly keys: SshKeys;

  constructor() {
    this.keys = new SshKeys({
      clock: this.clock,
      log: new RecordingLog(),
      installation: INSTALLATION,
      account: this,
      use: this.use,
      provider: {
        listSshKeys: async () => await this.#list(),
        createSshKey: async (key) => await this.#create(key),
        deleteSshKey: async (keyId, { mayStillSend }) => await this.#delete(keyId, mayStillSend),
      },
    });
  }

  async ensure(byte = 7): Promise<EnsuredKey> {
    return await this.keys.ensure(aPublicKey(byte), { mayStillSend: () => this.mayStillSend });
  }

  /** The provider forgets the key that is in use. */
  async forget(byte = 7): Promise<boolean> {
    const ensured = await this.ensure(byte);
    const keyId = ensured.kind === 'ok' ? ensured.keyId : '';
    return this.keys.forget(aPublicKey(byte).fingerprint, keyId);
  }

  async #list(): Promise<Answer<readonly RegisteredKey[]>> {
    this.requests.push('list');
    return await Promise.resolve(this.list ?? { kind: 'ok', value: this.#all() });
  }

  #all(): readonly RegisteredKey[] {
    return this.primary === undefined ? [...this.stored] : [this.primary, ...this.stored];
  }

  async #delete(keyId: string, mayStillSend: () => boolean): Promise<DeleteOutcome> {
    if (!mayStillSend()) return await Promise.resolve(failure());
    this.requests.push(`remove ${keyId}`);
    const index = this.stored.findIndex((key) => key.keyId === keyId);
    if (index >= 0) this.stored.splice(index, 1);
    return await Promise.resolve({ kind: 'accepted' });
  }

  async #create({ name, publicKey }: NewKey): Promise<RegisterOutcome> {
    this.requests.push(`register ${name}`);
    const planned = this.next;
    this.next = undefined;
    const key = { keyId: `key-${String(this.stored.length + 1)}`, name, content: publicKey };
    if (planned?.isStored ?? true) this.stored.push(key);
    return await Promise.resolve(planned?.outcome ?? { kind: 'created', key });
  }
}
