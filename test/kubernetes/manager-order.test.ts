import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SoleProcess } from '../../src/kubernetes/election/election.ts';
import type { Runnable } from '../../src/kubernetes/runnable.ts';
import { ControlledWork } from './support/controlled-work.ts';
import { ownKey } from './support/controller-bench.ts';
import { BOXES, ManagerBench, resource } from './support/manager-bench.ts';
import { turn, until } from './support/until.ts';

let bench: ManagerBench;

beforeEach(async () => {
  bench = await ManagerBench.open();
});

afterEach(async () => {
  await bench.runtime.close();
});

describe('the order of parts', () => {
  it('is kept at the start, and reversed at the stop', async () => {
    const boxes = bench.manager.source(resource('boxes'));
    const isWatched = (): string => `watched: ${String(bench.server.watches.openCount > 0)}`;
    const service: Runnable = {
      start: () => {
        bench.steps.push(`service starts, ${isWatched()}`);
      },
      stop: async () => {
        await until(() => bench.server.watches.openCount === 0);
        bench.steps.push('service stops behind the watch');
      },
    };
    await bench.start([], {
      services: [bench.part('first service'), service],
      lead: async () => {
        bench.steps.push(`leads, ${isWatched()}, knows ${String(boxes.store.size)}`);
        return await Promise.resolve([bench.part('recorder'), bench.part('controllers')]);
      },
    });
    await bench.whenWatched(1);
    bench.server.objects.put(BOXES, 'default/a');
    await until(() => boxes.store.size === 1);
    bench.election.win();
    await until(() => bench.steps.includes('controllers starts'));
    await bench.manager.stop();

    expect(bench.steps).toEqual([
      'first service starts',
      'service starts, watched: false',
      'election starts',
      'leads, watched: true, knows 1',
      'recorder starts',
      'controllers starts',
      'controllers stops',
      'recorder stops',
      'lease released',
      'service stops behind the watch',
      'first service stops',
    ]);
    await expect(bench.manager.ended).resolves.toBe('stopped');
  });

  it('is kept when one part fails to stop, and the lease is still released', async () => {
    const broken: Runnable = { stop: async () => await Promise.reject(new Error('bug')) };
    await bench.start([bench.part('recorder'), broken]);
    bench.election.win();
    await until(() => bench.steps.includes('recorder starts'));
    await bench.manager.stop();

    expect(bench.steps.slice(-2)).toEqual(['recorder stops', 'lease released']);
    expect(bench.runtime.log.messages('error')).toEqual(['failed to stop a part of the operator cleanly']);
  });
});

describe('stopping', () => {
  it('waits for running reconciles before it releases the lease, however often it is called', async () => {
    const work = new ControlledWork();
    const boxes = bench.manager.source(resource('boxes'));
    bench.server.objects.put(BOXES, 'default/a');
    const controller = bench.controller('box', [[boxes, ownKey]], {
      reconcile: async (key) => {
        await work.worker(key);
        bench.steps.push('reconciled');
        return { kind: 'done' };
      },
    });
    await bench.start([controller]);
    bench.election.win();
    await until(() => work.started.length === 1);
    await bench.whenWatched(1);
    const stopped = Promise.all([bench.manager.stop(), bench.manager.stop()]);
    await turn();
    expect(bench.steps).toEqual(['election starts']);
    expect(bench.server.watches.openCount).toBe(1);

    await work.end('default/a');
    await stopped;

    expect(bench.steps).toEqual(['election starts', 'reconciled', 'lease released']);
    await bench.whenWatched(0);
  });

  it('waits for the preparation to lead, which may write, before it releases the lease', async () => {
    const prepared = Promise.withResolvers<undefined>();
    await bench.start([], {
      lead: async () => {
        bench.steps.push('prepares');
        await prepared.promise;
        bench.steps.push('prepared');
        return [];
      },
    });
    bench.election.win();
    await until(() => bench.steps.includes('prepares'));
    const stopped = bench.manager.stop();
    await turn();
    prepared.resolve(undefined);
    await stopped;

    expect(bench.steps).toEqual(['election starts', 'prepares', 'prepared', 'lease released']);
  });

  it.each(['while it waits for the lists', 'while it prepares to lead'])(
    'is possible %s, and nothing starts afterwards',
    async (when) => {
      const isListing = when.endsWith('lists');
      bench.server.plan(() => (isListing ? { status: 500, body: {} } : undefined));
      bench.manager.source(resource('boxes'));
      await bench.start([], {
        lead: async (signal) => {
          bench.steps.push('prepares');
          await bench.runtime.clock.sleep(20_000, signal).catch(() => undefined);
          return [bench.part('leader part')];
        },
      });
      bench.election.win();
      await until(() => (isListing ? bench.server.count('LIST') > 0 : bench.steps.includes('prepares')));
      await bench.manager.stop();
      await turn();

      expect(bench.steps.filter((step) => step !== 'prepares')).toEqual([
        'election starts',
        'lease released',
      ]);
      expect(bench.steps.includes('prepares')).toBe(!isListing);
    },
  );
});

describe('the lease', () => {
  it('ends the process at once without an orderly stop when it is lost', async () => {
    await bench.start([bench.part('leader part')]);
    bench.election.win();
    await until(() => bench.steps.includes('leader part starts'));
    await bench.election.lose();

    await expect(bench.manager.ended).resolves.toBe('lostLease');
    expect(bench.steps).toEqual(['election starts', 'leader part starts']);
  });

  it('is not needed when leader election is off: the process leads at once, and stops in order', async () => {
    const manager = bench.newManager(new SoleProcess());
    const boxes = manager.source(resource('boxes'));
    bench.server.objects.put(BOXES, 'default/a');
    await manager.start({
      services: [],
      lead: async () =>
        await Promise.resolve([bench.part('recorder'), bench.controller('box', [[boxes, ownKey]])]),
    });
    await until(() => bench.steps.length === 2);
    await manager.stop();

    expect(bench.steps).toEqual(['recorder starts', 'box default/a', 'recorder stops']);
    await expect(manager.ended).resolves.toBe('stopped');
  });
});
