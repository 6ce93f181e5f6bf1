import { describe, expect, it } from '@jest/globals';
import { seriesOf } from '../monitoring/support/scrape.ts';
import { account, createScene, gpuPod, instance, leading, TEAM_ACCOUNT } from './metrics-scene.ts';
import type { Scene } from './metrics-scene.ts';

const OWN = account({ account: 'operator' });
const CLUSTER_ACCOUNT = 'ClusterGpuAccount/ml-platform';

/** The accounts that any series of a scrape names. */
async function namedIn(scene: Scene): Promise<readonly string[]> {
  const pairs = seriesOf(await scene.metrics.scrape()).map((one) => one.pairs);
  return [...new Set(pairs.flatMap((text) => /account="([^"]*)"/.exec(text)?.[1] ?? []))].toSorted();
}

describe('the metrics of accounts', () => {
  it('sum up what GpuPods have with each account, and show an unused account as 0', async () => {
    const scene = leading({
      accounts: [OWN, account(), account({ account: 'GpuAccount/team-b/default' })],
      gpuPods: [
        gpuPod({ uid: '1', instance: instance({ gpus: 8, account: TEAM_ACCOUNT, usdPerHour: 16 }) }),
        gpuPod({ uid: '2', namespace: 'web', instance: instance({ account: TEAM_ACCOUNT }) }),
        gpuPod({ uid: '3', instance: instance({ usdPerHour: 1 }) }),
        gpuPod({ uid: '4' }),
      ],
    });

    expect(await scene.read('gpupod_account_instances')).toEqual({
      'account="operator"': 1,
      [`account="${TEAM_ACCOUNT}"`]: 2,
      'account="GpuAccount/team-b/default"': 0,
    });
    expect(await scene.read('gpupod_account_gpus')).toMatchObject({ [`account="${TEAM_ACCOUNT}"`]: 9 });
    expect(await scene.read('gpupod_account_price_usd_per_hour')).toMatchObject({
      'account="operator"': 1,
      [`account="${TEAM_ACCOUNT}"`]: 18,
    });
  });

  it('show what still bills on an account that was removed by force', async () => {
    const scene = leading({
      accounts: [OWN],
      gpuPods: [gpuPod({ instance: instance({ account: CLUSTER_ACCOUNT }) })],
    });

    expect(await scene.read('gpupod_account_price_usd_per_hour')).toEqual({
      'account="operator"': 0,
      [`account="${CLUSTER_ACCOUNT}"`]: 2,
    });
    expect(await scene.read('gpupod_account_ready')).not.toHaveProperty(
      `account="${CLUSTER_ACCOUNT}",reason="KeyAccepted"`,
    );
  });

  it.each([
    {
      title: 'one series of the state of each account, with the present reason',
      name: 'gpupod_account_ready',
      expected: {
        'account="operator",reason="KeyAccepted"': 1,
        [`account="${TEAM_ACCOUNT}",reason="Unauthorized"`]: 0,
      },
    },
    {
      title: 'a suspension',
      name: 'gpupod_account_suspended',
      expected: { 'account="operator"': 0, [`account="${TEAM_ACCOUNT}"`]: 1 },
    },
    {
      title: 'only refusals of accounts besides the own one, so that many accounts have few series',
      name: 'gpupod_account_refused',
      expected: {
        ...Object.fromEntries(
          [
            'CredentialsMissing',
            'Unauthorized',
            'AccountChanged',
            'PaymentRequired',
            'Forbidden',
            'QuotaExceeded',
          ].map((reason) => [`account="operator",reason="${reason}"`, 0]),
        ),
        [`account="${TEAM_ACCOUNT}",reason="Unauthorized"`]: 1,
      },
    },
    {
      title: 'how full each limit is',
      name: 'gpupod_account_limit_usage_ratio',
      expected: {
        [`account="${TEAM_ACCOUNT}",limit="maxGpus"`]: 1,
        [`account="${TEAM_ACCOUNT}",limit="perNamespace.maxInstances"`]: 0.5,
      },
    },
    {
      title: 'the GpuPods that wait because of an account, by reason',
      name: 'gpupod_account_waiting_gpupods',
      expected: { [`account="${TEAM_ACCOUNT}",reason="BudgetExceeded"`]: 3 },
    },
  ])('show $title', async ({ name, expected }) => {
    const scene = leading({
      accounts: [
        OWN,
        account({
          isReady: false,
          reason: 'Unauthorized',
          isSuspended: true,
          refused: new Set(['Unauthorized', 'RateLimited']),
          limitUsage: new Map([
            ['maxGpus', 1],
            ['perNamespace.maxInstances', 0.5],
          ]),
          waiting: new Map([['BudgetExceeded', 3]]),
        }),
      ],
    });

    expect(await scene.read(name)).toEqual(expected);

    scene.accounts = [OWN, account()];
    const team = Object.keys(await scene.read(name)).filter((pairs) => pairs.includes(TEAM_ACCOUNT));
    const kept = ['gpupod_account_ready', 'gpupod_account_suspended'].includes(name);
    expect(team).toHaveLength(kept ? 1 : 0);
  });

  it('count requests by account and class of answer, and show that an account is asked to slow down', async () => {
    const scene = leading({ accounts: [OWN, account()] });
    for (const status of [200, 204, 404, 429, 502, 'error'] as const) {
      scene.metrics.onProviderRequest(TEAM_ACCOUNT, {
        endpoint: '/pods/',
        method: 'GET',
        status,
        durationMs: 1,
      });
    }

    const series = await scene.read('gpupod_account_provider_requests_total');
    expect(series).toMatchObject(
      Object.fromEntries(
        Object.entries({ '2xx': 2, '4xx': 1, '429': 1, '5xx': 1, error: 1 }).map(([code, count]) => [
          `account="${TEAM_ACCOUNT}",code="${code}"`,
          count,
        ]),
      ),
    );
    expect(series).toMatchObject({ 'account="operator",code="429"': 0 });
  });

  it('count what came of create requests, from 0, because an alert asks for the increase', async () => {
    const scene = leading({ accounts: [OWN] });
    await scene.metrics.scrape();
    scene.metrics.onCreateAnswered('operator', 'created');
    scene.metrics.onCreateAnswered('operator', 'unknown');

    expect(await scene.read('gpupod_account_create_requests_total')).toEqual({
      'account="operator",outcome="Created"': 1,
      'account="operator",outcome="Refused"': 0,
      'account="operator",outcome="Unknown"': 1,
    });
  });

  it('vanish with the account, counters included, and start again from 0', async () => {
    const scene = leading({ accounts: [OWN, account()] });
    const happen = (): void => {
      scene.metrics.onProviderRequest(TEAM_ACCOUNT, {
        endpoint: '/pods/',
        method: 'GET',
        status: 200,
        durationMs: 1,
      });
      scene.metrics.onCreateAnswered(TEAM_ACCOUNT, 'created');
      scene.metrics.onListed({
        account: TEAM_ACCOUNT,
        wallet: 'team-1',
        nameless: [],
        unidentified: 0,
      });
    };
    happen();
    expect(await namedIn(scene)).toEqual([TEAM_ACCOUNT, 'operator']);

    scene.accounts = [OWN];
    expect(await namedIn(scene)).toEqual(['operator']);

    scene.accounts = [OWN, account()];
    await scene.metrics.scrape();
    happen();
    expect(await scene.read('gpupod_account_provider_requests_total')).toMatchObject({
      [`account="${TEAM_ACCOUNT}",code="2xx"`]: 1,
      [`account="${TEAM_ACCOUNT}",code="429"`]: 0,
    });
  });

  it('exist only in the leader', async () => {
    const scene = createScene();
    scene.accounts = [OWN, account()];
    expect(await namedIn(scene)).toEqual([]);
    scene.metrics.setLeading(true);
    expect(await namedIn(scene)).toHaveLength(2);
    scene.metrics.setLeading(false);
    expect(await namedIn(scene)).toEqual([]);
  });
});

it('drops the series of a team that is no longer listed, and keeps those of the account', async () => {
  const scene = createScene();
  scene.metrics.setLeading(true);
  const listed = { account: account().account, nameless: [], unidentified: 0 };
  Object.assign(scene, { accounts: [account({ account: 'operator' }), account()] });
  scene.metrics.onListed({ ...listed, wallet: undefined });
  scene.metrics.onListed({ ...listed, wallet: 'team-x', failure: {} });
  scene.metrics.onListed({ ...listed, wallet: 'team-x', isDropped: true });
  for (const name of ['gpupod_wallet_list_complete', 'gpupod_wallet_unreadable_rows']) {
    expect(Object.keys(await scene.read(name)).filter((labels) => labels.includes('team-x'))).toEqual([]);
  }
  expect(Object.values(await scene.read('gpupod_wallet_list_complete'))).toContain(1);
});
