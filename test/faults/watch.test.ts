import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import type { ProxiedRequest } from '../support/api-proxy.ts';
import { openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { Durations } from './support/durations.ts';
import { openStage } from './support/stage.ts';
import type { Stage } from './support/stage.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(4 * MINUTE_MS);

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
/** Enough rounds to measure the recovery, which is printed and never judged. */
const ROUNDS = 3;

let bench: Bench;
let stage: Stage;
let operator: OperatorProcess;
const durations = new Durations('from the fault to a copy that is right again');

beforeAll(async () => {
  bench = await openBench();
}, 20 * MINUTE_MS);

beforeEach(async () => {
  stage = await openStage(bench);
  operator = stage.start({ 'watch-idle-timeout': '1s' });
  await stage.scene.create('before', H100);
  await stage.scene.untilReady('before');
});

afterEach(async () => {
  await stage.stop();
});

afterAll(async () => {
  durations.tell();
  await bench.close();
});

function isWatch({ path, query }: ProxiedRequest): boolean {
  return path.endsWith('/gpupods') && query.get('watch') === 'true';
}

/** A list of one object only asks which version the server has reached. */
function isList({ path, query, method }: ProxiedRequest): boolean {
  const isWhole = query.get('watch') !== 'true' && query.get('limit') !== '1';
  return method === 'GET' && path.endsWith('/gpupods') && isWhole;
}

function status(code: number, reason: string): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    message: reason,
  });
}

interface WatchFault {
  readonly fault: string;
  readonly begin: () => void;
}

const FAULTS: readonly WatchFault[] = [
  { fault: 'is cut', begin: () => stage.proxy.watches.cut() },
  { fault: 'is ended in order', begin: () => stage.proxy.watches.end() },
  { fault: 'brings a line of garbage', begin: () => stage.proxy.watches.say('{"type":"ADD\n') },
  { fault: 'brings a page of HTML', begin: () => stage.proxy.watches.say('<html>Bad gateway</html>\n') },
  {
    fault: 'brings an ERROR event',
    begin: () => stage.proxy.watches.say(`{"type":"ERROR","object":${status(500, 'InternalError')}}\n`),
  },
  {
    fault: 'brings the ERROR event that its version has expired',
    begin: () => {
      expire();
      stage.proxy.watches.say(`{"type":"ERROR","object":${status(410, 'Expired')}}\n`);
    },
  },
  {
    fault: 'is cut, and refused with 410 until there is a list',
    begin: () => {
      expire();
      stage.proxy.watches.cut();
    },
  },
  { fault: 'is cut, and refused with 429', begin: () => refuseWatch(429, 'TooManyRequests') },
  { fault: 'is cut, and refused with 500', begin: () => refuseWatch(500, 'InternalError') },
  {
    fault: 'is cut, refused with 410, and the list after it with 500',
    begin: () => {
      stage.proxy.answer(isList, { status: 500, body: status(500, 'InternalError') });
      expire();
      stage.proxy.watches.cut();
    },
  },
  { fault: 'is half-open: no byte comes any more', begin: () => stage.proxy.watches.freeze() },
];

/** Compacts all earlier versions, so that no watch can resume from them. */
function expire(): void {
  const lists = goodLists();
  const answer = { status: 410, body: status(410, 'Expired') };
  stage.proxy.answer((request) => isWatch(request) && goodLists() === lists, answer, Infinity);
}

function goodLists(): number {
  return stage.proxy.requests.filter((request) => isList(request) && request.status === 200).length;
}

function refuseWatch(code: number, reason: string): void {
  stage.proxy.answer(isWatch, { status: code, body: status(code, reason) });
  stage.proxy.watches.cut();
}

/** Resolves when the operator has written to this object, and so has seen it. */
async function untilKnown(name: string): Promise<void> {
  await stage.scene.untilTrue(`${name} is known`, () =>
    stage.proxy.requests.some(({ method, path }) => method === 'PATCH' && path.endsWith(`/gpupods/${name}`)),
  );
}

describe('a watch', () => {
  it.each(FAULTS)(
    'that $fault leads to no missed change, and the process keeps running',
    async ({ fault, begin }) => {
      const { scene } = stage;
      for (let round = 0; round < ROUNDS; round += 1) {
        const beganMs = systemClock.monotonicMs();
        begin();
        await scene.create(`meanwhile-${round}`, H100);
        await untilKnown(`meanwhile-${round}`);
        durations.note(fault, systemClock.monotonicMs() - beganMs);
      }
      begin();
      await scene.delete('before');
      await scene.untilGone('before');
      for (let round = 0; round < ROUNDS; round += 1) await scene.untilReady(`meanwhile-${round}`);
      expect(await stage.judge()).toEqual([]);
      expect(stage.posts()).toBe(1 + ROUNDS);
      expect(operator.isRunning()).toBe(true);
    },
  );

  it('that is silent and then expired leads to a list that reports missed events, including deletions', async () => {
    const { scene } = stage;
    expire();
    stage.proxy.watches.freeze();
    await scene.create('missed', { ...H100, suspend: true });
    await scene.delete('missed');
    await scene.create('missed', H100);
    await scene.delete('before');

    await scene.untilReady('missed');
    await scene.untilGone('before');
    expect(await stage.judge()).toEqual([]);
    expect(operator.isRunning()).toBe(true);
  });

  it('without any change is only replaced, without a list', async () => {
    const opened = stage.proxy.watches.opened;
    await stage.scene.untilTrue('a new watch', () => stage.proxy.watches.opened >= opened + 2);
    expect(await stage.judge()).toEqual([]);
    expect(stage.posts()).toBe(1);
    expect(stage.proxy.requests.filter(isList)).toHaveLength(1);
  });
});
