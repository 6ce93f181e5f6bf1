import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RawObject, trimMetadata } from '../../src/kubernetes/objects.ts';
import { Reflector, type ReflectorOptions } from '../../src/kubernetes/reflector.ts';
import { isList, isWatch, kindOf } from './support/fake-api-server.ts';
import { statusAnswer } from './support/fake-objects.ts';
import { line } from './support/fake-watches.ts';
import { type Runtime, startRuntime } from './support/runtime.ts';
import { turn, until } from './support/until.ts';

const CONNECT_TIMEOUT_MS = 30_000;
const THINGS = '/apis/example.dev/v1/things';

let runtime: Runtime;
let events: string[];

beforeEach(async () => {
  runtime = await startRuntime();
  events = [];
});

afterEach(async () => {
  await runtime.close();
});

function startReflector(options: Partial<ReflectorOptions<RawObject>> = {}): Reflector<RawObject> {
  const { transport, clock, log } = runtime;
  const decode = trimMetadata;
  // The greatest jitter, so that a pause is never nothing.
  const random = (): number => 0.999;
  const reflector = new Reflector({ transport, clock, log, path: THINGS, decode, random, ...options });
  reflector.subscribe({
    onEvent: ({ type, object }) => events.push(`${type} ${object.metadata.name}`),
  });
  runtime.onClose(async () => {
    await reflector.stop();
  });
  reflector.start();
  return reflector;
}

async function startWatching(options?: Partial<ReflectorOptions<RawObject>>): Promise<Reflector<RawObject>> {
  const reflector = startReflector(options);
  await until(() => runtime.server.watches.openCount === 1, 'the watch');
  // The head of the answer has arrived when its deadline is gone.
  await until(() => !runtime.clock.wakeTimesMs().includes(CONNECT_TIMEOUT_MS), 'the head of the watch');
  return reflector;
}

function put(name: string, fields?: Readonly<Record<string, unknown>>): RawObject {
  return runtime.server.objects.put(THINGS, `default/${name}`, fields);
}

function remove(name: string): void {
  runtime.server.objects.remove(THINGS, `default/${name}`);
}

async function seen(...expected: string[]): Promise<void> {
  await until(
    () => events.length >= expected.length,
    `events ${expected.join(', ')} after ${events.join(', ')}`,
  );
  expect(events).toEqual(expected);
}

/** Moves time to the next timer as long as it takes. */
async function advanceUntil(condition: () => boolean, what: string): Promise<void> {
  for (let step = 0; step < 200 && !condition(); step += 1) {
    for (let turns = 0; turns < 50 && !condition(); turns += 1) await turn();
    if (!condition()) await runtime.clock.advance(250);
  }
  if (!condition()) throw new Error(`${what} never came true`);
}

function watchedVersions(): (string | null)[] {
  return runtime.server.requests.filter(isWatch).map(({ query }) => query.get('resourceVersion'));
}

