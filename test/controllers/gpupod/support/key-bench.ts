import { SshKeySweep } from '../../../../src/controllers/gpupod/sweeps/ssh-key-sweep.ts';
import type { SshKeySweepOptions } from '../../../../src/controllers/gpupod/sweeps/ssh-key-sweep.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { keyName } from '../../../../src/lifecycle/ssh-key/key-name.ts';
import type { RegisteredKey } from '../../../../src/lifecycle/ssh-key/ssh-key-api.ts';
import { DEFAULT_TIMINGS } from '../../../../src/lifecycle/settings.ts';
import { INSTALLATION } from '../../../support/builders/intent.ts';
import { OPEN_POLICY } from '../../../support/builders/policy.ts';
import { aPublicKey } from '../../../support/builders/ssh-keys.ts';
import { nowhere, SessionBench } from './session-bench.ts';

/** Sweeps over the SSH keys of one account. */
export class KeyBench extends SessionBench {
  /** What the API server lists; undefined: the same as the watch cache. */
  list: (() => Promise<RawObject[]>) | undefined;
  isLeaseFresh = true;
  keyPolicy = OPEN_POLICY;

  newSweep(overrides: Partial<SshKeySweepOptions> = {}): SshKeySweep {
    const { session, log } = this;
    return new SshKeySweep(
      {
        session,
        log,
        timings: DEFAULT_TIMINGS,
        policy: this.keyPolicy,
        api: {
          get: nowhere,
          list: async () => await (this.list?.() ?? Promise.resolve(this.cached)),
          patchMetadata: nowhere,
          replaceStatus: nowhere,
        },
        view: {
          get: () => undefined,
          list: () => this.cached,
          applyLocal: () => false,
          seenAtMs: () => undefined,
        },
        isLeaseFresh: () => this.isLeaseFresh,
        isStopping: () => false,
      },
      { isClone: false, idDoubt: undefined, ...overrides },
    );
  }

  /** Sweeps twice, with the grace in between. */
  async sweepAfterGrace(sweep = this.newSweep()): Promise<readonly string[]> {
    await this.session.account.check();
    await sweep.run();
    await this.clock.advance(DEFAULT_TIMINGS.sweepMs);
    await sweep.run();
    return this.deletedKeys;
  }
}

/** A key that this installation registered. */
export function ownKey(byte = 7): RegisteredKey {
  const key = aPublicKey(byte);
  return { keyId: `key-${String(byte)}`, name: keyName(INSTALLATION, key), content: key.content };
}
