import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isList, kindOf } from '../support/fake-api-server.ts';
import { statusAnswer } from '../support/fake-objects.ts';
import { Reflecting, THINGS } from '../support/reflecting.ts';
import { turn, until } from '../support/until.ts';

let world: Reflecting;

beforeEach(async () => {
  world = await Reflecting.start();
});

afterEach(async () => {
  await world.close();
});

describe('an optional kind', () => {
  it.each([
    { answer: statusAnswer(404, 'NotFound'), why: 'the API server does not know' },
    { answer: statusAnswer(403, 'Forbidden'), why: 'this account may not list' },
  ])('that $why is empty until it is served', async ({ answer }) => {
    let isServed = false;
    world.put('a');
    world.runtime.server.plan(() => (isServed ? undefined : answer));
    const reflector = world.startReflector({ isOptional: true });
    await world.advanceUntil(() => reflector.hasSynced(), 'the empty list');
    await reflector.whenAnswered();
    expect(reflector.store.size).toBe(0);
    expect(reflector.problem).toBeUndefined();

    isServed = true;
    await world.advanceUntil(() => world.events.length === 1, 'the first object');
    expect(world.events).toEqual(['ADDED a']);
  });

  it('keeps its objects when it is no longer served, because they would seem deleted', async () => {
    world.put('a');
    const reflector = await world.startWatching({ isOptional: true });
    world.runtime.server.plan((request) =>
      isList(request) ? statusAnswer(404, 'NotFound') : statusAnswer(410, 'Expired'),
    );
    world.runtime.server.watches.end();
    await world.advanceUntil(() => reflector.problem !== undefined, 'the failure');
    expect(world.events).toEqual(['ADDED a']);
    expect(reflector.store.size).toBe(1);
  });

  it('is not taken for absent when the API server fails', async () => {
    world.runtime.server.plan(() => statusAnswer(503, 'ServiceUnavailable'));
    const reflector = world.startReflector({ isOptional: true });
    await world.advanceUntil(() => reflector.problem !== undefined, 'the failure');
    expect(reflector.hasSynced()).toBe(false);
  });
});

