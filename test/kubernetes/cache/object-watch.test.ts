import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ObjectWatch } from '../../../src/kubernetes/cache/object-watch.ts';
import { kindOf } from '../support/fake-api-server.ts';
import { statusAnswer } from '../support/fake-objects.ts';
import { startRuntime } from '../support/runtime.ts';
import type { Runtime } from '../support/runtime.ts';
import { turn, until } from '../support/until.ts';

const SECRETS = '/api/v1/secrets';
const MINUTE_MS = 60_000;

let runtime: Runtime;
let watch: ObjectWatch;
let changes: number;
let refusals: number;

beforeEach(async () => {
  runtime = await startRuntime();
  changes = 0;
  refusals = 0;
  const { transport, clock } = runtime;
  watch = new ObjectWatch({
    transport,
    clock,
    path: '/api/v1/namespaces/team-a/secrets',
    name: 'key',
    onChange: () => {
      changes += 1;
    },
    onForbidden: () => {
      refusals += 1;
    },
    // The greatest jitter, so that a pause is never zero.
    random: () => 0.999,
  });
});

afterEach(async () => {
  watch.stop();
  await runtime.close();
});

function put(key: string): void {
  runtime.server.objects.put(SECRETS, key, { data: { version: runtime.server.objects.version } });
}

/** Advances time by 250 ms at a time until the condition holds. */
async function advanceUntil(what: string, isSo: () => boolean): Promise<void> {
  for (let step = 0; step < 400 && !isSo(); step += 1) {
    for (let turns = 0; turns < 50 && !isSo(); turns += 1) await turn();
    if (!isSo()) await runtime.clock.advance(250);
  }
  if (!isSo()) throw new Error(`${what} never came true`);
}

async function open(): Promise<void> {
  watch.start();
  await until(() => watch.isOpen, 'the watch is open');
}

function versions(): readonly (string | null)[] {
  const watches = runtime.server.requests.filter((request) => kindOf(request) === 'WATCH');
  return watches.map(({ query }) => query.get('resourceVersion'));
}

describe('a watch of one object', () => {
  it('tells of its changes and its end, and of no other object, with one request and no list', async () => {
    put('team-a/key');
    await open();
    await until(() => changes === 2, 'the object as it is');
    put('team-a/key');
    await until(() => changes === 3, 'a change');
    put('team-a/other');
    put('team-b/key');
    runtime.server.objects.remove(SECRETS, 'team-a/key');
    await until(() => changes === 4, 'the end');
    expect(runtime.server.requests.map(kindOf)).toEqual(['WATCH']);
  });

  it('tells of an object that appears later', async () => {
    await open();
    expect(changes).toBe(1);
    put('team-a/key');
    await until(() => changes === 2, 'the new object');
  });

  it('misses nothing when its connection breaks, and is not open meanwhile', async () => {
    put('team-a/key');
    await open();
    await until(() => changes === 2, 'the object as it is');
    runtime.server.watches.cut();
    await until(() => !watch.isOpen, 'it has noticed');
    put('team-a/key');
    await advanceUntil('the change', () => changes === 3);
    expect(versions()).toEqual([null, '101']);
  });

  it('tells once when its version has expired, because a deletion may have been missed', async () => {
    put('team-a/key');
    await open();
    await until(() => changes === 2, 'the object as it is');
    runtime.server.objects.remove(SECRETS, 'team-a/key');
    await until(() => changes === 3, 'the end');
    runtime.server.watches.cut();
    runtime.server.objects.skipVersions(10);
    runtime.server.watches.compact();
    await advanceUntil('it looks again', () => changes === 4);
    expect(versions()).toEqual([null, '102', null]);
  });

  it('that is refused is tried again after ten minutes, and not before', async () => {
    runtime.server.failNext(() => true, statusAnswer(403, 'Forbidden'));
    watch.start();
    await until(() => refusals === 1, 'the refusal');
    await runtime.clock.advance(9 * MINUTE_MS);
    expect([runtime.server.count('WATCH'), watch.isOpen]).toEqual([1, false]);
    await runtime.clock.advance(11 * MINUTE_MS);
    await until(() => watch.isOpen, 'it is allowed now');
    expect(refusals).toBe(1);
  });

  it('ends with its socket', async () => {
    await open();
    watch.stop();
    await until(() => runtime.server.watches.openCount === 0, 'the end');
    expect(watch.isOpen).toBe(false);
  });
});
