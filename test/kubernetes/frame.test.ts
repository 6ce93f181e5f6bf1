import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createFrame } from '../../src/kubernetes/frame.ts';
import type { Frame } from '../../src/kubernetes/frame.ts';
import { Reflector } from '../../src/kubernetes/cache/reflector.ts';
import type { WatchedEvent } from '../../src/kubernetes/cache/source.ts';
import { startRuntime } from './support/runtime.ts';
import type { Runtime } from './support/runtime.ts';
import { until } from './support/until.ts';

const THINGS = '/apis/example.dev/v1/things';

let runtime: Runtime;
let frame: Frame;
let heard: WatchedEvent[];
let fails: boolean;

beforeEach(async () => {
  runtime = await startRuntime();
  heard = [];
  fails = false;
  const { server, transport, clock, log } = runtime;
  const watch = (plural: string) => ({
    resource: { group: 'example.dev', version: 'v1', plural },
    namespace: undefined,
    source: new Reflector({
      transport,
      clock,
      log,
      path: `/apis/example.dev/v1/${plural}`,
      decode: (raw) => raw,
      random: () => 0,
    }),
    onEvent: (event: WatchedEvent) => {
      heard.push(event);
      if (fails) throw new Error('bug');
    },
  });
  frame = createFrame({ kubeConfig: server.kubeConfig(), log, watches: [watch('things'), watch('others')] });
  runtime.onClose(async () => {
    await frame.stop();
  });
});

afterEach(async () => {
  await runtime.close();
});

async function start(): Promise<void> {
  await frame.start();
  await until(() => runtime.server.watches.openCount === 2);
}

function texts(): readonly string[] {
  return heard.map(({ type, meta }) => `${type} ${meta.id} ${meta.namespace ?? '-'}/${meta.name}`);
}

it('passes the events of our own sources to the callbacks, with the previous object', async () => {
  const created = { metadata: { creationTimestamp: '2030-01-01T00:00:00Z' } };
  runtime.server.objects.put(THINGS, 'default/a', { ...created, spec: 1 });
  await start();
  runtime.server.objects.put(THINGS, 'default/a', { ...created, spec: 2 });
  runtime.server.objects.remove(THINGS, 'default/a');
  runtime.server.objects.put('/apis/example.dev/v1/others', 'default/b');
  await until(() => heard.length === 4);

  expect(texts().slice(0, 3)).toEqual([
    'ADDED things.example.dev/v1 default/a',
    'MODIFIED things.example.dev/v1 default/a',
    'DELETED things.example.dev/v1 default/a',
  ]);
  expect(texts()[3]).toBe('ADDED others.example.dev/v1 default/b');
  expect(heard[1]).toMatchObject({
    object: { spec: 2, metadata: { creationTimestamp: new Date('2030-01-01T00:00:00Z') } },
    stored: { spec: 2, ...created },
    previous: { spec: 1, ...created },
  });
  expect(heard.map(({ previous }) => previous !== undefined)).toEqual([false, true, false, false]);
});

it('survives a callback that fails', async () => {
  fails = true;
  await start();
  runtime.server.objects.put(THINGS, 'default/a');
  runtime.server.objects.put(THINGS, 'default/b');
  await until(() => runtime.log.messages('error').length === 2);

  expect(runtime.log.messages('error')).toEqual(new Array(2).fill('resource event handler failed'));
});

it('resumes after a broken connection, where the package itself would exit the process', async () => {
  await start();
  runtime.server.watches.cut();
  await until(() => runtime.server.count('WATCH') === 4 && runtime.server.watches.openCount === 2);

  expect(runtime.server.count('LIST')).toBe(2);
});

it('stops its sources, and starts no source afterwards', async () => {
  await start();
  await frame.stop();
  await frame.stop();
  await until(() => runtime.server.watches.openCount === 0);
  const before = runtime.server.requests.length;

  await frame.start();

  expect(runtime.server.requests).toHaveLength(before);
});

it('hides the helpers of the package, which write without guards and swallow errors', () => {
  expect(Object.keys(frame)).toEqual(['start', 'stop']);
  expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
});
