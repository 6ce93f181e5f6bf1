import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(6 * MINUTE_MS);

let bench: Bench;
let stage: Stage;

beforeAll(async () => {
  bench = await openBench();
  stage = await openStage(bench);
}, 30 * MINUTE_MS);

afterAll(async () => {
  await stage.stop();
  await bench.close();
});

/** The command in the event that announces the end, without what the scene adds. */
function commandIn(events: readonly string[]): readonly string[] {
  const event = events.find((text) => text.startsWith('ExpiresSoon: ')) ?? '';
  const [, name = '', patch = ''] =
    /kubectl patch gpupod (\S+) -n \S+ --type merge -p '(.*)'$/.exec(event) ?? [];
  return ['patch', 'gpupod', name, '--type', 'merge', '-p', patch];
}

it('announces the end of a lifetime, terminates the instance, and rents again once the lifetime is raised', async () => {
  const { scene } = stage;
  stage.start();
  await scene.create('short', { gpu: { types: ['H100_80GB'] }, maxPrice: 3, maxLifetime: '1m' });
  const { status } = await scene.untilReady('short');
  await scene.untilEvent('short', /^ExpiresSoon: Instance \S+ expires at 2\S+Z\. /);
  const lives = Date.parse(status.expiresAt ?? '') - Date.parse(status.createdAt ?? '');
  expect(lives).toBe(MINUTE_MS);
  const columns = await scene.kubectl(['get', 'gpupod', 'short']);
  expect(columns.stdout).toContain('EXPIRES');
  expect(columns.stdout).toContain(status.expiresAt);

  const { ledger } = scene.simulator;
  await scene.untilTrue('the DELETE', () => ledger.deletes.some(({ podId }) => podId === status.podId));
  const expired = await scene.untilCondition('short', 'Stalled=True Expired');
  expect(expired.status).toMatchObject({ attempts: [{ number: 1, outcome: 'Ended', reason: 'Expired' }] });
  expect(expired.status.podId).toBeUndefined();
  const [entry] = ledger.entries().filter(({ id }) => id === status.podId);
  const livedMs = (entry?.endedAtMs ?? Infinity) - (entry?.createdAtMs ?? 0);
  // The status has whole seconds.
  expect(livedMs).toBeGreaterThanOrEqual(MINUTE_MS - 1_000);
  expect(stage.createdInstanceCount()).toBe(1);

  const { code } = await scene.kubectl(commandIn(await scene.events('short')));
  expect(code).toBe(0);
  const again = await scene.untilReady('short');
  expect(again.spec.maxLifetime).toBe('2m');
  expect(again.status.podId).not.toBe(status.podId);
  expect(await stage.verdict()).toEqual([]);
});
