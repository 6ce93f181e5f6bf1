import { describe, expect, it } from '@jest/globals';
import { followInstance } from '../support/rules.ts';
import type { PodRead } from '../../../src/lifecycle/local-state.ts';
import type { LastSeen } from '../../../src/lifecycle/observation.ts';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import { rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, anInstanceState, WALL_TEXT } from '../../support/builders/observation.ts';
import { failure, aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { messageOf, outline, restOf, statusOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const { priceUsdPerHour: _price, ...WITHOUT_PRICE } = aReadySnapshot();
const ACTIVE_SEEN_MS = NOW_MS - 5_000;

interface Row {
  readonly name: string;
  readonly snapshot?: LastSeen['snapshot'];
  readonly detailsAtMs?: number;
  readonly activeSeenAtMs?: number;
  readonly read?: PodRead;
  readonly isReady?: boolean;
  readonly providerFailure?: Failure;
  readonly expected: Partial<Outline>;
  readonly why: string;
}

function known(row: Omit<Row, 'name' | 'expected' | 'why'>): ReturnType<typeof observed> {
  const {
    snapshot = aReadySnapshot(),
    activeSeenAtMs = ACTIVE_SEEN_MS,
    detailsAtMs = NOW_MS - 1_000,
    read,
  } = row;
  return observed({
    gpuPod: rentedGpuPod(row.isReady === true ? { status: { readyAt: WALL_TEXT } } : {}),
    lastSeen: lastSeen(snapshot, { beganAtMs: NOW_MS - 1_000, detailsAtMs }),
    localState: {
      instance: anInstanceState({ activeSeenAtMs, ...(read === undefined ? {} : { read }) }),
    },
    ...(row.providerFailure === undefined ? {} : { providerFailure: row.providerFailure }),
  });
}

describe('an instance that is usable', () => {
  it.each<Row>([
    {
      name: 'read in full after it was active',
      expected: { step: 'ensureSecret' },
      why: 'its price is known and fits',
    },
    {
      name: 'last read in full while it was starting',
      detailsAtMs: ACTIVE_SEEN_MS - 1,
      expected: { step: 'rest' },
      why: 'the next list, which all GpuPods share, has its current price',
    },
    {
      name: 'never read in full',
      detailsAtMs: -Infinity,
      expected: { step: 'rest' },
      why: 'a poll carries no price',
    },
    {
      name: 'last read in full while it was starting, and lists fail',
      detailsAtMs: ACTIVE_SEEN_MS - 1,
      providerFailure: failure(),
      expected: { step: 'readPod' },
      why: 'a GET may succeed',
    },
    {
      name: 'the same, after a recent GET',
      detailsAtMs: ACTIVE_SEEN_MS - 1,
      providerFailure: failure(),
      read: { beganAtMs: NOW_MS - 1_000, result: 'failed' },
      expected: { step: 'rest' },
      why: 'it waits before the next one',
    },
    {
      name: 'no list has shown it for half a minute',
      detailsAtMs: -Infinity,
      activeSeenAtMs: NOW_MS - 30_000,
      expected: { step: 'readPod' },
      why: 'lists show some instances late',
    },
    {
      name: 'read in full, without a price',
      snapshot: WITHOUT_PRICE,
      expected: { step: 'rest', Ready: 'PriceUnknown', Provisioned: 'PodActive', Reconciling: 'Progressing' },
      why: 'the cap is a promise',
    },
    {
      name: 'without a price, and ready before',
      snapshot: WITHOUT_PRICE,
      isReady: true,
      expected: { step: 'ensureSecret' },
      why: 'Ready is not taken back',
    },
    {
      name: 'above the cap',
      snapshot: aReadySnapshot({ priceUsdPerHour: 5 }),
      expected: { step: 'writeStatus', Ready: 'Terminating' },
      why: 'the operator never keeps it',
    },
  ])('$name: $expected.step, because $why', ({ expected, ...row }) => {
    expect(outline(followInstance(known(row)))).toMatchObject(expected);
  });

  it('without a price is read rarely, and says what it waits for', () => {
    const rest = restOf(followInstance(known({ snapshot: WITHOUT_PRICE })));
    expect(rest).toMatchObject({ wantsInventoryAfterMs: NOW_MS + 29_000, pollOften: true });
    expect(messageOf(rest.status, 'Ready')).toMatch(/bills.*no price.*provisioningTimeout/);
    expect(rest.status.ssh).toBeUndefined();
  });

  it('without a price is terminated after its time limit, and counts as failed', () => {
    const late = known({ snapshot: WITHOUT_PRICE });
    const instance = anInstanceState({ sinceMs: NOW_MS - 21 * 60_000, activeSeenAtMs: ACTIVE_SEEN_MS });
    const status = statusOf(followInstance({ ...late, localState: { ...late.localState, instance } }));
    expect(status.attempts).toMatchObject([{ ending: 'ProvisioningTimedOut' }]);
  });

  it('keeps the time at which it was first seen active', () => {
    const first = observed({ gpuPod: rentedGpuPod(), lastSeen: lastSeen(aReadySnapshot()) });
    expect(first.localState.instance?.activeSeenAtMs).toBe(NOW_MS);
    const later = observed({
      gpuPod: rentedGpuPod(),
      lastSeen: lastSeen(aReadySnapshot()),
      localState: first.localState,
      atMs: NOW_MS + 9,
    });
    expect(later.localState.instance?.activeSeenAtMs).toBe(NOW_MS);
  });
});
