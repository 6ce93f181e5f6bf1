import { describe, expect, it, jest } from '@jest/globals';
import { recordAt } from '../../src/json.ts';
import { changeSettings } from '../../src/simulator/world/settings.ts';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import { AccountScene } from './account-scene.ts';
import { messageOf, reasonOf, statusOf } from './readings.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

describe('the key of an account', () => {
  it('is replaced in place within 5 s, without a restart', async () => {
    const scene = await AccountScene.withReady('team-a', 'key-of-a');
    scene.writeSecret('team-a', 'default-key', 'second-key-of-a');
    await scene.simulation.until(
      'the new key is in use',
      () => scene.sentWith('second-key-of-a').includes('GET /user/whoami'),
      5_000,
    );
    await scene.simulation.pass(MINUTE_MS);
    expect(scene.sentWith('second-key-of-a')).toContain('GET /pods/status');
    expect(scene.simulation.operators).toHaveLength(1);
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('KeyAccepted');
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('of another user terminates, releases and rents nothing, until the old one is back', async () => {
    const scene = await AccountScene.withReady('team-a', 'key-of-a');
    scene.writeSecret('team-a', 'default-key', 'key-of-b');
    await scene.untilSynced('team-a', 'AccountChanged', MINUTE_MS);
    scene.apply('team-a', {}, 'train-2');
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(scene.gpuPod('team-a')).toBeDefined();
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.changesBy('user_b')).toEqual([]);
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('AccountChanged');
    expect(messageOf(scene.account('team-a'), 'Ready')).toContain(
      'set annotation gpupod.dev/accept-user of the account to user_b',
    );
    scene.writeSecret('team-a', 'default-key', 'key-of-a');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined);
    await scene.untilReady('team-a', 'train-2');
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('of another user pays for new instances once a person accepts that user, and leaves the old ones alone', async () => {
    const scene = await AccountScene.withReady('team-a', 'key-of-a');
    scene.writeSecret('team-a', 'default-key', 'key-of-b');
    await scene.untilSynced('team-a', 'AccountChanged', MINUTE_MS);
    scene.simulation.server.edit(
      'gpuaccounts',
      { namespace: 'team-a', name: 'default' },
      (held) => ({
        ...held,
        metadata: { ...held.metadata, annotations: { 'gpupod.dev/accept-user': 'user_b' } },
      }),
      'person',
    );
    scene.apply('team-a', {}, 'train-2');
    await scene.untilReady('team-a', 'train-2');
    await scene.simulation.pass(10 * MINUTE_MS);
    expect(scene.payersOf('team-a').toSorted()).toEqual(['user_a', 'user_b']);
    expect(scene.syncedReason('team-a')).toBe('AccountChanged');
    expect(statusOf(scene.account('team-a'))['userId']).toBe('user_b');
  });

  it('that is lost over a restart keeps every instance, and says what is missing', async () => {
    const scene = await AccountScene.withReady('team-a', 'key-of-a');
    // Somebody removes the finalizer of the Secret by force.
    const secret = { namespace: 'team-a', name: 'default-key' };
    scene.simulation.operator.kill();
    scene.simulation.server.edit(
      'secrets',
      secret,
      (held) => ({ ...held, metadata: { ...held.metadata, finalizers: [] } }),
      'person',
    );
    scene.simulation.server.delete('secrets', secret, 'person');
    await scene.untilSynced('team-a', 'CredentialsMissing', 5 * MINUTE_MS);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.pass(30 * MINUTE_MS);
    expect(messageOf(scene.gpuPod('team-a'), 'Synced')).toBe(
      'Secret team-a/default-key does not exist; create it with key api-key.',
    );
    expect(scene.payersOf('team-a')).toEqual(['user_a']);
    scene.writeSecret('team-a', 'default-key', 'key-of-a');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('stays in use when the operator may not read its Secret any more: it terminates, and rents nothing', async () => {
    let isForbidden = false;
    const error = new ApiStatusError(403, 'Forbidden', 'secrets "default-key" is forbidden');
    const scene = new AccountScene({
      settings: { mayWatchSecrets: false },
      faultPlan: ({ label }) => (isForbidden && label === 'GET secrets' ? [{ kind: 'refuse', error }] : []),
    });
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.apply('team-a');
    await scene.untilReady('team-a');
    isForbidden = true;
    await scene.simulation.pass(10_000);
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('CredentialsMissing');
    expect(messageOf(scene.account('team-a'), 'Ready')).toMatch(/cannot be read: 403 .* with the last key/);
    const secret = scene.simulation.server.get('secrets', { namespace: 'team-a', name: 'default-key' });
    expect(secret?.metadata.finalizers).toEqual(['gpupod.dev/in-use']);
    scene.apply('team-a', {}, 'train-2');
    await scene.untilSynced('team-a', 'ReconcileSuccess', MINUTE_MS);
    scene.simulation.server.delete('gpupods', { namespace: 'team-a', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-a') === undefined, 5 * MINUTE_MS);
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.syncedReason('team-a', 'train-2')).toBe('AccountSuspended');
    isForbidden = false;
    await scene.simulation.until(
      'it rents again',
      () => scene.payersOf('team-a').length === 1,
      2 * MINUTE_MS,
    );
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('KeyAccepted');
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('rents nothing while it may not read its own user', async () => {
    const scene = new AccountScene();
    await scene.start();
    scene.simulation.api.faults.add({
      method: 'GET',
      path: '/user/whoami',
      effect: { kind: 'Answer', status: 403, body: { detail: 'Forbidden' } },
    });
    scene.addAccount('team-a', 'key-of-a');
    scene.apply('team-a');
    await scene.untilSynced('team-a', 'AccountUnconfirmed', 2 * MINUTE_MS);
    await scene.simulation.pass(5 * MINUTE_MS);
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('Forbidden');
    expect(scene.payersOf('team-a')).toEqual([]);
  });

  it('appears nowhere', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-b', '{"key": "key-of-b"}');
    await scene.start();
    scene.apply('team-a');
    scene.apply('team-b');
    await scene.untilReady('team-a');
    await scene.untilSynced('team-b', 'CredentialsMissing', MINUTE_MS);
    const { server, trace } = scene.simulation;
    const shown = [
      ...server.list('gpupods'),
      ...server.list('gpuaccounts'),
      ...server.list('configmaps'),
      trace,
    ];
    expect(JSON.stringify(shown)).not.toMatch(/key-of-/);
  });
});

describe('accounts with keys of one user', () => {
  it('share one session: one inventory, and one set of polls', async () => {
    const scene = await AccountScene.withReady('team-a', 'key-of-a');
    scene.addAccount('team-b', 'second-key-of-a');
    scene.apply('team-b');
    await scene.untilReady('team-b');
    await scene.simulation.pass(30 * MINUTE_MS);
    expect([...scene.payersOf('team-a'), ...scene.payersOf('team-b')]).toEqual(['user_a', 'user_a']);
    expect(new Set(scene.sentWith('second-key-of-a'))).toEqual(new Set(['GET /user/whoami']));
    expect(statusOf(scene.held('team-b'))['account']).toMatchObject({
      name: 'default',
      userId: 'user_a',
    });
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('act with the key that works when the first one is revoked, and rent nothing for its account', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.addAccount('team-b', 'second-key-of-a');
    scene.apply('team-a');
    scene.apply('team-b');
    await scene.untilReady('team-a');
    await scene.untilReady('team-b');
    const { api, server } = scene.simulation;
    const { accounts } = api.world.settings;
    changeSettings(api.world.settings, { accounts: accounts.filter(({ key }) => key !== 'key-of-a') });
    await scene.simulation.pass(MINUTE_MS);
    scene.apply('team-a', {}, 'train-2');
    scene.apply('team-b', {}, 'train-2');
    await scene.untilReady('team-b', 'train-2');
    for (const namespace of ['team-a', 'team-b']) {
      server.delete('gpupods', { namespace, name: 'train-1' }, 'person');
    }
    await scene.simulation.until(
      'both are gone',
      () => scene.gpuPod('team-a') === undefined && scene.gpuPod('team-b') === undefined,
      5 * MINUTE_MS,
    );
    expect(scene.payersOf('team-a')).toEqual([]);
    expect(scene.payersOf('team-b')).toEqual(['user_a']);
    expect(scene.syncedReason('team-a', 'train-2')).toBe('Unauthorized');
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('Unauthorized');
    scene.writeSecret('team-a', 'default-key', 'second-key-of-a');
    await scene.untilReady('team-a', 'train-2');
    expect(reasonOf(scene.account('team-a'), 'Ready')).toBe('KeyAccepted');
    expect(scene.simulation.journal.violations).toEqual([]);
  });

  it('keep their instances when the account that acted for both is deleted', async () => {
    const scene = new AccountScene();
    scene.addAccount('team-a', 'key-of-a');
    await scene.start();
    scene.addAccount('team-b', 'second-key-of-a');
    scene.apply('team-b');
    await scene.untilReady('team-b');
    scene.simulation.server.delete('gpuaccounts', { namespace: 'team-a', name: 'default' }, 'person');
    await scene.simulation.pass(10_000);
    expect(scene.sentWith('second-key-of-a')).toContain('GET /pods/status');
    await scene.simulation.pass(20 * MINUTE_MS);
    expect(scene.payersOf('team-b')).toEqual(['user_a']);
    expect(scene.syncedReason('team-b')).toBe('ReconcileSuccess');
    scene.simulation.server.delete('gpupods', { namespace: 'team-b', name: 'train-1' }, 'person');
    await scene.simulation.until('it is deleted', () => scene.gpuPod('team-b') === undefined);
    expect(scene.payersOf('team-b')).toEqual([]);
    expect(scene.simulation.journal.violations).toEqual([]);
  });
});

describe('a retained instance that no user is recorded for', () => {
  it("is not taken for terminated by the list of an account, because the operator's own user pays for it", async () => {
    const scene = new AccountScene();
    await scene.start();
    scene.apply('team-c', { deletionPolicy: 'Retain' });
    await scene.untilReady('team-c');
    scene.simulation.server.delete('gpupods', { namespace: 'team-c', name: 'train-1' }, 'person');
    await scene.simulation.until('it is retained', () => scene.gpuPod('team-c') === undefined);
    const target = { namespace: 'gpupod-system', name: 'gpupod-operator-retained' };
    scene.simulation.server.edit(
      'configmaps',
      target,
      (held) => {
        const entries = Object.entries(recordAt(held, 'data'));
        const unmarked = entries.map(([id, text]) => {
          const { account: _account, ...entry } = JSON.parse(String(text)) as Record<string, unknown>;
          return [id, JSON.stringify(entry)];
        });
        return { ...held, data: Object.fromEntries(unmarked) as Record<string, string> };
      },
      'person',
    );
    scene.addAccount('team-a', 'key-of-a');
    scene.apply('team-a');
    await scene.untilReady('team-a');
    await scene.simulation.pass(60 * MINUTE_MS);
    expect(scene.payersOf('team-c')).toEqual(['user_1']);
    const left = recordAt(scene.simulation.server.get('configmaps', target), 'data');
    expect(Object.keys(left)).toHaveLength(1);
  });
});

describe('a tenant who forges the create intent', () => {
  it('spends nobody else’s money, even where the operator sends the create request again', async () => {
    // The wallet of team-b is empty, so its create request is refused and would be sent again.
    const scene = new AccountScene({ provider: { walletUsd: { user_b: 0 } } });
    scene.addAccount('team-a', 'key-of-a');
    scene.addAccount('team-b', 'key-of-b');
    await scene.start();
    scene.apply('team-b');
    await scene.untilSynced('team-b', 'PaymentRequired', 10 * MINUTE_MS);
    scene.edit('team-b', (object) => {
      const text = object.metadata.annotations?.['gpupod.dev/intent'] ?? '{}';
      const intent = { ...(JSON.parse(text) as object), account: 'user_a' };
      const annotations = { ...object.metadata.annotations, 'gpupod.dev/intent': JSON.stringify(intent) };
      return { ...object, metadata: { ...object.metadata, annotations } };
    });
    await scene.simulation.pass(3 * 60 * MINUTE_MS);
    expect(scene.changesBy('user_a')).toEqual([]);
    expect(scene.payersOf('team-b')).toEqual([]);
  });
});
