import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toWatchedEvent } from '../../../src/kubernetes/frame.ts';
import { rawAccount } from './support/account.ts';
import { AccountControllerBench, TYPE } from './support/account-controller-bench.ts';

let bench: AccountControllerBench;

beforeEach(() => {
  bench = new AccountControllerBench();
});

afterEach(async () => {
  await bench.controller.stop();
});

describe('an account whose Secret may be watched', () => {
  beforeEach(() => {
    bench.isWatched = true;
  });

  it('has it read when it changes, and every quarter of an hour besides', async () => {
    await bench.start();
    expect([bench.reads, bench.watched]).toEqual([1, ['team-a/key']]);
    await bench.clock.advance(14 * 60_000);
    expect(bench.reads).toBe(1);
    bench.key = 'pit_2';
    bench.tellChange();
    await bench.clock.advance(1_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
    expect(bench.reads).toBe(2);
    await bench.clock.advance(16 * 60_000);
    expect(bench.reads).toBe(3);
  });

  it('has it read as if it may not be watched, once the watch has ended', async () => {
    await bench.start();
    bench.isWatched = false;
    bench.key = 'pit_2';
    await bench.clock.advance(5_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
  });

  it('has the Secret read that its spec names by now, and the former one no longer watched', async () => {
    await bench.start();
    const edited = rawAccount({ spec: { apiKeySecretRef: { name: 'other' } } });
    bench.put('accounts', { ...edited, metadata: { ...edited.metadata, resourceVersion: '99' } });
    await bench.clock.advance(1_000);
    expect(bench.reads).toBe(2);
    expect(bench.watched).toEqual(['team-a/key', 'not team-a/key', 'team-a/other']);
  });

  it('has it read again if it changed while it was read', async () => {
    bench.whileReading = () => {
      bench.tellChange();
      bench.key = 'pit_2';
    };
    await bench.start();
    await bench.clock.advance(1_000);
    expect(bench.used.at(-1)).toEqual({ kind: 'text', text: 'pit_2' });
  });

  it('is no longer watched when it is gone, or the process stops', async () => {
    await bench.start();
    const { store, source } = bench.accounts;
    for (const event of store.removeKey('team-a/default')) source.emit(toWatchedEvent(event, TYPE));
    await bench.clock.advance(0);
    expect(bench.watched).toEqual(['team-a/key', 'not team-a/key']);
    bench.put('accounts', rawAccount());
    await bench.clock.advance(1_000);
    await bench.controller.stop();
    expect(bench.watched.slice(2)).toEqual(['team-a/key', 'not team-a/key']);
  });

  it('is not watched by a process that stops while the account is reconciled', async () => {
    const reading = Promise.withResolvers<undefined>();
    bench.beforeRead = reading.promise;
    bench.isWatched = false;
    await bench.start();
    const stopped = bench.controller.stop();
    reading.resolve(undefined);
    await stopped;
    expect(bench.watched.at(-1)).toBe('not team-a/key');
  });
});
