import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventToRecord, ObjectReference } from '../../../src/kubernetes/events/event-record.ts';
import { EventRecorder } from '../../../src/kubernetes/events/event-recorder.ts';
import type { EventDrop } from '../../../src/kubernetes/events/event-recorder.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { startRuntime } from '../support/runtime.ts';
import type { Runtime } from '../support/runtime.ts';
import { turn, until } from '../support/until.ts';

const EVENTS = '/api/v1/events';

let runtime: Runtime;
let recorder: EventRecorder;
let drops: EventDrop[];

beforeEach(async () => {
  runtime = await startRuntime();
  drops = [];
  const { transport, clock, log } = runtime;
  recorder = new EventRecorder({
    transport,
    clock,
    log,
    component: 'gpupod-operator',
    instance: 'pod-1',
    isMinor: ({ type, reason }) => type === 'Normal' && reason !== 'Released',
    onDropped: (why) => drops.push(why),
  });
  runtime.onClose(async () => {
    await recorder.stop({ flushTimeoutMs: 0 });
  });
});

afterEach(async () => {
  await runtime.close();
});

function about(fields: Partial<ObjectReference> = {}): ObjectReference {
  const identity = { apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod' };
  return { ...identity, namespace: 'ml', name: 'train-1', uid: 'uid-train-1', ...fields };
}

function event(fields: Partial<EventToRecord> = {}): EventToRecord {
  return { type: 'Normal', reason: 'Created', message: 'pod created', ...fields };
}

let flooded = 0;

/** Events about so many objects, each another. */
function flood(count: number, type: EventToRecord['type'], reason = 'Ready'): void {
  for (let index = 0; index < count; index += 1) {
    flooded += 1;
    recorder.record(about({ uid: `uid-${String(flooded)}` }), event({ type, reason }));
  }
}

function stored(): RawObject[] {
  return runtime.server.objects.list(EVENTS);
}

async function written(requests: number): Promise<void> {
  await until(() => runtime.server.requests.length >= requests, `${String(requests)} writes`);
  for (let turns = 0; turns < 30; turns += 1) await turn();
  expect(runtime.server.requests).toHaveLength(requests);
}

describe('a flood', () => {
  it('about one object is limited to 25 events, then one in five minutes, without affecting other objects', async () => {
    for (let index = 0; index < 40; index += 1) recorder.record(about(), event({ message: String(index) }));
    recorder.record(about({ uid: 'other' }), event());
    await written(26);
    expect(drops).toEqual(new Array(15).fill('rate'));

    runtime.clock.jump(300_000);
    recorder.record(about(), event({ message: 'later' }));
    recorder.record(about(), event({ message: 'too early' }));
    await written(27);

    expect(drops).toHaveLength(16);
  });

  it('about many objects keeps 100 minor events, then five a second, and every other one', async () => {
    flood(300, 'Normal');
    flood(150, 'Warning');
    flood(150, 'Normal', 'Released');
    await written(400);
    expect(drops).toEqual(new Array(200).fill('burst'));
    expect(stored().filter((object) => object['type'] === 'Warning')).toHaveLength(150);
    expect(stored().filter((object) => object['reason'] === 'Released')).toHaveLength(150);

    runtime.clock.jump(1_000);
    flood(7, 'Normal');
    await written(405);
  });

  it('about many objects uses bounded memory', () => {
    runtime.server.plan(() => 'hang');

    flood(6_100, 'Warning');

    // 6,000 events wait, and 2 are being sent.
    expect(drops).toEqual(new Array(98).fill('queue'));
  });

  it('of events about success leaves room for warnings while the server is slow', () => {
    runtime.server.plan(() => 'hang');

    for (let round = 0; round < 41; round += 1) {
      flood(100, 'Normal');
      runtime.clock.jump(20_000);
    }
    expect(drops).toEqual(new Array(98).fill('queue'));

    flood(2_000, 'Warning');
    expect(drops).toHaveLength(98);
  });
});
