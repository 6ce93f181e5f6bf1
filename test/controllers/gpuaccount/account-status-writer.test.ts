import { expect, it } from '@jest/globals';
import { AccountStatusWriter } from '../../../src/controllers/gpuaccount/account-status-writer.ts';
import { draftAccountStatus } from '../../../src/controllers/gpuaccount/account-status.ts';
import { recordAt } from '../../../src/json.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { gpuAccount, rawAccount } from './support/account.ts';

const FITS = { kind: 'fits', origin: 'https://api.test', userId: 'user-1', sinceMs: 0 } as const;
const UNUSED = { instances: 0, usdPerHour: 0, gpus: 0, holders: [], namespaces: [] };
const ML = { name: 'ml', namespace: null };

/** A writer for one account, whose status the API server keeps. */
class WriterBench {
  nowMs = 0;
  raw = rawAccount(ML);
  writes = 0;
  warnings = 0;
  readonly #writer = new AccountStatusWriter({
    clock: { monotonicMs: () => this.nowMs },
    log: { error: () => undefined, warn: () => (this.warnings += 1) },
    events: { record: () => undefined },
    kinds: {
      ClusterGpuAccount: {
        view: { applyLocal: () => true },
        api: {
          replaceStatus: async (object: KubernetesObject) => {
            this.writes += 1;
            this.raw = { ...this.raw, ...object, metadata: this.raw.metadata };
            return await Promise.resolve(this.raw);
          },
        },
      },
    },
  });

  async write(usdPerHour: number, facts: { isRefused?: boolean; isDeleting?: boolean } = {}): Promise<void> {
    const { isRefused = false, isDeleting = false } = facts;
    const held = gpuAccount({ ...ML, status: statusOf(this.raw) });
    const deletionTimestamp = '2026-11-23T10:00:00Z';
    const account = isDeleting ? { ...held, metadata: { ...held.metadata, deletionTimestamp } } : held;
    const namespaces = [{ namespace: 'team-a', instances: 1, gpus: 1, usdPerHour }];
    const usage = { ...UNUSED, usdPerHour, holders: ['team-a/train-1'], namespaces };
    const draft = draftAccountStatus(account, { ...usage, state: FITS, isRefused, wallMs: 0 });
    await this.#writer.write('ml', account, draft);
  }
}

it.each([{ isDeleting: false }, { isDeleting: true }])(
  'writes what an account pays for at most once in 10 s, however many instances come and go, deleting: $isDeleting',
  async ({ isDeleting }) => {
    const bench = new WriterBench();
    await bench.write(1, { isDeleting });
    expect(bench.writes).toBe(1);
    for (let price = 2; price <= 20; price += 1) {
      bench.nowMs += 500;
      await bench.write(price, { isDeleting });
    }
    expect(bench.writes).toBe(1);
    bench.nowMs = 10_000;
    await bench.write(21, { isDeleting });
    expect(bench.writes).toBe(2);
    expect(statusOf(bench.raw)).toMatchObject({ namespaces: [{ namespace: 'team-a', pricePerHour: 21 }] });
  },
);

it.each([{ isRefused: true }, { isDeleting: true }])(
  'writes at once what a person must know: %j',
  async (facts) => {
    const bench = new WriterBench();
    await bench.write(1);
    await bench.write(2, facts);
    expect(bench.writes).toBe(2);
  },
);

it('writes a status that somebody else keeps changing 20 times in a row, and then once in 20 s', async () => {
  const bench = new WriterBench();
  for (let second = 0; second < 100; second += 1) {
    bench.nowMs = second * 1_000;
    await bench.write(1);
    bench.raw = rawAccount(ML);
  }
  expect(bench.writes).toBe(24);
  expect(bench.warnings).toBe(1);
});

function statusOf(object: KubernetesObject): object {
  return recordAt(object, 'status');
}
