import { describe, expect, it } from '@jest/globals';
import { judgeEnd, surplusOf } from './oracles.ts';
import { replaceFromFile, restore, stripAnnotations } from './people.ts';
import { hiddenFor } from './provider-faults.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { settle } from './life.ts';

/** Courses of the world that once went wrong, found by the soak, each in its shortest form. */
describe('once went wrong', () => {
  it('an order whose annotation is taken off while it is looked up, and whose pod is then ended: goes on', async () => {
    const world = new SimulatedWorld();
    world.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: { kind: 'ResetAfter' } });
    world.api.faults.add({ ...hiddenFor(30_000), times: 1 });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.pass(10_000);
    replaceFromFile(world);
    await world.until('ready', () => world.isReady(), 600_000);
    await settle(world);
    judgeEnd(world);
    expect(world.books.violations).toEqual([]);
  });

  it('a pod that was taken over by a restored GpuPod, whose annotations are then taken off: is ended with it', async () => {
    const world = new SimulatedWorld({ settings: { orphanPolicy: 'Terminate' } });
    world.startOperator();
    await world.pass(1_000);
    world.apply();
    await world.until('ready', () => world.isReady());
    restore(world);
    await world.until('taken over', () => world.isReady());
    stripAnnotations(world);
    await world.pass(60_000);
    world.operator.kill();
    await world.pass(60_000);
    world.delete();
    await world.until('gone', () => world.object() === undefined, 600_000);
    expect(surplusOf(world)).toEqual([]);
    expect(world.books.violations).toEqual([]);
  });

  it('a GpuPod for which there is no offer: waits without a write', async () => {
    const world = new SimulatedWorld();
    world.startOperator();
    await world.pass(1_000);
    world.apply('train-1', { maxPrice: 1 });
    await world.pass(5 * 60_000);
    const { writes } = world;
    await world.pass(30 * 60_000);
    expect(world.writes - writes).toBe(0);
  });
});
