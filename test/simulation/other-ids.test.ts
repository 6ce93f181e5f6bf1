import { expect, it, jest } from '@jest/globals';
import { isRecord, parseJson, stringAt } from '../../src/json.ts';
import type { Exchanger } from '../../src/prime/exchange.ts';
import { podIdOf } from './readings.ts';
import { INSTALLATION } from './shared-provider.ts';
import { Simulation } from './simulation.ts';

jest.setTimeout(5 * 60_000);

const MINUTE_MS = 60_000;

/** The same ID in another form, as after a change of the provider's API, which accepts both. */
function withOtherId(row: unknown): unknown {
  const id = stringAt(row, 'id') ?? '';
  const isOurs = stringAt(row, 'name')?.startsWith(`gp-${INSTALLATION}`) === true;
  return isRecord(row) && isOurs ? { ...row, id: id.toUpperCase() } : row;
}

/** A provider whose lists, from some time on, show IDs in another form than everything else. */
function listingOtherIds(real: Exchanger, hasBegun: () => boolean): Exchanger {
  return {
    ...real,
    exchange: async (request) => {
      const answer = await real.exchange({ ...request, url: request.url.replace(/[0-9A-F]{32}$/, lower) });
      const isList = request.method === 'GET' && new URL(request.url).pathname === '/api/v1/pods/';
      if (!hasBegun() || !isList || answer.kind !== 'reply') return answer;
      const body = parseJson(answer.text);
      if (!isRecord(body) || !Array.isArray(body['data'])) return answer;
      return { ...answer, text: JSON.stringify({ ...body, data: body['data'].map(withOtherId) }) };
    },
  };
}

function lower(text: string): string {
  return text.toLowerCase();
}

it('a ready instance that lists show under another ID is no duplicate of itself, and is terminated with its GpuPod', async () => {
  let hasBegun = false;
  const simulation = new Simulation({
    plant: { exchanger: (real) => listingOtherIds(real, () => hasBegun) },
  });
  simulation.startOperator();
  await simulation.pass(1_000);
  simulation.apply('train-1', {});
  await simulation.until('it is ready', () => simulation.isReady());
  const podId = podIdOf(simulation.object());
  hasBegun = true;
  await simulation.pass(30 * MINUTE_MS);
  const live = (): readonly string[] => simulation.api.world.pods.live().map(({ id }) => id);
  expect(live()).toContain(podId);
  expect(simulation.isReady()).toBe(true);

  simulation.delete();
  await simulation.until('it is deleted', () => simulation.object() === undefined, 15 * MINUTE_MS);
  expect(live()).not.toContain(podId);
});
