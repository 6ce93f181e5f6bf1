import { describe, expect, it } from '@jest/globals';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import type { SettingsInput } from '../../src/simulator/world/settings.ts';
import { column, createBench, createBody, field, rent, rows } from './support.ts';

describe('a request with a key', () => {
  const READ_ONLY: SettingsInput = {
    accounts: [{ key: 'test-key', userId: 'u', scopes: { instances: { read: true, write: false } } }],
  };
  const CASES: {
    name: string;
    key: string | null;
    settings?: SettingsInput;
    method?: string;
    path: string;
    status: number;
  }[] = [
    { name: 'no key', key: null, path: '/pods/', status: 403 },
    { name: 'an unknown key', key: 'bad', path: '/pods/', status: 401 },
    { name: 'a valid key', key: 'test-key', path: '/pods/', status: 200 },
    { name: 'a read-only key that reads', key: 'test-key', settings: READ_ONLY, path: '/pods/', status: 200 },
    {
      name: 'a read-only key that writes',
      key: 'test-key',
      settings: READ_ONLY,
      method: 'DELETE',
      path: '/pods/x',
      status: 403,
    },
    {
      name: 'a key without the scope',
      key: 'test-key',
      settings: READ_ONLY,
      path: '/availability/gpus',
      status: 403,
    },
    {
      name: 'an operation that needs no scope',
      key: 'test-key',
      settings: READ_ONLY,
      path: '/user/whoami',
      status: 200,
    },
    { name: 'a path that does not exist', key: 'test-key', path: '/nope', status: 404 },
    { name: 'a method that does not exist', key: 'test-key', method: 'PATCH', path: '/pods/x', status: 405 },
  ];

  it.each(CASES)('gets $status: $name', ({ key, settings, method = 'GET', path, status }) => {
    expect(createBench(settings).ask(method, path, { key }).status).toBe(status);
  });

  it('learns from whoami the user and the scopes of the key', () => {
    expect(createBench().ask('GET', '/user/whoami').body).toMatchObject({
      data: { id: 'user_1', scope: { instances: { read: true, write: true } } },
      status: null,
    });
  });
});

describe('the list of instances', () => {
  const TEAM = { rest: { team: { teamId: 'team_1' } } };

  function listed(settings: SettingsInput, path: string, key = 'test-key'): unknown[] {
    const bench = createBench(settings);
    rent(bench, { pod: { name: 'own' } });
    rent(bench, { ...TEAM, pod: { name: 'team' } });
    plantPod(bench.api.world, { name: 'foreign', userId: 'user_2', teamId: 'team_2' });
    plantPod(bench.api.world, { name: 'not ours', userId: 'user_2', teamId: 'team_9' });
    return column(bench.ask('GET', path, { key }).body, 'name');
  }

  const CASES: { name: string; settings: SettingsInput; path: string; seen: string[] }[] = [
    { name: 'shows personal ones without teamId', settings: {}, path: '/pods/', seen: ['own'] },
    {
      name: 'shows those of the team with teamId',
      settings: {},
      path: '/pods/?teamId=team_1',
      seen: ['team'],
    },
    {
      name: 'shows the instance of a colleague as one of the team',
      settings: {},
      path: '/pods/?teamId=team_2',
      seen: ['foreign'],
    },
    { name: 'shows nothing of another team', settings: {}, path: '/pods/?teamId=team_9', seen: [] },
    {
      name: 'shows all of them without teamId, by setting',
      settings: { bareListIncludesTeamPods: true },
      path: '/pods/',
      seen: ['foreign', 'team', 'own'],
    },
    {
      name: 'ignores teamId, by setting',
      settings: { teamIdQueryHonoured: false },
      path: '/pods/?teamId=team_1',
      seen: ['own'],
    },
    {
      name: 'shows the oldest first, by setting',
      settings: { bareListIncludesTeamPods: true, listOrder: 'OldestFirst' },
      path: '/pods/',
      seen: ['own', 'team', 'foreign'],
    },
  ];

  it.each(CASES)('$name', ({ settings, path, seen }) => {
    expect(listed(settings, path)).toEqual(seen);
  });

  it.each([
    { shareSpelling: 'shared_with_team', sent: 'shared_with_team', isShared: true },
    { shareSpelling: 'shared_with_team', sent: 'sharedWithTeam', isShared: false },
    { shareSpelling: 'sharedWithTeam', sent: 'shared_with_team', isShared: false },
    { shareSpelling: 'sharedWithTeam', sent: 'sharedWithTeam', isShared: true },
    { shareSpelling: 'Both', sent: 'sharedWithTeam', isShared: true },
  ] as const)(
    'shares with the team ($isShared) after $sent where the API takes $shareSpelling',
    ({ shareSpelling, sent, isShared }) => {
      const bench = createBench({ shareSpelling });
      bench.ask('POST', '/pods/', {
        body: createBody({ rest: { team: { teamId: 'team_1' }, [sent]: true } }),
      });
      expect(bench.api.world.ledger.live()).toMatchObject([{ sharedWithTeam: isShared }]);
    },
  );

  it('shows another account nothing, and lets it get or delete nothing', () => {
    const bench = createBench();
    const id = rent(bench);
    expect(rows(bench.ask('GET', '/pods/', { key: 'other-key' }).body)).toEqual([]);
    expect(bench.ask('GET', `/pods/${id}`, { key: 'other-key' }).status).toBe(404);
    expect(bench.ask('DELETE', `/pods/${id}`, { key: 'other-key' }).status).toBe(404);
    expect(rows(bench.ask('GET', `/pods/status?pod_ids=${id}`, { key: 'other-key' }).body)).toEqual([]);
  });

  it('has pages by offset and limit, with the total of all instances', () => {
    const bench = createBench();
    const ids = [rent(bench), rent(bench), rent(bench)].reverse();
    const { body } = bench.ask('GET', '/pods/?offset=1&limit=1');
    expect(body).toMatchObject({ total_count: 3, offset: 1, limit: 1, data: [{ id: ids[1] }], status: null });
  });
});

