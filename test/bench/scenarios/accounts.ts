import { API_VERSION } from '../../../src/api/common/names.ts';
import type { Audit } from '../../support/audit.ts';
import { createSecret } from '../../support/bench.ts';
import type { Bench } from '../../support/bench.ts';
import { measured } from '../measurement.ts';
import type { Measurement } from '../measurement.ts';
import { namesOf, Stage, timedMs } from '../stage.ts';

const ACCOUNTS = 10;

/** All at once until Ready and until gone. Each of ten accounts pays for a tenth. */
export async function measureAccounts(
  bench: Bench,
  audit: Audit,
  count: number,
): Promise<readonly Measurement[]> {
  const names = namesOf(count);
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => `team-${String(index)}`);
  const stage = await Stage.open(bench, audit, {
    settings: { accounts: ['test-key', ...accounts].map((key) => ({ key, userId: `user-of-${key}` })) },
    flags: { 'gpu-accounts': 'true' },
  });
  try {
    for (const name of accounts) await createAccount(stage, name);
    const { requests, ledger } = stage.scene.simulator;
    const before = requests.count();
    const readyMs = await timedMs(async () => {
      await stage.createAll(names, (index) => ({ accountRef: { name: `team-${String(index % ACCOUNTS)}` } }));
      await stage.untilCounted('Ready', count);
    });
    const toReady = requests.count() - before;
    const { residentBytes } = await stage.scrape();
    const goneMs = await timedMs(async () => {
      await stage.deleteAll(names);
      await stage.untilCounted('any', 0);
    });
    return [
      measured('accounts that paid', new Set(ledger.entries().map(({ userId }) => userId)).size, 'in all'),
      measured('all Ready', readyMs / 1_000, 's'),
      measured('all gone', goneMs / 1_000, 's'),
      measured('provider requests until Ready', toReady / count, 'per GpuPod'),
      measured('memory, all Ready', residentBytes / 2 ** 20, 'MiB'),
    ];
  } finally {
    await stage.close();
  }
}

/** The key of the account is its name. */
async function createAccount({ bench, scene }: Stage, name: string): Promise<void> {
  const secret = `key-of-${name}`;
  await createSecret(bench, scene.namespace, secret, { 'api-key': name });
  const account = { apiVersion: API_VERSION, kind: 'GpuAccount', metadata: { name } };
  await scene.kubectl(
    ['apply', '-f', '-'],
    JSON.stringify({ ...account, spec: { apiKeySecretRef: { name: secret } } }),
  );
}
