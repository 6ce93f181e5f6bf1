import { describe, expect, it } from '@jest/globals';
import { AccountRegistry } from '../../src/accounts/registry.ts';
import type { AccountIdentity } from '../../src/lifecycle/account-identity.ts';
import type { AccountState } from '../../src/lifecycle/observation.ts';

const ORIGIN = 'https://api.test';

interface Session {
  readonly name: string;
  readonly account: { state: AccountState };
  readonly health: { isKeyRefused: boolean; unreadKey: string | undefined };
}

function session(name: string, state: AccountState): Session {
  return { name, account: { state }, health: { isKeyRefused: false, unreadKey: undefined } };
}

function fits(userId: string, origin = ORIGIN): AccountState {
  return { kind: 'fits', origin, userId, sinceMs: 0 };
}

const SESSIONS = [
  session('operator', fits('user-1')),
  session('team-a', fits('user-2')),
  session('other-server', fits('user-3', 'https://other.test')),
  session('silent', { kind: 'unknown' }),
] as const;

describe('the registry of accounts', () => {
  it.each<{ name: string; recorded: AccountIdentity | undefined; found: string }>([
    { name: 'the own key without a record', recorded: undefined, found: 'operator' },
    { name: 'the key of the recorded user', recorded: { origin: ORIGIN, userId: 'user-2' }, found: 'team-a' },
    {
      name: 'the key of the recorded user, where an old record names no server',
      recorded: { origin: undefined, userId: 'user-2' },
      found: 'team-a',
    },
    {
      name: 'the own key for a user of the same ID on another server',
      recorded: { origin: ORIGIN, userId: 'user-3' },
      found: 'operator',
    },
    {
      name: 'the own key for a user whose key is not here',
      recorded: { origin: ORIGIN, userId: 'user-9' },
      found: 'operator',
    },
  ])('finds $name', ({ recorded, found }) => {
    expect(new AccountRegistry(...SESSIONS).of(recorded).name).toBe(found);
  });

  it('finds the session of a key that was asked about only later', () => {
    const late = session('team-b', { kind: 'unknown' });
    const registry = new AccountRegistry(SESSIONS[0], late);
    const recorded = { origin: ORIGIN, userId: 'user-4' };
    expect(registry.of(recorded).name).toBe('operator');
    late.account.state = fits('user-4');
    expect(registry.of(recorded).name).toBe('team-b');
  });

  it('finds the account that expects the user before one whose key was replaced', () => {
    const replaced = session('team-c', { ...fits('user-2'), kind: 'changed', message: '' });
    const registry = new AccountRegistry(SESSIONS[0], replaced, SESSIONS[1]);
    expect(registry.of({ origin: ORIGIN, userId: 'user-2' }).name).toBe('team-a');
    expect(registry.shared('team-c')?.name).toBe('team-c');
  });

  it('gives accounts with keys of one user the first session of that user', () => {
    const registry = new AccountRegistry(SESSIONS[0]);
    registry.add(session('team-a', fits('user-2')));
    registry.add(session('team-b', fits('user-2')));
    registry.add(session('team-c', fits('user-1')));
    registry.add(session('team-d', { kind: 'unknown' }));
    const shared = ['team-a', 'team-b', 'team-c', 'team-d', 'team-x'].map(
      (name) => registry.shared(name)?.name,
    );
    expect(shared).toEqual(['team-a', 'team-a', 'operator', 'team-d', undefined]);
    registry.remove('team-a');
    expect(registry.shared('team-b')?.name).toBe('team-b');
    expect(registry.of({ origin: ORIGIN, userId: 'user-2' }).name).toBe('team-b');
  });

  it('acts with another key of the user while the provider refuses the first, and rents for its account with none', () => {
    const refused = session('team-a', fits('user-2'));
    const registry = new AccountRegistry(SESSIONS[0], refused, session('team-b', fits('user-2')));
    const recorded = { origin: ORIGIN, userId: 'user-2' };
    refused.health.isKeyRefused = true;
    expect(registry.find(recorded)?.name).toBe('team-b');
    expect([registry.shared('team-a')?.name, registry.shared('team-b')?.name]).toEqual(['team-a', 'team-b']);
    refused.health.isKeyRefused = false;
    expect([registry.find(recorded)?.name, registry.shared('team-b')?.name]).toEqual(['team-a', 'team-a']);
    registry.all().forEach(({ health }) => {
      health.isKeyRefused = true;
    });
    expect(registry.find(recorded)?.name).toBe('team-a');
  });

  it('rents with a key that may be read, before one of the same user whose Secret may not be read any more', () => {
    const unread = session('team-a', fits('user-2'));
    unread.health.unreadKey = 'secrets "key" is forbidden';
    const registry = new AccountRegistry(SESSIONS[0], unread, session('team-b', fits('user-2')));
    expect(registry.shared('team-b')?.name).toBe('team-b');
    registry.remove('team-b');
    expect(registry.of({ origin: ORIGIN, userId: 'user-2' }).name).toBe('team-a');
  });

  it('lists every session once, the own one first', () => {
    expect(new AccountRegistry(...SESSIONS).all()).toEqual(SESSIONS);
  });
});
