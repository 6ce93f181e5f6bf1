import { describe, expect, it } from '@jest/globals';
import type { Lane } from '../../../src/kubernetes/queue/work-queue-options.ts';
import type { LocalState } from '../../../src/lifecycle/local-state.ts';
import { freshLocalState } from '../../../src/lifecycle/local-state.ts';
import { laneOf, planLanes } from '../../../src/controllers/gpupod/lanes.ts';

const METADATA = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1' };
const NOTHING = freshLocalState(0, false);

function anObject(spec: object, status: object, metadata: object = {}) {
  return { metadata: { ...METADATA, ...metadata }, spec, status };
}

interface Row {
  readonly what: string;
  readonly object: ReturnType<typeof anObject> | undefined;
  readonly localState?: LocalState;
  readonly lane: Lane;
}

const ROWS: readonly Row[] = [
  { what: 'has no instance yet', object: anObject({}, {}), lane: 'normal' },
  { what: 'has an instance', object: anObject({ suspend: false }, { podId: 'p' }), lane: 'normal' },
  { what: 'no longer exists', object: undefined, lane: 'urgent' },
  { what: 'is deleted', object: anObject({}, {}, { deletionTimestamp: 'now' }), lane: 'urgent' },
  {
    what: 'is suspended with an instance',
    object: anObject({ suspend: true }, { podId: 'p' }),
    lane: 'urgent',
  },
  { what: 'is suspended without an instance', object: anObject({ suspend: true }, {}), lane: 'normal' },
  {
    what: 'has an attempt whose termination has started',
    object: anObject({}, { podId: 'p', attempts: [{ number: 1, ending: 'AboveMaxPrice' }] }),
    lane: 'urgent',
  },
  {
    what: 'has an earlier attempt that was terminated',
    object: anObject({}, { podId: 'p', attempts: [{ number: 1, ending: 'PodFailed', outcome: 'Failed' }] }),
    lane: 'normal',
  },
  {
    what: 'has an instance that no status names',
    object: anObject({}, {}),
    localState: { ...NOTHING, unbound: { podId: 'p', podName: 'gp-1' } },
    lane: 'urgent',
  },
  {
    what: 'has a duplicate',
    object: anObject({}, {}),
    localState: { ...NOTHING, duplicates: { p: 1 } },
    lane: 'urgent',
  },
  { what: 'cannot be read', object: anObject([], { attempts: 'none' }), lane: 'normal' },
];

describe('laneOf', () => {
  it.each(ROWS)('assigns a GpuPod that $what to the $lane lane', ({ object, localState, lane }) => {
    expect(laneOf(object, { localState, isCalled: false })).toBe(lane);
  });
});

describe('laneOf a GpuPod for which a slot is kept', () => {
  it.each<{ what: string; object: ReturnType<typeof anObject>; lane: Lane }>([
    { what: 'is new', object: anObject({}, {}), lane: 'called' },
    { what: 'is deleted', object: anObject({}, {}, { deletionTimestamp: 'now' }), lane: 'urgent' },
  ])('is $lane if it $what', ({ object, lane }) => {
    expect(laneOf(object, { localState: undefined, isCalled: true })).toBe(lane);
  });
});

describe('planLanes', () => {
  it.each([1, 2, 4, 32, 1000])(
    'keeps %d workers free of provider requests, even when the provider hangs',
    (concurrency) => {
      for (const hasAccounts of [false, true]) {
        const { workers, readSlots, createSlots, keySlots } = planLanes(concurrency, hasAccounts);
        expect(workers.concurrency - readSlots - createSlots - keySlots).toBe(concurrency);
        expect(Math.min(readSlots, createSlots, keySlots)).toBeGreaterThan(0);
      }
    },
  );

  it('gives one account with others at most an eighth of the slots, which is what one key has alone', () => {
    const alone = planLanes(32, false);
    const shared = planLanes(32, true);
    expect([alone.slotsPerAccount, shared.slotsPerAccount]).toEqual([alone.createSlots, alone.createSlots]);
    expect(shared.slotsPerAccount / shared.createSlots).toBe(1 / 8);
  });
});
