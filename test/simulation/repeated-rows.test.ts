import { describe, expect, it, jest } from '@jest/globals';
import { isRecord, parseJson, stringAt } from '../../src/json.ts';
import type { Exchanger } from '../../src/prime/exchange.ts';
import { podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;
const LIST = { method: 'GET', path: '/pods/' } as const;

/** A provider that lists each of our instances twice, and once of that as terminated. `total_count` counts each once. */
function listingEachTwice(real: Exchanger, isLiveFirst: boolean): Exchanger {
  const twice = (row: unknown): readonly unknown[] => {
    if (!isRecord(row) || stringAt(row, 'name')?.startsWith(`gp-${INSTALLATION}`) !== true) return [row];
    const ended = { ...row, status: 'TERMINATED' };
    return isLiveFirst ? [row, ended] : [ended, row];
  };
  return {
    ...real,
    exchange: async (request) => {
      const answer = await real.exchange(request);
      const isList = request.method === 'GET' && new URL(request.url).pathname === '/api/v1/pods/';
      if (!isList || answer.kind !== 'reply') return answer;
      const body = parseJson(answer.text);
      if (!isRecord(body) || !Array.isArray(body['data'])) return answer;
      return { ...answer, text: JSON.stringify({ ...body, data: body['data'].flatMap(twice) }) };
    },
  };
}

describe('an instance that a list shows live and terminated', () => {
  it.each([
    { name: 'live first', isLiveFirst: true },
    { name: 'terminated first', isLiveFirst: false },
  ])(
    'is found after a lost create response, $name, and no second one is created',
    async ({ isLiveFirst }) => {
      const simulation = new Simulation({
        plant: { exchanger: (real) => listingEachTwice(real, isLiveFirst) },
      });
      const lost = { kind: 'ResetAfter' } as const;
      simulation.api.faults.add({ method: 'POST', path: '/pods/', times: 1, effect: lost });
      simulation.startOperator();
      await simulation.pass(1_000);
      simulation.apply('train-1', {});
      await simulation.pass(60 * MINUTE_MS);
      const strangers = [...simulation.foreignIds, ...simulation.othersIds];
      const live = simulation.api.world.pods.live().filter(({ id }) => !strangers.includes(id));
      expect(live.map(({ id }) => id)).toEqual([podIdOf(simulation.object())]);
      expect(simulation.journal.violations).toEqual([]);
    },
  );
});

describe('a list that repeats a row for as long as it lasts, and counts the rows', () => {
  it('still proves that an instance has ended, and lets others rent', async () => {
    const simulation = new Simulation({});
    simulation.startOperator();
    await simulation.pass(1_000);
    simulation.apply('train-1', {});
    await simulation.until('it is ready', () => simulation.isReady());
    await simulation.pass(5 * MINUTE_MS);
    simulation.api.faults.add({ ...LIST, effect: { kind: 'ListTwice' } });
    simulation.api.faults.add({ ...LIST, effect: { kind: 'WrongTotal', add: 1 } });
    simulation.api.faults.add({ method: 'GET', path: '/pods/history', effect: { kind: 'EmptyList' } });
    simulation.delete();
    await simulation.until('it is deleted', () => simulation.object() === undefined, 15 * MINUTE_MS);
    simulation.apply('second', {});
    await simulation.until('the other one is ready', () => simulation.isReady('second'), 15 * MINUTE_MS);
    expect(simulation.journal.violations).toEqual([]);
  });
});
