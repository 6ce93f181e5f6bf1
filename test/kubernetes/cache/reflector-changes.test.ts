import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { isWatch } from '../support/fake-api-server.ts';
import { statusAnswer } from '../support/fake-objects.ts';
import { line } from '../support/fake-watches.ts';
import { Reflecting, THINGS } from '../support/reflecting.ts';
import { turn, until } from '../support/until.ts';

let world: Reflecting;

beforeEach(async () => {
  world = await Reflecting.start();
});

afterEach(async () => {
  await world.close();
});

describe('versions that are too old', () => {
  const ways: { name: string; lose: () => void }[] = [
    {
      name: 'an ERROR event of 410',
      lose: () => {
        world.runtime.server.watches.compact();
      },
    },
    {
      name: 'the HTTP status 410',
      lose: () => {
        world.runtime.server.failNext(isWatch, statusAnswer(410, 'Gone'));
      },
    },
  ];

  it.each(ways)('lead after $name to a list that reports the missed changes', async ({ lose }) => {
    world.put('stays');
    world.put('changes', { spec: 1 });
    world.put('goes');
    world.put('returns', { spec: 1 });
    const reflector = await world.startWatching();
    world.events.length = 0;

    world.runtime.server.watches.mute();
    world.put('changes', { spec: 2 });
    world.remove('goes');
    world.remove('returns');
    world.put('returns', { spec: 2 });
    world.put('comes');
    lose();
    world.runtime.server.watches.end();
    await world.advanceUntil(
      () => world.runtime.server.count('LIST') === 2 && world.runtime.server.watches.openCount === 1,
      'list',
    );

    expect([...world.events].sort()).toEqual(
      ['ADDED comes', 'ADDED returns', 'DELETED goes', 'DELETED returns', 'MODIFIED changes'].sort(),
    );
    expect(world.events.indexOf('DELETED returns')).toBeLessThan(world.events.indexOf('ADDED returns'));
    expect(reflector.store.list().map(nameOf).sort()).toEqual(['changes', 'comes', 'returns', 'stays']);
  });

  it('do not cause a storm of lists when they repeat', async () => {
    world.runtime.server.plan((request) => (isWatch(request) ? statusAnswer(410, 'Expired') : undefined));
    world.startReflector();
    for (let step = 0; step < 40; step += 1) {
      for (let turns = 0; turns < 30; turns += 1) await turn();
      await world.runtime.clock.advance(500);
    }

    // 20 s: 0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 6.4 …
    expect(world.runtime.server.count('LIST')).toBeLessThanOrEqual(9);
  });

  it('are recovered within a second after a broken watch, even if the first list fails', async () => {
    await world.startWatching();
    world.runtime.server.failNext(
      ({ path }) => path === THINGS,
      statusAnswer(410, 'Expired'),
      statusAnswer(500, 'InternalError'),
    );
    const cutAtMs = world.runtime.clock.monotonicMs();
    world.runtime.server.watches.cut();
    world.put('a');
    await world.advanceUntil(() => world.events.length === 1, 'the list with the news');

    expect(world.runtime.server.count('LIST')).toBe(3);
    expect(world.runtime.clock.monotonicMs() - cutAtMs).toBeLessThanOrEqual(1_000);
  });

  it('are recovered within a second each while lists bring changes', async () => {
    world.runtime.server.plan((request) => (isWatch(request) ? statusAnswer(410, 'Expired') : undefined));
    world.startReflector();
    for (let number = 1; number <= 8; number += 1) {
      world.put(`thing-${String(number)}`);
      await world.advanceUntil(() => world.events.length === number, 'the list with the news');
    }

    expect(world.runtime.clock.monotonicMs()).toBeLessThanOrEqual(8 * 1_000);
  });
});