describe('the wallet', () => {
  const CASES = [
    { query: '', team: null, balance: 8.1 },
    { query: '?teamId=team_1', team: 'team_1', balance: 50 },
    { query: '?team_id=team_1', team: null, balance: 8.1 }, // the wrong spelling is silently ignored
  ];

  it.each(CASES)('has $balance USD for GET /billing/wallet$query', ({ query, team, balance }) => {
    const bench = createBench({ walletUsd: { user_1: 10, team_1: 50 } });
    rent(bench);
    bench.clock.advance(3_600_000);
    const { body } = bench.ask('GET', `/billing/wallet${query}`);
    expect(body).toMatchObject({ team_id: team, currency: 'USD' });
    expect(Number(field(body, 'balance_usd'))).toBeCloseTo(balance, 9);
  });
});

describe('the API beside instances', () => {
  it('lists teams and their members', () => {
    const bench = createBench();
    expect(bench.ask('GET', '/user/teams').body).toMatchObject({
      total_count: 2,
      data: [{ teamId: 'team_1' }, {}],
    });
    expect(bench.ask('GET', '/teams/team_2/members').body).toMatchObject({
      data: [{ userId: 'user_1' }, { userId: 'user_2' }],
    });
    expect(bench.ask('GET', '/teams/team_9/members').status).toBe(404);
  });

  it('adds SSH keys, makes one primary, uses and removes them', () => {
    const bench = createBench();
    const id = field(
      bench.ask('POST', '/ssh_keys/', { body: { name: 'mine', publicKey: 'ssh-ed25519 AAAA' } }).body,
      'id',
    );
    expect(bench.ask('PATCH', `/ssh_keys/${id}`, { body: { isPrimary: false } }).status).toBe(422);
    expect(bench.ask('PATCH', `/ssh_keys/${id}`, { body: { isPrimary: true } }).body).toHaveProperty(
      'updated_fields',
    );
    expect(bench.ask('GET', '/ssh_keys/').body).toMatchObject({
      data: [{ isPrimary: false }, { id, isPrimary: true }],
    });
    expect(bench.ask('POST', '/pods/', { body: createBody({ pod: { sshKeyId: id } }) }).status).toBe(200);
    expect(bench.ask('DELETE', `/ssh_keys/${id}`).status).toBe(200);
    expect(bench.ask('DELETE', `/ssh_keys/${id}`).status).toBe(404);
  });

  it('creates disks, renames, attaches and deletes them, and keeps them after their instance', () => {
    const bench = createBench({ deletingMs: 0 });
    const body = { disk: { size: 100, name: 'data' }, provider: { type: 'hyperstack' }, team: null };
    const id = field(bench.ask('POST', '/disks/', { body }).body, 'id');
    expect(bench.ask('PATCH', `/disks/${id}`, { body: { name: 'more' } }).body).toMatchObject({
      name: 'more',
      size: 100,
    });
    const pod = rent(bench, { rest: { disks: [id] } });
    expect(bench.ask('GET', `/pods/${pod}`).body).toMatchObject({ attachedResources: [{ id, size: 100 }] });
    expect(bench.ask('GET', `/disks/${id}`).body).toMatchObject({ pods: [pod] });
    bench.ask('DELETE', `/pods/${pod}`);
    expect(bench.ask('GET', '/disks/').body).toMatchObject({ total_count: 1, data: [{ id, pods: [] }] });
    expect(bench.ask('DELETE', `/disks/${id}`).status).toBe(200);
    expect(bench.ask('GET', `/disks/${id}`).status).toBe(404);
  });

  it('refuses to attach a disk of another place', () => {
    const bench = createBench();
    const disk = { disk: { size: 100 }, provider: { type: 'runpod' } };
    const id = field(bench.ask('POST', '/disks/', { body: disk }).body, 'id');
    const { body } = bench.ask('POST', '/pods/', { body: createBody({ rest: { disks: [id] } }) });
    expect(body).toEqual({ detail: 'Disk is not available in the location of this offer' });
  });

  it('returns the log of an instance as text, cut by tail', () => {
    const bench = createBench();
    const id = rent(bench);
    const { body } = bench.ask('GET', `/pods/${id}/log?tail=2`);
    expect(String(body).split('\n')).toHaveLength(2);
  });
});