describe('listing', () => {
  it('reads page after page, and watches from the version of the list', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) put(name);
    runtime.server.objects.skipVersions(50);

    const reflector = await startWatching({ pageSize: 2 });

    expect(events).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d', 'ADDED e']);
    expect(runtime.server.requests.filter(isList).map(({ query }) => query.get('limit'))).toEqual([
      '2',
      '2',
      '2',
    ]);
    expect(watchedVersions()).toEqual(['155']);
    expect(reflector.hasSynced()).toBe(true);
  });

  it('is not synced while a page is missing', async () => {
    for (const name of ['a', 'b', 'c']) put(name);
    runtime.server.plan((request) => (request.query.get('continue') === '2' ? 'hang' : undefined));

    const reflector = startReflector({ pageSize: 2 });
    await seen('ADDED a', 'ADDED b');

    expect(reflector.hasSynced()).toBe(false);
    expect(reflector.store.size).toBe(2);
  });

  it('begins anew, in one piece, when its continue token expires, and forgets what went meanwhile', async () => {
    for (const name of ['a', 'b', 'c']) put(name);
    runtime.server.plan(({ query }) => {
      if (query.get('continue') !== '2') return undefined;
      remove('a');
      return statusAnswer(410, 'Expired');
    });

    const reflector = await startWatching({ pageSize: 2 });

    expect(reflector.store.list().map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(runtime.server.requests.filter(isList).at(-1)?.query.has('limit')).toBe(false);
  });

  it.each([
    { fault: statusAnswer(500, 'InternalError'), reason: 'a server in trouble' },
    {
      fault: statusAnswer(429, 'TooManyRequests', { 'retry-after': '1' }),
      reason: 'a server that asks for patience',
    },
    { fault: statusAnswer(403, 'Forbidden'), reason: 'rights that are still being granted' },
    { fault: { status: 200, body: 'no json' }, reason: 'a proxy that talks' },
    { fault: { status: 200, body: { kind: 'Status' } }, reason: 'JSON that is no list' },
    { fault: 'cut' as const, reason: 'a connection that breaks' },
  ])('goes on trying after $reason', async ({ fault }) => {
    put('a');
    runtime.server.failNext(isList, fault, fault);

    const reflector = startReflector();
    await advanceUntil(() => reflector.hasSynced(), 'the list');

    expect(events).toEqual(['ADDED a']);
  });

  it('does not come back before the time that Retry-After names', async () => {
    runtime.server.failNext(isList, statusAnswer(429, 'TooManyRequests', { 'retry-after': '7' }));

    startReflector({ random: () => 0 });
    await until(() => runtime.clock.sleepers > 0 && runtime.server.count('LIST') === 1);
    await until(() => runtime.log.messages('warn').includes('list failed'));
    await turn();

    expect(runtime.clock.wakeTimesMs()).toEqual([7000]);
  });

  it('gives up a list that hangs, and lists again', async () => {
    put('a');
    runtime.server.failNext(isList, 'hang');

    const reflector = startReflector();
    await until(() => runtime.server.count('LIST') === 1);
    await runtime.clock.advance(60_000);
    await advanceUntil(() => reflector.hasSynced(), 'the second list');

    expect(events).toEqual(['ADDED a']);
  });

  it('waits longer and longer, with a bound, while the server stays away', async () => {
    const pauses: number[] = [];
    runtime.server.plan(() => statusAnswer(503, 'ServiceUnavailable'));
    startReflector();

    for (let failures = 1; failures <= 9; failures += 1) {
      await until(() => runtime.log.messages('warn').length === failures && runtime.clock.sleepers === 1);
      const [pauseMs = 0] = runtime.clock.wakeTimesMs();
      pauses.push(pauseMs);
      await runtime.clock.advance(pauseMs);
    }

    expect(pauses).toEqual([500, 999, 1998, 3996, 7992, 15984, 29970, 29970, 29970]);
  });
});