describe('a failure that does not stop the reflector', () => {
  it('is a handler that throws, while the others still get events', async () => {
    const reflector = world.startReflector();
    reflector.subscribe({
      onEvent: () => {
        throw new Error('bug');
      },
    });
    const heard: string[] = [];
    reflector.subscribe({ onEvent: ({ object }) => heard.push(object.metadata.name) });
    await until(() => world.runtime.server.watches.openCount === 1);

    world.put('a');
    world.put('b');
    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);

    expect(heard).toEqual(['a', 'b']);
    expect(world.runtime.log.messages('error')).toEqual(['event handler threw', 'event handler threw']);
  });

  it('is an unreadable object, which stays as it was and can still be deleted', async () => {
    const reflector = await world.startWatching({
      decode: (raw) => {
        if (raw['spec'] === 'bad') throw new Error('bad spec');
        return raw;
      },
    });
    world.put('a', { spec: 'good' });
    world.put('a', { spec: 'bad' });
    world.put('b');
    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);
    expect(reflector.store.get('default/a')?.['spec']).toBe('good');

    world.remove('a');
    expect(await world.told(3)).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
  });
});

describe('our own writes', () => {
  it('are readable at once, and their watch event is not reported again', async () => {
    const reflector = await world.startWatching();
    world.put('a', { spec: 1 });
    expect(await world.told(1)).toEqual(['ADDED a']);

    world.runtime.server.watches.mute();
    const written = world.put('a', { spec: 2 });
    expect(reflector.store.applyLocal(written)).toBe(true);
    expect(reflector.store.get('default/a')?.['spec']).toBe(2);
    world.runtime.server.watches.write(line('MODIFIED', written));
    world.put('b');
    world.runtime.server.watches.write(line('ADDED', world.runtime.server.objects.get(THINGS, 'default/b')));

    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);
  });

  it('are not overwritten by a late event of an older version', async () => {
    const reflector = await world.startWatching();
    world.put('a', { spec: 1 });
    expect(await world.told(1)).toEqual(['ADDED a']);

    world.runtime.server.watches.mute();
    const older = world.put('a', { spec: 2 });
    const ours = world.put('a', { spec: 3 });
    reflector.store.applyLocal(ours);
    world.runtime.server.watches.write(line('MODIFIED', older) + line('MODIFIED', world.put('b')));
    expect(await world.told(2)).toEqual(['ADDED a', 'ADDED b']);

    expect(reflector.store.get('default/a')?.['spec']).toBe(3);
  });

  it.each([
    { name: 'a deleted object', metadata: { name: 'gone' } },
    { name: 'an earlier object of the same name', metadata: { uid: 'other', resourceVersion: '99999' } },
    { name: 'an older version', metadata: { resourceVersion: '9' } },
    { name: 'the same version', metadata: {} },
  ])('do not restore $name', async ({ metadata }) => {
    const reflector = await world.startWatching();
    const held = world.put('a', { spec: 'held' });
    expect(await world.told(1)).toEqual(['ADDED a']);

    const written = { ...held, spec: 'written', metadata: { ...held.metadata, ...metadata } };

    expect(reflector.store.applyLocal(written)).toBe(false);
    expect(reflector.store.list()).toHaveLength(1);
    expect(reflector.store.get('default/a')?.['spec']).toBe('held');
  });

  it('are compared by integer versions, beyond 2^53 and of different lengths', async () => {
    const reflector = await world.startWatching();
    const held = world.put('a');
    expect(await world.told(1)).toEqual(['ADDED a']);
    const at = (resourceVersion: string): RawObject => ({
      ...held,
      metadata: { ...held.metadata, resourceVersion },
    });

    expect(reflector.store.applyLocal(at('9007199254740992'))).toBe(true);
    expect(reflector.store.applyLocal(at('9007199254740993'))).toBe(true);
    expect(reflector.store.applyLocal(at('9007199254740992'))).toBe(false);
    expect(reflector.store.applyLocal(at('10007199254740994'))).toBe(true);
  });
});

function nameOf({ metadata }: RawObject): string {
  return metadata.name;
}
