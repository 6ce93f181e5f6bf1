import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventToRecord, ObjectReference } from '../../../src/kubernetes/events/event-record.ts';
import { EventRecorder } from '../../../src/kubernetes/events/event-recorder.ts';
import type { EventDrop } from '../../../src/kubernetes/events/event-recorder.ts';
import type { RawObject } from '../../../src/kubernetes/objects.ts';
import { statusAnswer } from '../support/fake-objects.ts';
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

function stored(): RawObject[] {
  return runtime.server.objects.list(EVENTS);
}

async function written(requests: number): Promise<void> {
  await until(() => runtime.server.requests.length >= requests, `${String(requests)} writes`);
  for (let turns = 0; turns < 30; turns += 1) await turn();
  expect(runtime.server.requests).toHaveLength(requests);
}

it('writes the fields that kubectl shows', async () => {
  recorder.record(about(), event());
  await written(1);

  expect(stored()).toEqual([
    expect.objectContaining({
      involvedObject: {
        apiVersion: 'gpupod.dev/v1alpha1',
        kind: 'GpuPod',
        namespace: 'ml',
        name: 'train-1',
        uid: 'uid-train-1',
      },
      type: 'Normal',
      reason: 'Created',
      message: 'pod created',
      source: { component: 'gpupod-operator' },
      reportingComponent: 'gpupod-operator',
      reportingInstance: 'pod-1',
      count: 1,
      firstTimestamp: '2030-01-01T00:00:01Z',
      lastTimestamp: '2030-01-01T00:00:01Z',
    }),
  ]);
  expect(stored()[0]?.metadata.namespace).toBe('ml');
});

describe('repeats', () => {
  it('increase the count of the existing event', async () => {
    recorder.record(about(), event());
    await written(1);
    runtime.clock.jump(60_000);
    recorder.record(about(), event());
    await written(2);
    recorder.record(about(), event());
    await written(3);

    expect(stored()).toHaveLength(1);
    expect(stored()[0]).toMatchObject({
      count: 3,
      firstTimestamp: '2030-01-01T00:00:01Z',
      lastTimestamp: '2030-01-01T00:01:01Z',
    });
  });

  it('that come before the first write need no write of their own', async () => {
    for (let repeat = 0; repeat < 10; repeat += 1) recorder.record(about(), event());
    await written(2);

    expect(stored()[0]).toMatchObject({ count: 10 });
  });

  it.each([
    { name: 'another object', reference: { uid: 'other' }, fields: {} },
    { name: 'another reason', reference: {}, fields: { reason: 'Deleted' } },
    { name: 'another message', reference: {}, fields: { message: 'other words' } },
    { name: 'another type', reference: {}, fields: { type: 'Warning' as const } },
  ])('do not include an event with $name', async ({ reference, fields }) => {
    recorder.record(about(), event());
    recorder.record(about(reference), event(fields));
    await written(2);

    expect(stored().map((object) => object['count'])).toEqual([1, 1]);
    expect(new Set(stored().map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  it('start a new event when the old one has expired', async () => {
    recorder.record(about(), event());
    await written(1);
    runtime.server.objects.remove(EVENTS, `ml/${stored()[0]?.metadata.name ?? ''}`);
    recorder.record(about(), event());
    await written(3);

    expect(stored()).toEqual([expect.objectContaining({ count: 2 })]);
  });
});

describe('a failing server', () => {
  it('gets no retry of an event that a repeat has already written', async () => {
    runtime.server.failNext(() => true, statusAnswer(503, 'ServiceUnavailable'));
    recorder.record(about(), event());
    await written(1);
    recorder.record(about(), event());
    await written(2);
    expect(stored()).toEqual([expect.objectContaining({ count: 2 })]);

    await runtime.clock.advance(10_000);

    await written(2);
  });

  it('is retried, and the event exists once', async () => {
    runtime.server.failNext(() => true, statusAnswer(503, 'ServiceUnavailable'), 'cut');
    recorder.record(about(), event());
    for (let tries = 1; tries <= 3; tries += 1) {
      await until(() => runtime.server.requests.length === tries);
      for (let turns = 0; turns < 50; turns += 1) await turn();
      if (tries < 3) await runtime.clock.advance(10_000);
    }

    expect(stored()).toHaveLength(1);
    expect(drops).toEqual([]);
  });

  it('that stores the event without answering does not get it twice', async () => {
    runtime.server.plan((request) => {
      runtime.server.objects.answer(request);
      return 'cut';
    });
    recorder.record(about(), event());
    await written(1);
    runtime.server.plan(() => undefined);
    await runtime.clock.advance(1000);
    await until(() => runtime.server.requests.length === 2);
    recorder.record(about(), event());
    await written(3);

    expect(stored()).toEqual([expect.objectContaining({ count: 2 })]);
  });

  it.each([
    { name: 'that forbids the event, as while a namespace is deleted,', status: 403, reason: 'Forbidden' },
    { name: 'that rejects the event as invalid', status: 422, reason: 'Invalid' },
  ])('$name gets no retry, but gets later events', async ({ status, reason }) => {
    runtime.server.failNext(() => true, statusAnswer(status, reason));
    recorder.record(about(), event());
    await written(1);
    expect(drops).toEqual(['refused']);

    recorder.record(about(), event());
    await written(2);

    expect(stored()).toEqual([expect.objectContaining({ count: 1 })]);
  });

  it('that keeps failing loses the event, without an error for the caller', async () => {
    runtime.server.plan(() => statusAnswer(500, 'InternalError'));
    recorder.record(about(), event());
    for (let tries = 1; tries <= 4; tries += 1) {
      await until(() => runtime.server.requests.length === tries);
      for (let turns = 0; turns < 50; turns += 1) await turn();
      await runtime.clock.advance(10_000);
    }

    expect(drops).toEqual(['refused']);
    expect(runtime.server.requests).toHaveLength(4);
  });
});

describe('messages', () => {
  it.each([
    { name: 'plain letters', message: 'x'.repeat(2000) },
    { name: 'characters of several bytes', message: '€'.repeat(600) },
    { name: 'characters of two code units', message: '🙂'.repeat(400) },
  ])('of $name are truncated to 1024 bytes, between characters', async ({ message }) => {
    recorder.record(about(), event({ message }));
    await written(1);
    const text = String(stored()[0]?.['message']);

    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(text)).toBeGreaterThan(1015);
    expect(text).not.toContain('\uFFFD');
    expect(text.endsWith('…')).toBe(true);
  });
});

it('names events within 253 characters, including those about cluster-scoped objects', async () => {
  recorder.record(about({ name: 'n'.repeat(253), namespace: undefined }), event());
  await written(1);

  expect(stored()[0]?.metadata.name.length).toBeLessThanOrEqual(253);
  expect(stored()[0]?.metadata.namespace).toBe('default');
});

describe('stopping', () => {
  it('writes the waiting events first', async () => {
    for (const uid of ['1', '2', '3', '4', '5']) recorder.record(about({ uid }), event());

    await recorder.stop({ flushTimeoutMs: 5000 });

    expect(stored()).toHaveLength(5);
  });

  it('does not wait longer than the timeout', async () => {
    runtime.server.plan(() => 'hang');
    recorder.record(about(), event());
    await until(() => runtime.server.requests.length === 1);
    const stopped = recorder.stop({ flushTimeoutMs: 5000 });

    await runtime.clock.advance(5000);
    await stopped;

    expect(stored()).toEqual([]);
  });
});
