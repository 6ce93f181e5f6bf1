import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { resolvePendingCreate } from '../../../src/lifecycle/rules/look-up.ts';
import { followReady } from '../../../src/lifecycle/rules/ready.ts';
import { connectionSecret } from '../../../src/lifecycle/connection-secret.ts';
import { bindStatus, shortOffer } from '../../../src/lifecycle/status/bind.ts';
import { gpuPod, POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, WALL_TEXT } from '../../support/builders/observation.ts';
import { inventory, historyRow, aSnapshot, aReadySnapshot, SSH } from '../../support/builders/snapshots.ts';
import { messageOf, reasonsOf, restOf, statusOf } from '../support/outline.ts';

const intended = gpuPod({ intent: intent() });

function bound(snapshot: Partial<InstanceSnapshot> = {}, made = intent(), adopted = false): GpuPodStatus {
  return bindStatus(observed({ gpuPod: gpuPod({ intent: made }) }), made, aSnapshot(snapshot), adopted);
}

describe('bindStatus', () => {
  it('reports that the instance is starting', () => {
    expect(reasonsOf(bound())).toMatchObject({ Reconciling: 'Progressing', Stalled: null });
  });

  it.each([
    { gpuMemory: 79.5, recorded: 80, why: 'the schema takes whole numbers' },
    { gpuMemory: 0, recorded: 0, why: 'an instance without a GPU has none' },
    { gpuMemory: -1, recorded: undefined, why: 'there is no such size' },
    { gpuMemory: undefined, recorded: undefined, why: 'nobody stated it' },
  ])('records a GPU memory of $gpuMemory as $recorded: $why', ({ gpuMemory, recorded }) => {
    expect(bound({}, intent({ offer: { gpuMemory } })).offer?.gpuMemory).toBe(recorded);
  });

  it('rebuilds from the create intent what the provider does not return', () => {
    expect(bound({ priceUsdPerHour: 1.85 })).toMatchObject({
      podId: POD_ID,
      podName: nameOfAttempt(1),
      offer: {
        provider: 'hyperstack',
        cloudId: 'n3-H100x1',
        gpuType: 'H100_80GB',
        gpuCount: 1,
        gpuMemory: 80,
        dataCenter: 'CANADA-1',
        image: 'ubuntu_22_cuda_12',
        diskSize: 100,
        vcpus: 28,
        memory: 180,
      },
      cost: { currency: 'USD', gpu: 1.9, pricePerHour: 1.9, maxPrice: 1.9, billedPerHour: 1.85 },
      attempts: [
        { number: 1, podName: nameOfAttempt(1), pricePerHour: 1.9, startedAt: '2026-11-23T09:59:50Z' },
      ],
      createdAt: '2026-11-23T10:00:00Z',
    });
  });

  it('has a time that the API server accepts, whatever somebody wrote into the intent', () => {
    const [attempt] = bound({}, intent({ startedAt: 'yesterday' })).attempts ?? [];
    expect(attempt?.startedAt).toBe(WALL_TEXT);
  });

  it.each([
    { name: 'as stated', stated: '2026-11-23T10:00:00Z', createdAt: '2026-11-23T10:00:00Z' },
    { name: 'as UTC without a zone', stated: '2026-11-23T10:00:00', createdAt: '2026-11-23T10:00:00Z' },
    {
      name: 'not before the create intent',
      stated: '2026-11-23T02:00:00Z',
      createdAt: '2026-11-23T09:59:50Z',
    },
    { name: 'not in the future', stated: '2026-11-23T18:00:00Z', createdAt: WALL_TEXT },
    { name: 'as now if nobody can read it', stated: 'soon', createdAt: WALL_TEXT },
  ])('records the creation $name, whatever the clock of the provider says', ({ stated, createdAt }) => {
    expect(bound({ createdAt: stated }).createdAt).toBe(createdAt);
  });

  it.each(['yesterday', '2026-11-24T00:00:00Z'])(
    'leaves the creation as stated where the create intent began %s',
    (startedAt) => {
      expect(bound({}, intent({ startedAt })).createdAt).toBe('2026-11-23T10:00:00Z');
    },
  );

  it('is the same for a create response and for an instance found later, except for the adoption', () => {
    const { conditions: _a, ...answered } = bound();
    const { conditions: _b, ...found } = bound({}, intent(), true);
    expect(found).toEqual(answered);
  });

  it.each([
    { name: 'the answer arrived', spec: {}, adopted: false, selected: 'Selected' },
    {
      name: 'a cloudId was pinned',
      spec: { placement: { cloudId: 'n3-H100x1' } },
      adopted: false,
      selected: 'Pinned',
    },
    { name: 'it was found', spec: {}, adopted: true, selected: 'Adopted' },
  ])('reports $selected if $name', ({ spec, adopted, selected }) => {
    const made = intent({ spec });
    const known = observed({ gpuPod: gpuPod({ spec, intent: made }) });
    const status = bindStatus(known, made, aSnapshot(), adopted);
    expect(reasonsOf(status)).toMatchObject({
      OfferSelected: selected,
      Ready: 'Provisioning',
      Provisioned: 'CreatePending',
    });
    expect(messageOf(status, 'OfferSelected')).toContain('only offer that fits');
  });

  it('binds an instance that no longer matches the spec in order to terminate it', () => {
    const made = intent({ spec: { image: 'flux' } });
    expect(reasonsOf(bound({}, made)).Provisioned).toBe('SpecChanged');
    expect(bound({}, made).attempts).toMatchObject([{ number: 1, ending: 'SpecChanged' }]);
  });

  it('clears the times of the previous attempt', () => {
    const status = {
      activeAt: WALL_TEXT,
      readyAt: WALL_TEXT,
      terminatedAt: WALL_TEXT,
      ssh: SSH,
      hint: 'old',
    };
    const known = observed({ gpuPod: gpuPod({ intent: intent(), status }) });
    const keys = Object.keys(bindStatus(known, intent(), aSnapshot(), false));
    expect(keys.filter((key) => Object.hasOwn(status, key))).toEqual([]);
  });

  it('copies no text or estimate into the offer', () => {
    const offer = Object.keys(bound({}, intent({ offer: { provisioningMinutes: 2 } })).offer ?? {});
    expect(offer).not.toEqual(expect.arrayContaining(['why']));
    expect(offer).not.toEqual(expect.arrayContaining(['provisioningMinutes']));
  });

  it('counts the hours that are charged at once from the start', () => {
    const { offer, cost } = bound({}, intent({ offer: { prepaidHours: 24 } }));
    expect(offer?.prepaidHours).toBe(24);
    expect(cost?.accrued).toBeCloseTo(24 * (cost?.pricePerHour ?? 0));
  });
});

