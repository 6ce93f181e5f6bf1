import { describe, expect, it } from '@jest/globals';
import { plantPod } from '../../src/simulator/world/plant-pod.ts';
import { createBench, createBody, rent } from './support.ts';

const HOUR = 3_600_000;

describe('the ledger', () => {
  it('knows an instance from its creation to its termination', () => {
    const bench = createBench({ deletingMs: 1000 });
    const { ledger } = bench.api.world;
    const createdAtMs = bench.clock.nowMs();
    const id = rent(bench);
    expect(ledger.live()).toMatchObject([
      {
        id,
        createdAtMs,
        priceHr: 1.9,
        maxPrice: 3,
        cloudId: 'n3-H100x1',
        provider: 'hyperstack',
        endedAtMs: null,
      },
    ]);
    expect(ledger.entries()[0]?.request).toEqual(createBody());
    bench.clock.advance(HOUR);
    bench.ask('DELETE', `/pods/${id}`);
    expect(ledger.live()).toHaveLength(1); // DELETING is billed
    bench.clock.advance(1000);
    expect(ledger.live()).toEqual([]);
    expect(ledger.entries()).toMatchObject([
      { id, endedAtMs: createdAtMs + HOUR + 1000, endedBy: { reason: 'Delete', requestNumber: 2 } },
    ]);
  });

  it('stops costs at the termination, and follows a changed price', () => {
    const bench = createBench({ deletingMs: 0 });
    const { ledger, pods } = bench.api.world;
    const id = rent(bench);
    bench.clock.advance(HOUR);
    pods.changePrice(id, 4);
    bench.clock.advance(HOUR);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(10 * HOUR);
    expect(ledger.costUsd()).toBeCloseTo(5.9, 9);
    expect(ledger.entries()[0]).toMatchObject({ createdPriceHr: 1.9, priceHr: 4 });
  });

  it('charges prepaid hours in full', () => {
    const bench = createBench({ deletingMs: 0 });
    const pod = {
      cloudId: 'h200-reserved-1d',
      gpuType: 'H200_141GB',
      gpuCount: 8,
      dataCenterId: null,
      country: null,
      maxPrice: 0,
    };
    const id = rent(bench, { pod, provider: 'primecompute' });
    bench.ask('DELETE', `/pods/${id}`);
    expect(bench.api.world.ledger.costUsd()).toBeCloseTo(24 * 15.2, 9);
  });

  it('finds instances by name prefix in any case', () => {
    const bench = createBench();
    const id = rent(bench, { pod: { name: 'GP-abc-1' } });
    rent(bench, { pod: { name: 'other-gp-abc-1' } });
    expect(bench.api.world.ledger.byName('gp-ABC').map((entry) => entry.id)).toEqual([id]);
  });

  it('knows what billed at a past time', () => {
    const bench = createBench({ deletingMs: 0 });
    const { ledger } = bench.api.world;
    const startMs = bench.clock.nowMs();
    const id = rent(bench);
    bench.clock.advance(100);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(100);
    const counts = [-1, 0, 99, 100, 200].map((ms) => ledger.billableAt(startMs + ms).length);
    expect(counts).toEqual([0, 1, 1, 0, 0]);
  });

  it('counts the most instances at one time by key, without overlap at an immediate replacement', () => {
    const bench = createBench({ deletingMs: 0 });
    const replaced = rent(bench, { pod: { name: 'a-1' } });
    bench.clock.advance(10);
    bench.ask('DELETE', `/pods/${replaced}`);
    rent(bench, { pod: { name: 'a-2' } });
    rent(bench, { pod: { name: 'b-1' } });
    rent(bench, { pod: { name: 'b-2' } });
    rent(bench, { pod: { name: 'ignored' } });
    const highest = bench.api.world.ledger.maxConcurrentBy(({ name }) =>
      name === 'ignored' ? null : name.slice(0, 1),
    );
    expect(Object.fromEntries(highest)).toEqual({ a: 1, b: 2 });
  });

  it('keeps every DELETE, even of foreign, unknown or terminated instances, and those that a fault dropped', () => {
    const bench = createBench({ deletingMs: 0 });
    const { world, faults } = bench.api;
    const own = rent(bench);
    const foreign = plantPod(world, { name: 'theirs', userId: 'user_2' }).id;
    bench.ask('DELETE', `/pods/${foreign}`);
    bench.ask('DELETE', '/pods/nope');
    faults.add({ method: 'DELETE', times: 1, effect: { kind: 'Answer', status: 500 } });
    bench.ask('DELETE', `/pods/${own}`);
    bench.ask('DELETE', `/pods/${own}`, { key: 'bad' });
    bench.ask('DELETE', `/pods/${own}`);
    bench.ask('DELETE', `/pods/${own}`);
    expect(world.ledger.deletes.map(({ podId, result }) => [podId, result])).toEqual([
      [foreign, 'Foreign'],
      ['nope', 'Unknown'],
      [own, 'NotHandled'],
      [own, 'NotHandled'],
      [own, 'Accepted'],
      [own, 'Ended'],
    ]);
    expect(world.ledger.live().map((entry) => entry.id)).toEqual([foreign]);
  });

  it('does not postpone the termination after a second DELETE', () => {
    const bench = createBench({ deletingMs: 1000 });
    const id = rent(bench);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(999);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(1);
    expect(bench.api.world.ledger.live()).toEqual([]);
  });

  it('records a spot loss during a deletion as the cause of the termination', () => {
    const bench = createBench({ deletingMs: 1000, podRules: [{ lostAfterMs: 500 }] });
    const id = rent(bench);
    bench.ask('DELETE', `/pods/${id}`);
    bench.clock.advance(500);
    expect(bench.api.world.ledger.entries()).toMatchObject([{ id, endedBy: { reason: 'SpotLoss' } }]);
  });

  it('records a spot loss as a termination without a request', () => {
    const bench = createBench();
    const id = rent(bench);
    bench.api.world.pods.loseSpot(id);
    expect(bench.api.world.ledger.entries()[0]?.endedBy).toEqual({ reason: 'SpotLoss', requestNumber: null });
    expect(bench.ask('GET', '/pods/history').body).toHaveProperty('data.0.id', id);
  });
});