describe('watching', () => {
  it('tells what is added, changed and deleted', async () => {
    const reflector = await startWatching();

    put('a');
    put('a', { spec: { size: 2 } });
    put('b');
    remove('a');
    await seen('ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a');

    expect(reflector.store.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('hands the state before a change along with it', async () => {
    const previous: unknown[] = [];
    const reflector = await startWatching();
    reflector.subscribe({
      onEvent: (event) => previous.push(event.type === 'MODIFIED' ? event.previous['spec'] : event.type),
    });

    put('a', { spec: 1 });
    put('a', { spec: 2 });
    await seen('ADDED a', 'MODIFIED a');

    expect(previous).toEqual(['ADDED', 1]);
  });

  it('asks for bookmarks and for an end after 5 to 10 minutes', async () => {
    await startWatching({ random: () => 0.5 });

    const query = runtime.server.requests.find(isWatch)?.query;
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(query?.get('timeoutSeconds')).toBe('450');
  });

  it('resumes at once from the last event when the server ends a stream in order, without a list', async () => {
    await startWatching();
    put('a');
    await seen('ADDED a');

    runtime.server.watches.end();
    await until(() => runtime.server.count('WATCH') === 2);
    put('b');
    await seen('ADDED a', 'ADDED b');

    expect(watchedVersions()).toEqual(['100', '101']);
    expect(runtime.server.count('LIST')).toBe(1);
  });

  it('resumes from the last bookmark, past what other resources changed', async () => {
    await startWatching();
    runtime.server.objects.skipVersions(900);
    runtime.server.watches.bookmark();
    await until(() => runtime.server.watches.openCount === 1);
    runtime.server.watches.end();

    await advanceUntil(() => runtime.server.count('WATCH') === 2, 'the second watch');

    expect(watchedVersions()).toEqual(['100', '1000']);
  });

  it('misses nothing across a cut', async () => {
    const reflector = await startWatching();
    runtime.server.watches.cut();
    put('a');
    put('b');
    remove('a');

    await advanceUntil(() => events.length === 3, 'the events');

    expect(events).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
    expect(runtime.server.count('LIST')).toBe(1);
    expect(reflector.store.size).toBe(1);
  });

  it('resumes after silence, on a new connection, when the peer is gone without a word', async () => {
    await startWatching({ idleTimeoutMs: 90_000 });
    runtime.server.watches.mute();
    put('a');

    await runtime.clock.advance(89_000);
    expect(runtime.server.count('WATCH')).toBe(1);
    await runtime.clock.advance(1000);
    await advanceUntil(() => events.length === 1, 'the missed event');

    expect(events).toEqual(['ADDED a']);
    expect(runtime.server.watches.openCount).toBe(1);
  });

  it('takes a bookmark for a sign of life', async () => {
    const reflector = await startWatching({ idleTimeoutMs: 90_000 });
    await runtime.clock.advance(80_000);
    const before = reflector.lastEventAtMs;
    runtime.server.watches.bookmark();
    await until(() => reflector.lastEventAtMs !== before);

    await runtime.clock.advance(80_000);

    expect(runtime.server.count('WATCH')).toBe(1);
    expect(reflector.ageMs()).toBe(80_000);
  });

  it('gives up a watch whose head does not come', async () => {
    runtime.server.failNext(isWatch, 'hang');
    startReflector();
    await until(() => runtime.server.count('WATCH') === 1);

    await runtime.clock.advance(30_000);
    await advanceUntil(() => runtime.server.watches.openCount === 1, 'the second watch');

    expect(runtime.server.count('LIST')).toBe(1);
  });

  it.each([
    { fault: statusAnswer(500, 'InternalError'), reason: 'a 500' },
    {
      fault: statusAnswer(429, 'TooManyRequests', { 'retry-after': '1' }),
      reason: 'a 429, as a fresh CRD gives',
    },
    { fault: statusAnswer(404, 'NotFound'), reason: 'a 404: the CRD is being replaced' },
    { fault: 'cut' as const, reason: 'a connection that breaks' },
  ])('goes on after $reason on the watch', async ({ fault }) => {
    runtime.server.failNext(isWatch, fault, fault, fault);
    startReflector();

    await advanceUntil(() => runtime.server.watches.openCount === 1, 'a watch');
    put('a');

    await seen('ADDED a');
  });
});

describe('versions that are too old', () => {
  const ways: { name: string; lose: () => void }[] = [
    {
      name: 'an ERROR event of 410',
      lose: () => {
        runtime.server.watches.compact();
      },
    },
    {
      name: 'the HTTP status 410',
      lose: () => {
        runtime.server.failNext(isWatch, statusAnswer(410, 'Gone'));
      },
    },
  ];

  it.each(ways)('are answered to $name by a list that tells what happened unseen', async ({ lose }) => {
    put('stays');
    put('changes', { spec: 1 });
    put('goes');
    put('returns', { spec: 1 });
    const reflector = await startWatching();
    events.length = 0;

    runtime.server.watches.mute();
    put('changes', { spec: 2 });
    remove('goes');
    remove('returns');
    put('returns', { spec: 2 });
    put('comes');
    lose();
    runtime.server.watches.end();
    await advanceUntil(
      () => runtime.server.count('LIST') === 2 && runtime.server.watches.openCount === 1,
      'list',
    );

    expect([...events].sort()).toEqual(
      ['ADDED comes', 'ADDED returns', 'DELETED goes', 'DELETED returns', 'MODIFIED changes'].sort(),
    );
    expect(events.indexOf('DELETED returns')).toBeLessThan(events.indexOf('ADDED returns'));
    expect(reflector.store.list().map(nameOf).sort()).toEqual(['changes', 'comes', 'returns', 'stays']);
  });

  it('do not lead to a storm of lists when they repeat', async () => {
    runtime.server.plan((request) => (isWatch(request) ? statusAnswer(410, 'Expired') : undefined));
    startReflector();
    for (let step = 0; step < 40; step += 1) {
      for (let turns = 0; turns < 30; turns += 1) await turn();
      await runtime.clock.advance(500);
    }

    // 20 s: 0.5 + 1 + 2 + 4 + 8 …
    expect(runtime.server.count('LIST')).toBeLessThanOrEqual(6);
  });
});

describe('garbage', () => {
  it('in the stream leads to a new watch from the last version', async () => {
    await startWatching();
    put('a');
    await seen('ADDED a');

    runtime.server.watches.write('<html>proxy</html>\n');
    await advanceUntil(() => runtime.server.count('WATCH') === 2, 'the second watch');
    await until(() => runtime.server.watches.openCount === 1);
    put('b');

    await seen('ADDED a', 'ADDED b');
    expect(runtime.server.count('LIST')).toBe(1);
  });

  it('twice in a row leads to a list', async () => {
    await startWatching();
    for (const watches of [2, 3]) {
      runtime.server.watches.write('{"type":"ADDED","object":{}}\n');
      await advanceUntil(() => runtime.server.count('WATCH') === watches, 'the next watch');
      await until(() => runtime.server.watches.openCount === 1);
    }

    expect(runtime.server.count('LIST')).toBe(2);
  });

  it('is not seen where a line comes in pieces, cut within a character', async () => {
    await startWatching();
    const object = { metadata: { name: 'größe', namespace: 'default', uid: 'u', resourceVersion: '200' } };
    const bytes = Buffer.from(line('ADDED', object));
    const cut = bytes.indexOf(Buffer.from('ö')) + 1;
    runtime.server.watches.write(bytes.subarray(0, cut));
    for (let turns = 0; turns < 20; turns += 1) await turn();
    runtime.server.watches.write(bytes.subarray(cut));

    await seen('ADDED größe');
  });
});

describe('what cannot stop it', () => {
  it('is a handler that throws: the others still hear', async () => {
    const reflector = startReflector();
    reflector.subscribe({
      onEvent: () => {
        throw new Error('bug');
      },
    });
    const heard: string[] = [];
    reflector.subscribe({ onEvent: ({ object }) => heard.push(object.metadata.name) });
    await until(() => runtime.server.watches.openCount === 1);

    put('a');
    put('b');
    await seen('ADDED a', 'ADDED b');

    expect(heard).toEqual(['a', 'b']);
    expect(runtime.log.messages('error')).toEqual(['event handler threw', 'event handler threw']);
  });

  it('is an object that is not understood: it is left as it was, and can still be deleted', async () => {
    const reflector = await startWatching({
      decode: (raw) => {
        if (raw['spec'] === 'bad') throw new Error('bad spec');
        return raw;
      },
    });
    put('a', { spec: 'good' });
    put('a', { spec: 'bad' });
    put('b');
    await seen('ADDED a', 'ADDED b');
    expect(reflector.store.get('default/a')?.['spec']).toBe('good');

    remove('a');
    await seen('ADDED a', 'ADDED b', 'DELETED a');
  });
});

describe('our own writes', () => {
  it('are readable at once, and their watch event is not told again', async () => {
    const reflector = await startWatching();
    put('a', { spec: 1 });
    await seen('ADDED a');

    runtime.server.watches.mute();
    const written = put('a', { spec: 2 });
    expect(reflector.store.applyLocal(written)).toBe(true);
    expect(reflector.store.get('default/a')?.['spec']).toBe(2);
    runtime.server.watches.write(line('MODIFIED', written));
    put('b');
    runtime.server.watches.write(line('ADDED', runtime.server.objects.get(THINGS, 'default/b')));

    await seen('ADDED a', 'ADDED b');
  });

  it('are not undone by an older event that comes late', async () => {
    const reflector = await startWatching();
    put('a', { spec: 1 });
    await seen('ADDED a');

    runtime.server.watches.mute();
    const older = put('a', { spec: 2 });
    const ours = put('a', { spec: 3 });
    reflector.store.applyLocal(ours);
    runtime.server.watches.write(line('MODIFIED', older) + line('MODIFIED', put('b')));
    await seen('ADDED a', 'ADDED b');

    expect(reflector.store.get('default/a')?.['spec']).toBe(3);
  });

  it.each([
    { name: 'an object that is gone', metadata: { name: 'gone' } },
    { name: 'a namesake of another life', metadata: { uid: 'other', resourceVersion: '99999' } },
    { name: 'an older version', metadata: { resourceVersion: '9' } },
    { name: 'the same version', metadata: {} },
  ])('do not bring back $name', async ({ metadata }) => {
    const reflector = await startWatching();
    const held = put('a', { spec: 'held' });
    await seen('ADDED a');

    const written = { ...held, spec: 'written', metadata: { ...held.metadata, ...metadata } };

    expect(reflector.store.applyLocal(written)).toBe(false);
    expect(reflector.store.list()).toHaveLength(1);
    expect(reflector.store.get('default/a')?.['spec']).toBe('held');
  });

  it('are compared as integers, beyond 2^53 and across lengths', async () => {
    const reflector = await startWatching();
    const held = put('a');
    await seen('ADDED a');
    const at = (resourceVersion: string): RawObject => ({
      ...held,
      metadata: { ...held.metadata, resourceVersion },
    });

    expect(reflector.store.applyLocal(at('9007199254740993'))).toBe(true);
    expect(reflector.store.applyLocal(at('9007199254740992'))).toBe(false);
    expect(reflector.store.applyLocal(at('9007199254740994'))).toBe(true);
    expect(reflector.store.applyLocal(at('10007199254740994'))).toBe(true);
  });
});

describe('stopping', () => {
  it('ends the watch and its connection, and nothing comes after it', async () => {
    const reflector = await startWatching();

    await reflector.stop();
    put('a');
    await until(() => runtime.server.watches.openCount === 0);

    expect(events).toEqual([]);
  });

  it('does not wait for a back-off to pass', async () => {
    runtime.server.plan(() => statusAnswer(500, 'InternalError'));
    const reflector = startReflector();
    await until(() => runtime.log.messages('warn').length === 1);

    await reflector.stop();

    expect(reflector.hasSynced()).toBe(false);
  });
});

it('drops from memory what no controller reads', async () => {
  const managed = {
    managedFields: [{}],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' },
  };
  put('a', { metadata: managed });

  const reflector = await startWatching();
  const metadata = reflector.store.get('default/a')?.metadata;

  expect(metadata).not.toHaveProperty('managedFields');
  expect(metadata?.annotations).toEqual({ kept: 'yes' });
});

it('watches one namespace, with selectors on every request', async () => {
  await startWatching({ path: '/apis/example.dev/v1/namespaces/default/things', labelSelector: 'a=b' });
  put('mine');
  runtime.server.objects.put(THINGS, 'other/theirs');
  put('mine-too');

  await seen('ADDED mine', 'ADDED mine-too');
  expect(
    runtime.server.requests.map((request) => [kindOf(request), request.query.get('labelSelector')]),
  ).toEqual([
    ['LIST', 'a=b'],
    ['WATCH', 'a=b'],
  ]);
});

function nameOf({ metadata }: RawObject): string {
  return metadata.name;
}
