import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ownerKey, ownKey } from './support/controller-bench.ts';
import { BOXES, ManagerBench, OWNERS, resource } from './support/manager-bench.ts';
import { turn, until } from './support/until.ts';

let bench: ManagerBench;

beforeEach(async () => {
  bench = await ManagerBench.open();
});

afterEach(async () => {
  await bench.runtime.close();
});

describe('a resource', () => {
  it('is listed and watched once, however many controllers watch it', async () => {
    bench.server.objects.put(BOXES, 'default/a', { spec: { owner: 'ann' } });
    const boxes = bench.manager.source(resource('boxes'));
    const owners = bench.manager.source(resource('owners'));
    expect(bench.manager.source(resource('boxes'))).toBe(boxes);
    await bench.start([
      bench.controller('box', [[boxes, ownKey]]),
      bench.controller('owner', [
        [boxes, ownerKey],
        [owners, ownKey],
      ]),
    ]);
    bench.election.win();
    await bench.whenWatched(2);
    bench.server.objects.put(BOXES, 'default/b', { spec: { owner: 'bob' } });
    await until(() => bench.steps.length === 5);

    expect(bench.steps).toEqual([
      'election starts',
      'box default/a',
      'owner default/ann',
      'box default/b',
      'owner default/bob',
    ]);
    expect(bench.opened).toEqual([BOXES, OWNERS]);
    expect(['LIST', 'WATCH'].map((kind) => bench.server.count(kind))).toEqual([2, 2]);
  });

  it('of one namespace has a source of its own', () => {
    expect(bench.manager.source(resource('boxes', 'ml'))).not.toBe(bench.manager.source(resource('boxes')));
    expect(bench.opened).toEqual(['/apis/example.dev/v1/namespaces/ml/boxes', BOXES]);
  });

  it('that is requested after the start is refused, because it would never be watched', async () => {
    await bench.start([]);

    expect(() => bench.manager.source(resource('boxes'))).toThrow('before the manager starts');
  });

  it('holds back the controllers until it is listed, and makes the manager stale', async () => {
    bench.server.plan(({ path }) => (path === OWNERS ? { status: 500, body: {} } : undefined));
    const boxes = bench.manager.source(resource('boxes'));
    bench.manager.source(resource('owners'));
    bench.server.objects.put(BOXES, 'default/a');
    await bench.start([bench.controller('box', [[boxes, ownKey]])]);
    bench.election.win();
    await until(() => boxes.store.size === 1);
    await turn();
    expect(bench.manager.hasSynced()).toBe(false);
    expect(bench.manager.ageMs()).toBe(Number.POSITIVE_INFINITY);
    expect(bench.steps).toEqual(['election starts']);

    bench.server.plan(() => undefined);
    await bench.runtime.clock.advance(10_000);
    await until(() => bench.steps.length > 1);

    expect(bench.steps).toEqual(['election starts', 'box default/a']);
    expect(bench.manager.ageMs()).toBeLessThan(20_000);
  });
});

describe('a process that does not lead', () => {
  it('watches, and reconciles nothing', async () => {
    const boxes = bench.manager.source(resource('boxes'));
    await bench.start([bench.controller('box', [[boxes, ownKey]])]);
    await bench.whenWatched(1);
    bench.server.objects.put(BOXES, 'default/a');
    await until(() => boxes.store.size === 1);
    await turn();
    expect(bench.steps).toEqual(['election starts']);

    bench.election.win();
    await until(() => bench.steps.length > 1);

    expect(bench.steps).toEqual(['election starts', 'box default/a']);
  });

  it('stops without starting the parts of the leader', async () => {
    await bench.start([bench.part('leader part')]);
    await bench.manager.stop();

    expect(bench.steps).toEqual(['election starts', 'lease released']);
  });
});
