import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isWatch, kindOf } from '../support/fake-api-server.ts';
import { statusAnswer } from '../support/fake-objects.ts';
import { line } from '../support/fake-watches.ts';
import { Reflecting } from '../support/reflecting.ts';
import { turn, until } from '../support/until.ts';

let world: Reflecting;

beforeEach(async () => {
  world = await Reflecting.start();
});

afterEach(async () => {
  await world.close();
});

describe('watching', () => {
  it('reports added, changed and deleted objects', async () => {
    const reflector = await world.startWatching();

    world.put('a');
    world.put('a', { spec: { size: 2 } });
    world.put('b');
    world.remove('a');
    expect(await world.told(4)).toEqual(['ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a']);

    expect(reflector.store.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('reports a change together with the previous state', async () => {
    const previous: unknown[] = [];
    const reflector = await world.startWatching();
    reflector.subscribe({
      onEvent: (event) => previous.push(event.type === 'MODIFIED' ? event.previous['spec'] : event.type),
    });

    world.put('a', { spec: 1 });
    world.put('a', { spec: 2 });
    expect(await world.told(2)).toEqual(['ADDED a', 'MODIFIED a']);

    expect(previous).toEqual(['ADDED', 1]);
  });

  it('asks for bookmarks and for a timeout of 5 to 10 minutes', async () => {
    await world.startWatching({ random: () => 0.5 });

    const query = world.runtime.server.requests.find(isWatch)?.query;
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(query?.get('timeoutSeconds')).toBe('450');
  });

  it('resumes at once from the last event without a list when the server ends a stream normally', async () => {
    await world.startWatching();
    world.put('a');
    expect(await world.told(1)).toEqual(['ADDED a']);

    world.runtime.server.watches.end();
    await until(() => world.runtime.server.count('WATCH') === 2);
    world.put('b');
    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);

    expect(world.watchedVersions()).toEqual(['100', '101']);
    expect(world.runtime.server.count('LIST')).toBe(1);
  });

  it('resumes from the last bookmark, after changes of other resources', async () => {
    await world.startWatching();
    world.runtime.server.objects.skipVersions(900);
    world.runtime.server.watches.bookmark();
    await until(() => world.runtime.server.watches.openCount === 1);
    world.runtime.server.watches.end();

    await world.advanceUntil(() => world.runtime.server.count('WATCH') === 2, 'the second watch');

    expect(world.watchedVersions()).toEqual(['100', '1000']);
  });

  it('misses nothing after a broken connection', async () => {
    const reflector = await world.startWatching();
    world.runtime.server.watches.cut();
    world.put('a');
    world.put('b');
    world.remove('a');

    await world.advanceUntil(() => world.events.length === 3, 'the world.events');

    expect(world.events).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
    expect(world.runtime.server.count('LIST')).toBe(1);
    expect(reflector.store.size).toBe(1);
  });

  it('resumes after a silence on a new connection when the peer vanishes', async () => {
    await world.startWatching({ idleTimeoutMs: 90_000 });
    world.runtime.server.watches.mute();
    world.put('a');

    await world.runtime.clock.advance(89_000);
    expect(world.runtime.server.count('WATCH')).toBe(1);
    await world.runtime.clock.advance(1000);

    // It resumes at once, because the watch has been silent for long enough.
    expect(await world.told(1)).toEqual(['ADDED a']);
    expect(world.runtime.server.watches.openCount).toBe(1);
  });

  it('does not wait for the answer to the question whether the server still has the version', async () => {
    await world.startWatching({ idleTimeoutMs: 90_000 });
    const { server } = world.runtime;
    server.failNext((request) => kindOf(request) === 'LIST', 'hang');
    server.watches.mute();
    world.put('a');
    await world.runtime.clock.advance(90_000);
    expect(await world.told(1)).toEqual(['ADDED a']);
  });

  it('asks for shorter watches each time one falls silent, because a proxy may drop the next one too', async () => {
    await world.startWatching({ idleTimeoutMs: 30_000, random: () => 0 });
    const { server } = world.runtime;
    const seconds = (): (string | null)[] =>
      server.requests.filter(isWatch).map(({ query }) => query.get('timeoutSeconds'));
    for (let watches = 2; watches <= 5; watches += 1) {
      server.watches.mute();
      await world.advanceUntil(() => server.count('WATCH') === watches, 'the next watch');
      await until(() => server.watches.openCount === 1);
    }
    expect(seconds()).toEqual(['300', '20', '8', '4', '4']);
    // After each silence a list of one object tells whether the server still has the version.
    const limits = server.requests.filter((request) => kindOf(request) === 'LIST').map(({ query }) => query);
    expect(limits.filter((query) => query.get('limit') !== '1')).toHaveLength(1);
  });

  it('treats a bookmark as a sign of life', async () => {
    const reflector = await world.startWatching({ idleTimeoutMs: 90_000 });
    await world.runtime.clock.advance(80_000);
    const before = reflector.lastEventAtMs;
    world.runtime.server.watches.bookmark();
    await until(() => reflector.lastEventAtMs !== before);

    await world.runtime.clock.advance(80_000);

    expect(world.runtime.server.count('WATCH')).toBe(1);
    expect(reflector.ageMs()).toBe(80_000);
  });

  it('gives up a watch whose response headers do not arrive', async () => {
    world.runtime.server.failNext(isWatch, 'hang');
    world.startReflector();
    await until(() => world.runtime.server.count('WATCH') === 1);

    await world.runtime.clock.advance(10_000);
    await world.advanceUntil(() => world.runtime.server.watches.openCount === 1, 'the second watch');

    expect(world.runtime.server.count('LIST')).toBe(1);
  });

  it.each([
    { fault: statusAnswer(500, 'InternalError'), reason: 'a 500' },
    {
      fault: statusAnswer(429, 'TooManyRequests', { 'retry-after': '1' }),
      reason: 'a 429, as after the creation of a CRD',
    },
    { fault: statusAnswer(404, 'NotFound'), reason: 'a 404 while the CRD is replaced' },
    { fault: 'cut' as const, reason: 'a broken connection' },
  ])('continues after $reason on the watch', async ({ fault }) => {
    world.runtime.server.failNext(isWatch, fault, fault, fault);
    world.startReflector();

    await world.advanceUntil(() => world.runtime.server.watches.openCount === 1, 'a watch');
    world.put('a');

    expect(await world.told(1)).toEqual(['ADDED a']);
  });
});

it('resets its back-off once a watch has delivered an event', async () => {
  await world.startWatching();
  for (let cuts = 1; cuts <= 3; cuts += 1) {
    world.runtime.server.watches.cut();
    await until(() => world.runtime.server.watches.openCount === 0 && world.pauseMs() > 0, 'a pause');
    expect(world.pauseMs()).toBe(100);

    await world.runtime.clock.advance(100);
    await until(() => world.runtime.server.watches.openCount === 1, 'the next watch');
    world.put(`thing-${String(cuts)}`);
    await until(() => world.events.length === cuts, 'the event');
  }
});

describe('garbage in the stream', () => {
  it('leads to a new watch from the last version', async () => {
    await world.startWatching();
    world.put('a');
    expect(await world.told(1)).toEqual(['ADDED a']);

    world.runtime.server.watches.write('<html>proxy</html>\n');
    await world.advanceUntil(() => world.runtime.server.count('WATCH') === 2, 'the second watch');
    await until(() => world.runtime.server.watches.openCount === 1);
    world.put('b');

    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);
    expect(world.runtime.server.count('LIST')).toBe(1);
  });

  it('does not include an event of an unknown type, which the watch skips', async () => {
    await world.startWatching();
    for (let times = 0; times < 3; times += 1) {
      world.runtime.server.watches.write(line('HEARTBEAT', { metadata: { resourceVersion: '1' } }));
    }
    world.put('a');

    expect(await world.told(1)).toEqual(['ADDED a']);
    expect(world.runtime.server.count('WATCH')).toBe(1);
    expect(world.runtime.server.count('LIST')).toBe(1);
  });

  it('leads to a list when it comes twice in a row', async () => {
    await world.startWatching();
    for (const watches of [2, 3]) {
      world.runtime.server.watches.write('{"type":"ADDED","object":{}}\n');
      await world.advanceUntil(() => world.runtime.server.count('WATCH') === watches, 'the next watch');
      await until(() => world.runtime.server.watches.openCount === 1);
    }

    expect(world.runtime.server.count('LIST')).toBe(2);
  });

  it('does not include a line that arrives in pieces, split within a character', async () => {
    await world.startWatching();
    const object = { metadata: { name: 'größe', namespace: 'default', uid: 'u', resourceVersion: '200' } };
    const bytes = Buffer.from(line('ADDED', object));
    const cut = bytes.indexOf(Buffer.from('ö')) + 1;
    for (const piece of [bytes.subarray(0, 9), bytes.subarray(9, cut), bytes.subarray(cut)]) {
      world.runtime.server.watches.write(piece);
      for (let turns = 0; turns < 20; turns += 1) await turn();
    }

    expect(await world.told(1)).toEqual(['ADDED größe']);
  });
});