describe('listing', () => {
  it('reads page after page, and watches from the version of the list', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) world.put(name);
    world.runtime.server.objects.skipVersions(50);

    const reflector = await world.startWatching({ pageSize: 2 });

    expect(world.events).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d', 'ADDED e']);
    expect(world.runtime.server.requests.filter(isList).map(({ query }) => query.get('limit'))).toEqual([
      '2',
      '2',
      '2',
    ]);
    expect(world.watchedVersions()).toEqual(['155']);
    expect(reflector.hasSynced()).toBe(true);
  });

  it('is not synced while a page is missing', async () => {
    for (const name of ['a', 'b', 'c']) world.put(name);
    world.runtime.server.plan((request) => (request.query.get('continue') === '2' ? 'hang' : undefined));

    const reflector = world.startReflector({ pageSize: 2 });
    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);

    expect(reflector.hasSynced()).toBe(false);
    expect(reflector.store.size).toBe(2);
  });

  it('starts again without pages when its continue token expires, and drops objects that were deleted meanwhile', async () => {
    for (const name of ['a', 'b', 'c']) world.put(name);
    world.runtime.server.plan(({ query }) => {
      if (query.get('continue') !== '2') return undefined;
      world.remove('a');
      return statusAnswer(410, 'Expired');
    });

    const reflector = await world.startWatching({ pageSize: 2 });

    expect(reflector.store.list().map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(world.runtime.server.requests.filter(isList).at(-1)?.query.has('limit')).toBe(false);
  });

  it.each([
    { fault: statusAnswer(500, 'InternalError'), reason: 'a server error' },
    {
      fault: statusAnswer(429, 'TooManyRequests', { 'retry-after': '1' }),
      reason: 'a rate limit',
    },
    { fault: statusAnswer(403, 'Forbidden'), reason: 'missing permissions' },
    { fault: { status: 200, body: 'no json' }, reason: 'text from a proxy' },
    { fault: { status: 200, body: { kind: 'Status' } }, reason: 'JSON that is not a list' },
    { fault: 'cut' as const, reason: 'a broken connection' },
    { fault: 'reset' as const, reason: 'a connection reset during the answer' },
    { fault: { status: 502, body: '<html>Bad Gateway</html>' }, reason: 'an HTML page from a proxy' },
    { fault: { status: 504, body: '' }, reason: 'a gateway timeout' },
    { fault: statusAnswer(401, 'Unauthorized'), reason: 'rejected credentials' },
    { fault: { status: 302, headers: { location: '/login' }, body: '' }, reason: 'a login page' },
  ])('retries after $reason', async ({ fault }) => {
    world.put('a');
    world.runtime.server.failNext(isList, fault, fault);

    const reflector = world.startReflector();
    await world.advanceUntil(() => reflector.hasSynced(), 'the list');

    expect(world.events).toEqual(['ADDED a']);
  });

  it('reports the missing kind when the server does not know it, and retries', async () => {
    world.put('a');
    world.runtime.server.failNext(isList, { status: 404, body: '404 page not found' });

    const reflector = world.startReflector();
    await world.advanceUntil(() => reflector.hasSynced(), 'the list');

    expect(world.runtime.log.messages('warn')).toEqual([
      expect.stringContaining('is its CustomResourceDefinition installed?'),
    ]);
  });

  it('does not retry before the time that Retry-After names', async () => {
    world.runtime.server.failNext(isList, statusAnswer(429, 'TooManyRequests', { 'retry-after': '7' }));

    world.startReflector({ random: () => 0 });
    await until(() => world.runtime.clock.sleepers > 0 && world.runtime.server.count('LIST') === 1);
    await until(() => world.runtime.log.messages('warn').includes('list failed'));
    await turn();

    expect(world.runtime.clock.wakeTimesMs()).toEqual([7000]);
  });

  it('waits at most 15 s, whatever a proxy asks for', async () => {
    const maintenance = { status: 503, headers: { 'retry-after': '3600' }, body: '<html>maintenance</html>' };
    world.runtime.server.failNext(isList, maintenance);

    world.startReflector({ random: () => 0 });
    await until(() => world.runtime.log.messages('warn').includes('list failed'));
    await turn();

    expect(world.runtime.clock.wakeTimesMs()).toEqual([15_000]);
  });

  it('gives up a list that hangs, and lists again', async () => {
    world.put('a');
    world.runtime.server.failNext(isList, 'hang');

    const reflector = world.startReflector();
    await until(() => world.runtime.server.count('LIST') === 1);
    await world.runtime.clock.advance(60_000);
    await world.advanceUntil(() => reflector.hasSynced(), 'the second list');

    expect(world.events).toEqual(['ADDED a']);
  });

  it('waits with growing, bounded pauses while the server is unreachable', async () => {
    const pauses: number[] = [];
    world.runtime.server.plan(() => statusAnswer(503, 'ServiceUnavailable'));
    world.startReflector();

    for (let failures = 1; failures <= 11; failures += 1) {
      await until(
        () => world.runtime.log.messages('warn').length === failures && world.runtime.clock.sleepers === 1,
      );
      const [pauseMs = 0] = world.runtime.clock.wakeTimesMs();
      pauses.push(pauseMs);
      await world.runtime.clock.advance(pauseMs);
    }

    expect(pauses).toEqual([100, 200, 400, 799, 1598, 3197, 6394, 9990, 9990, 9990, 9990]);
  });
});

describe('stopping', () => {
  it('closes the watch and its connection, and reports nothing afterwards', async () => {
    const reflector = await world.startWatching();

    await reflector.stop();
    world.put('a');
    await until(() => world.runtime.server.watches.openCount === 0);

    expect(world.events).toEqual([]);
  });

  it('does not wait for a back-off to pass', async () => {
    world.runtime.server.plan(() => statusAnswer(500, 'InternalError'));
    const reflector = world.startReflector();
    await until(() => world.runtime.log.messages('warn').length === 1);

    await reflector.stop();

    expect(reflector.hasSynced()).toBe(false);
  });
});

it('drops fields that no controller reads', async () => {
  const managed = {
    managedFields: [{}],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'yes' },
  };
  world.put('a', { metadata: managed });

  const reflector = await world.startWatching();
  const metadata = reflector.store.get('default/a')?.metadata;

  expect(metadata).not.toHaveProperty('managedFields');
  expect(metadata?.annotations).toEqual({ kept: 'yes' });
});

it('watches one namespace, with selectors on every request', async () => {
  await world.startWatching({ path: '/apis/example.dev/v1/namespaces/default/things', labelSelector: 'a=b' });
  world.put('mine');
  world.runtime.server.objects.put(THINGS, 'other/theirs');
  world.put('mine-too');

  expect(await world.told(2)).toEqual(['ADDED mine', 'ADDED mine-too']);
  expect(
    world.runtime.server.requests.map((request) => [kindOf(request), request.query.get('labelSelector')]),
  ).toEqual([
    ['LIST', 'a=b'],
    ['WATCH', 'a=b'],
  ]);
});
