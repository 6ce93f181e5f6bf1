import { describe, expect, it } from '@jest/globals';
import { seriesOf } from '../monitoring/support/scrape.ts';
import { account, gpuPod, instance, leading, TEAM_ACCOUNT } from './metrics-scene.ts';
import type { Scene } from './metrics-scene.ts';

const OWN = account({ account: 'operator' });
const CLUSTER_ACCOUNT = 'ClusterGpuAccount/ml-platform';

describe('the number of series', () => {
  function many(count: number): Pick<Scene, 'accounts' | 'gpuPods'> {
    const accounts = Array.from({ length: count }, (_, index) =>
      account({
        account: `GpuAccount/team-${String(index)}/default`,
        limitUsage: new Map(
          ['a', 'b', 'c', 'd', 'e', 'f'].map((letter): [string, number] => [`limit-${letter}`, 0.5]),
        ),
        refused: new Set(['Unauthorized']),
        waiting: new Map([['BudgetExceeded', 1]]),
      }),
    );
    const gpuPods = accounts.map((one, index) =>
      gpuPod({ uid: String(index), instance: instance({ account: one.account }) }),
    );
    return { accounts: [OWN, ...accounts], gpuPods };
  }

  async function countOf(scene: Scene): Promise<number> {
    return seriesOf(await scene.metrics.scrape()).filter(({ pairs }) => pairs.includes('account=')).length;
  }

  it('is 21 for each of 200 accounts that has every limit set and a refused key, besides those of its teams', async () => {
    const scene = leading(many(200));
    // The own account has no limit and waits for nothing, and shows each refusal.
    expect(await countOf(scene)).toBe(200 * 21 + 19);

    Object.assign(scene, many(0));
    expect(await countOf(scene)).toBe(19);
  });

  it('has an end, whoever may create accounts: the rest is counted as other', async () => {
    const scene = leading(many(1_100));
    const instances = await scene.read('gpupod_account_instances');
    // Besides them, the own account and the rest.
    expect(Object.keys(instances)).toHaveLength(1_002);
    expect(instances).toMatchObject({ 'account="other"': 100, 'account="operator"': 0 });

    // Those that went make room for others.
    const name = 'GpuAccount/team-new/default';
    Object.assign(scene, { accounts: [OWN, account({ account: name })], gpuPods: [] });
    expect(await scene.read('gpupod_account_instances')).toEqual({
      'account="operator"': 0,
      [`account="${name}"`]: 0,
    });
  });
});

describe('a tenant with any number of accounts', () => {
  const evil = Array.from({ length: 1_100 }, (_, index) =>
    account({ account: `GpuAccount/evil/a-${String(index)}` }),
  );
  const report = { wallet: undefined, nameless: [], unidentified: 0 };

  it('takes the series of nobody else', async () => {
    const refused = { isReady: false, reason: 'Unauthorized', refused: new Set(['Unauthorized']) };
    const scene = leading({
      accounts: [OWN, ...evil, account(), account({ account: CLUSTER_ACCOUNT, ...refused })],
    });
    expect(await scene.read('gpupod_account_refused')).toHaveProperty(
      `account="${CLUSTER_ACCOUNT}",reason="Unauthorized"`,
      1,
    );
    const ready = Object.keys(await scene.read('gpupod_account_ready'));
    expect(ready.filter((labels) => labels.includes(TEAM_ACCOUNT))).toHaveLength(1);
    expect(ready.filter((labels) => labels.includes('GpuAccount/evil/'))).toHaveLength(50);
  });

  it('hides no failing list behind others that are complete', async () => {
    const scene = leading({ accounts: [OWN, ...evil] });
    await scene.metrics.scrape();
    for (const { account: name } of evil) {
      const fails = name.endsWith('/a-100') ? { failure: {}, unidentified: 2 } : {};
      scene.metrics.onListed({ ...report, ...fails, account: name });
    }
    const other = 'account="other",team=""';
    expect(await scene.read('gpupod_wallet_list_complete')).toHaveProperty([other], 0);
    expect(await scene.read('gpupod_wallet_unreadable_rows')).toHaveProperty([other], 2);

    scene.metrics.onListed({ ...report, account: 'GpuAccount/evil/a-100' });
    expect(await scene.read('gpupod_wallet_list_complete')).toHaveProperty([other], 1);

    scene.accounts = [OWN];
    expect(await scene.read('gpupod_wallet_list_complete')).toEqual({});
  });
});
