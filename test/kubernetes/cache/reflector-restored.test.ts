import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { statusAnswer } from '../support/fake-objects.ts';
import { isWatch } from '../support/fake-api-server.ts';
import { Reflecting } from '../support/reflecting.ts';

const IDLE_MS = 20_000;

let world: Reflecting;

beforeEach(async () => {
  world = await Reflecting.start();
});

afterEach(async () => {
  await world.close();
});

/** What the reflector has, by name. */
function specs(reflector: Awaited<ReturnType<Reflecting['startWatching']>>): Record<string, unknown> {
  return Object.fromEntries(reflector.store.list().map((object) => [object.metadata.name, object['spec']]));
}

describe('after etcd was restored from a backup', () => {
  /** What a reflector has seen, and a backup from before the last changes. */
  async function loseHistory() {
    const { objects } = world.runtime.server;
    const reflector = await world.startWatching({ idleTimeoutMs: IDLE_MS });
    world.put('changed', { spec: 1 });
    world.put('deleted', { spec: 1 });
    await world.told(2);
    const backup = objects.backUp();
    world.put('changed', { spec: 2 });
    world.put('created', { spec: 2 });
    world.remove('deleted');
    await world.told(5);
    return { reflector, backup };
  }

  it('has the objects of the backup if the versions go on above the lost ones', async () => {
    const { reflector, backup } = await loseHistory();
    const { server } = world.runtime;
    server.objects.restore(backup, server.objects.version + 1_000);
    server.watches.compact();
    server.watches.cut();
    await world.advanceUntil(() => server.count('LIST') === 2, 'the second list');
    await world.advanceUntil(() => world.events.length >= 9, 'the events');
    expect(specs(reflector)).toEqual({ changed: 1, deleted: 1 });
    expect(world.events.slice(5).toSorted()).toEqual([
      'ADDED changed',
      'ADDED deleted',
      'DELETED changed',
      'DELETED created',
    ]);

    world.put('changed', { spec: 3 });
    await world.told(10);
    expect(specs(reflector)).toEqual({ changed: 3, deleted: 1 });
  });

  it('has them once a watch was silent, if the versions begin again at those of the backup', async () => {
    const { reflector, backup } = await loseHistory();
    const { server } = world.runtime;
    server.objects.restore(backup);
    server.watches.cut();
    world.put('changed', { spec: 3 });
    await world.advanceUntil(() => world.events.length >= 9, 'the events');
    expect(specs(reflector)).toEqual({ changed: 3, deleted: 1 });

    world.put('created', { spec: 3 });
    await world.told(10);
    expect(specs(reflector)).toEqual({ changed: 3, deleted: 1, created: 3 });
  });

  it('has them at once if the server says that it has not reached the version of the watch', async () => {
    const { reflector, backup } = await loseHistory();
    const { server } = world.runtime;
    server.objects.restore(backup);
    const tooLarge = statusAnswer(504, 'Timeout');
    server.failNext(isWatch, {
      ...tooLarge,
      body: { ...Object(tooLarge.body), message: 'Too large resource version: 106, current: 103' },
    });
    server.watches.cut();
    await world.advanceUntil(() => world.events.length >= 9, 'the events');
    expect(specs(reflector)).toEqual({ changed: 1, deleted: 1 });
  });
});
