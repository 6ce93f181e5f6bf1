import { describe, expect, it, jest } from '@jest/globals';
import { AccountScene } from './account-scene.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
/** Thirty status polls, and six lists. */
const REST_MS = 30 * MINUTE_MS;

const USERS = new Map([
  ['test-key', 'user_1'],
  ['key-of-a', 'user_a'],
  ['key-of-b', 'user_b'],
  ['key-of-c', 'user_c'],
]);

type Counts = Readonly<Record<string, number>>;

interface AtRest {
  readonly kubernetes: Counts;
  /** Requests with the key of a user. */
  readonly by: (userId: string) => Counts;
}

/** What an account with two instances, one without, and one that is suspended cost while nothing happens. */
async function rest(mayWatchSecrets: boolean): Promise<AtRest> {
  let calls: Record<string, number> = {};
  const scene = new AccountScene({
    isTraced: false,
    provider: { accounts: [...USERS].map(([key, userId]) => ({ key, userId })) },
    settings: { mayWatchSecrets },
    faultPlan: ({ to, label }) => {
      if (to === 'cluster') calls[label] = (calls[label] ?? 0) + 1;
      return [];
    },
  });
  scene.addAccount('team-a', 'key-of-a');
  scene.addAccount('team-b', 'key-of-b');
  scene.addClusterAccount('shared', 'key-of-c', { namespaceSelector: {}, suspend: true });
  await scene.start();
  for (const name of ['train-1', 'train-2']) scene.apply('team-a', {}, name);
  for (const name of ['train-1', 'train-2']) await scene.untilReady('team-a', name);
  await scene.simulation.pass(MINUTE_MS);
  calls = {};
  const { requests } = scene.simulation.api;
  const afterNumber = requests.lastNumber;
  await scene.simulation.pass(REST_MS);
  expect(scene.simulation.journal.violations).toEqual([]);
  return {
    kubernetes: calls,
    by: (userId) =>
      countsOf(
        requests
          .all({ afterNumber })
          .filter((request) => request.userId === userId)
          .map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`),
      ),
  };
}

function countsOf(labels: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Every five minutes each account, and the operator's own key, read the list of retained instances. */
const SWEEPS = { 'GET configmaps': 24 };
/** Each of three Secrets every quarter of an hour, in case that a watch lost a change. */
const READS_OF_KEYS = 6;
/** The connection Secret of each GpuPod every ten minutes. */
const READS_OF_CONNECTIONS = 6;
/** Three accounts and two GpuPods. */
const READERS = 5;
const LISTS = { 'GET /pods/': 6, 'GET /pods/history': 6 };

describe('accounts at rest', () => {
  it('cost one status poll a minute if they have instances, and two requests in five minutes besides', async () => {
    const { kubernetes, by } = await rest(true);
    expect(by('user_a')).toEqual({ ...LISTS, 'GET /pods/status': 30 });
    expect(by('user_b')).toEqual(LISTS);
    expect(by('user_c')).toEqual(LISTS);
    const { 'GET secrets': reads = 0, ...others } = kubernetes;
    expect(others).toEqual(SWEEPS);
    // Pauses are up to a tenth longer, so that the last read of each may fall out of the half hour.
    expect(reads).toBeLessThanOrEqual(READS_OF_KEYS + READS_OF_CONNECTIONS);
    expect(reads).toBeGreaterThanOrEqual(READS_OF_KEYS + READS_OF_CONNECTIONS - READERS);
  });

  it('have their Secrets read every few seconds only where the operator may not watch them', async () => {
    const { kubernetes, by } = await rest(false);
    expect(by('user_b')).toEqual(LISTS);
    const { 'GET secrets': reads = 0, ...others } = kubernetes;
    expect(others).toEqual(SWEEPS);
    // At most 3 s and a tenth of jitter apart, so that a new key is in use within 5 s.
    expect(reads).toBeGreaterThanOrEqual((3 * REST_MS) / 3_300 - 6);
    expect(reads).toBeLessThanOrEqual((3 * REST_MS) / 3_000 + 6);
  });
});