describe('shortOffer', () => {
  it.each([
    { name: 'the data center', offer: {}, text: 'hyperstack n3-H100x1 1x H100_80GB CANADA-1' },
    {
      name: 'the country, where no data center is known',
      offer: { dataCenter: undefined },
      text: 'hyperstack n3-H100x1 1x H100_80GB CA',
    },
    {
      name: 'nothing, where no place is known',
      offer: { dataCenter: undefined, country: undefined, region: undefined },
      text: 'hyperstack n3-H100x1 1x H100_80GB',
    },
  ])('ends with $name', ({ offer, text }) => {
    expect(shortOffer(intent({ offer }))).toBe(text);
  });

  it('is cut if a name of the provider is too long for the list of attempts', () => {
    expect(shortOffer(intent({ offer: { cloudId: 'c'.repeat(300) } }))).toHaveLength(256);
  });

  it("fits the field, however long the provider's names are", () => {
    expect(shortOffer(intent({ offer: { cloudId: 'c'.repeat(256) } })).length).toBeLessThanOrEqual(256);
  });
});

/** Any text that the provider client accepts. */
const word = fc.string({ minLength: 1, maxLength: 256, size: 'max' });
const ports = fc.array(
  fc.record(
    { internal: fc.nat(65_535), external: fc.nat(65_535), protocol: word, usedBy: word },
    { requiredKeys: ['internal', 'external', 'protocol'] },
  ),
  { maxLength: 100 },
);

describe('a written status', () => {
  it('fits the schema for any offer and instance, because otherwise the instance stays unbound', () => {
    const memoryInGb = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const snapshot = fc.record({
      podId: word,
      createdAt: fc.string(),
      priceUsdPerHour: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(memoryInGb, word, snapshot, (gpuMemory, cloudId, seen) => {
        const made = intent({ offer: { gpuMemory, cloudId } });
        expect(GpuPodStatus.safeParse(bound(seen, made)).error).toBeUndefined();
      }),
    );
  });

  it('fits the schema for any ports of a ready instance', () => {
    fc.assert(
      fc.property(ports, (mapped) => {
        const snapshot = aReadySnapshot({ ports: mapped });
        const rented = rentedGpuPod();
        const { fingerprint } = connectionSecret(rented, snapshot);
        const localState = { secret: { fingerprint, outcome: 'written', atMs: NOW_MS } } as const;
        const { status } = restOf(followReady(observed({ gpuPod: rented, localState }), snapshot, {}));
        expect(GpuPodStatus.safeParse(status).error).toBeUndefined();
      }),
    );
  });

  it('fits the schema for any cost in the history', () => {
    const ended = [historyRow({ totalBilledUsd: -0.01 })];
    const status = statusOf(
      resolvePendingCreate(observed({ gpuPod: intended, inventory: inventory({ ended }) })),
    );
    expect(GpuPodStatus.safeParse(status).error).toBeUndefined();
  });
});
