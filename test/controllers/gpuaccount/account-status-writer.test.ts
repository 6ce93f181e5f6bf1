import { expect, it } from '@jest/globals';
import { AccountStatusWriter } from '../../../src/controllers/gpuaccount/account-status-writer.ts';
import { draftAccountStatus } from '../../../src/controllers/gpuaccount/account-status.ts';
import { recordAt } from '../../../src/json.ts';
import type { KubernetesObject } from '../../../src/kubernetes/objects.ts';
import { gpuAccount, rawAccount } from './support/account.ts';

const FITS = { kind: 'fits', origin: 'https://api.test', userId: 'user-1', sinceMs: 0 } as const;
const UNUSED = { instances: 0, usdPerHour: 0, gpus: 0, holders: [], namespaces: [] };
const ML = { name: 'ml', namespace: null };

it('writes the namespaces of an account at most once in 10 s, however many instances come and go', async () => {
  let nowMs = 0;
  let raw = rawAccount(ML);
  let writes = 0;
  const writer = new AccountStatusWriter({
    clock: { monotonicMs: () => nowMs },
    log: { error: () => undefined },
    events: { record: () => undefined },
    kinds: {
      ClusterGpuAccount: {
        view: { applyLocal: () => true },
        api: {
          replaceStatus: async (object: KubernetesObject) => {
            writes += 1;
            raw = { ...raw, ...object, metadata: raw.metadata };
            return await Promise.resolve(raw);
          },
        },
      },
    },
  });
  const write = async (usdPerHour: number, isRefused = false): Promise<void> => {
    const account = gpuAccount({ ...ML, status: statusOf(raw) });
    const namespaces = [{ namespace: 'team-a', instances: 1, gpus: 1, usdPerHour }];
    const facts = { ...UNUSED, namespaces, state: FITS, isRefused, wallMs: 0 };
    await writer.write('ml', account, draftAccountStatus(account, facts));
  };

  await write(1);
  expect(writes).toBe(1);
  for (let price = 2; price <= 20; price += 1) {
    nowMs += 500;
    await write(price);
  }
  expect(writes).toBe(1);
  nowMs = 10_000;
  await write(21);
  expect(writes).toBe(2);
  expect(statusOf(raw)).toMatchObject({ namespaces: [{ namespace: 'team-a', pricePerHour: 21 }] });
  // What a person must know does not wait.
  await write(22, true);
  expect(writes).toBe(3);
});

function statusOf(object: KubernetesObject): object {
  return recordAt(object, 'status');
}
