import type { AccountState } from '../../../src/lifecycle/observation.ts';
import type { Answer, Failure, InstanceList } from '../../../src/lifecycle/provider.ts';
import { AccountWatch } from '../../../src/accounts/identity/account-watch.ts';
import type { AccountWatchOptions } from '../../../src/accounts/identity/account-watch.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { failure } from '../../support/builders/snapshots.ts';

export const ORIGIN = 'https://api.primeintellect.ai';
export const OURS = 'cmt057f9g0001tl3pyq7ua6o7';
export const THEIRS = 'cmu168g0h0002um4qzr8vb7p8';
export const RECORDED = `${ORIGIN} ${OURS}`;

export function refused(httpStatus: number): Failure {
  return failure({ reason: 'Unauthorized', httpStatus });
}

export function odd(httpStatus: number): Failure {
  return failure({ reason: 'UnexpectedResponse', httpStatus });
}

export const EMPTY: Answer<InstanceList> = {
  kind: 'ok',
  value: { instances: [], beganAtMs: 0, wallets: [] },
};

/** What the provider answers, and what the cluster has recorded. */
export interface AccountCase {
  readonly whoami: string | Failure;
  readonly reads?: Answer<never> | 'ok';
  readonly recorded?: string | undefined;
  readonly former?: string;
  readonly named?: readonly string[];
  readonly accept?: string;
  readonly ownsUnmarked?: boolean;
  /** Fingerprints of the key in use and of the recorded key. */
  readonly key?: string;
  readonly recordedKey?: string;
}

export class AccountBench {
  readonly log = new RecordingLog();
  readonly records: (readonly [string, string | undefined])[] = [];
  readonly recordedKeys: (string | undefined)[] = [];
  changes = 0;
  nowMs = 1_000;
  version = 1;
  key: string | undefined;
  whoami: string | Failure;
  list: Answer<InstanceList> = failure({ reason: 'ApiUnavailable' });
  questions = 0;
  hanging: Promise<undefined> | undefined;
  /** Resolve it to let the operator stop waiting for the answer. */
  patience = Promise.withResolvers<undefined>();
  readonly watch: AccountWatch;

  constructor(given: AccountCase) {
    const { whoami, reads = 'ok', recorded, former, named = [], accept, key, recordedKey } = given;
    this.key = key;
    this.whoami = whoami;
    const options: AccountWatchOptions = {
      provider: {
        whoami: async () => {
          this.questions += 1;
          await this.hanging;
          return typeof this.whoami === 'string'
            ? { kind: 'ok', value: { userId: this.whoami } }
            : this.whoami;
        },
        listHistory: async () => await Promise.resolve(reads === 'ok' ? { kind: 'ok', value: [] } : reads),
        listPods: async () => await Promise.resolve(this.list),
      },
      clock: { monotonicMs: () => this.nowMs, sleep: async () => await this.patience.promise },
      log: this.log,
      keyVersion: () => this.version,
      origin: ORIGIN,
      recorded,
      former,
      named: () => named,
      clonedFrom: undefined,
      acceptAccount: accept,
      ownsUnmarked: given.ownsUnmarked,
      recordedKey,
      fingerprint: () => this.key,
      record: async ({ account, formerAccount, keyFingerprint }) => {
        this.records.push([account, formerAccount]);
        this.recordedKeys.push(keyFingerprint);
        await Promise.resolve();
      },
      onChange: () => {
        this.changes += 1;
      },
      askAgainMs: 300_000,
    };
    this.watch = new AccountWatch(options);
  }

  async check(): Promise<AccountState> {
    await this.watch.check();
    return this.watch.state;
  }

  warnings(): readonly string[] {
    return this.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  }
}
