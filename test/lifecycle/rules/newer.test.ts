import { describe, expect, it } from '@jest/globals';
import type { GpuPodSpecInput } from '../../../src/api/gpupod/spec.ts';
import type { InstanceSnapshot } from '../../../src/lifecycle/provider.ts';
import { adoptNewer, correctName } from '../../../src/lifecycle/rules/newer.ts';
import { gpuPod, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../support/builders/intent.ts';
import { NOW_MS, observed, anInstanceState, WALL_TEXT } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, aReadySnapshot } from '../../support/builders/snapshots.ts';
import { messageOf, outline, statusOf, writeOf } from '../support/outline.ts';

const running = { ...aReadySnapshot(), podId: 'pod-2', name: nameOfAttempt(2), priceUsdPerHour: 2.7 };
const list = inventory({ beganAtMs: NOW_MS, live: [running] });
const fresh = { localState: { version: { resourceVersion: '10', seenAtMs: NOW_MS - 1 } } };
const old = gpuPod({ intent: intent() });

describe('adoptNewer', () => {
  it.each<{ name: string; known: ObservationOverrides; step: string; says?: string; why: string }>([
    { name: 'nothing newer', known: { gpuPod: old }, step: '-', why: 'there is nothing to adopt' },
    {
      name: 'a ready one',
      known: { gpuPod: old, inventory: list },
      step: 'writeStatus',
      why: 'it is adopted',
    },
    {
      name: 'a ready one, in a list from before this version of the GpuPod',
      known: { gpuPod: old, inventory: inventory({ beganAtMs: NOW_MS - 2, live: [running] }) },
      step: 'rest',
      why: 'another process may have written to it since',
    },
    {
      name: 'two',
      known: {
        gpuPod: old,
        inventory: inventory({
          beganAtMs: NOW_MS,
          live: [running, { ...running, podId: 'pod-3', name: nameOfAttempt(3) }],
        }),
      },
      step: 'rest',
      says: 'Stalled',
      why: 'only a person knows which one to keep',
    },
    {
      name: 'one that failed',
      known: {
        gpuPod: old,
        inventory: inventory({ beganAtMs: NOW_MS, live: [{ ...running, status: 'ERROR' }] }),
      },
      step: 'rest',
      says: 'Stalled',
      why: 'a person decides whether to replace it',
    },
    {
      name: 'a starting one',
      known: {
        gpuPod: old,
        inventory: inventory({ beganAtMs: NOW_MS, live: [{ ...running, status: 'PROVISIONING' }] }),
      },
      step: 'rest',
      says: 'Reconciling',
      why: 'it is adopted once it is ready',
    },
    {
      name: 'a ready one, of a suspended GpuPod',
      known: { gpuPod: gpuPod({ intent: intent(), spec: { suspend: true } }), inventory: list },
      step: 'rest',
      says: 'Stalled',
      why: 'the spec may be as old as the status',
    },
    {
      name: 'a ready one, of a deleted GpuPod',
      known: { gpuPod: gpuPod({ intent: intent(), isDeleting: true }), inventory: list },
      step: '-',
      why: 'it is terminated with its GpuPod',
    },
    {
      name: 'a ready one, besides the one that the status names',
      known: {
        gpuPod: rentedGpuPod(),
        inventory: inventory({ beganAtMs: NOW_MS, live: [aReadySnapshot(), running] }),
      },
      step: '-',
      why: 'the status is right about that one, and Synced reports the other',
    },
    {
      name: 'a ready one, instead of the one that the status names',
      known: { gpuPod: rentedGpuPod(), inventory: list },
      step: 'writeStatus',
      why: 'the status is older',
    },
  ])('$name: $step, because $why', ({ known, step, says }) => {
    const next = adoptNewer(observed({ ...fresh, ...known }));
    expect(outline(next).step).toBe(step);
    const conditions = next?.kind === 'rest' ? (next.status.conditions ?? []) : [];
    const progress = conditions.filter(({ type }) => type === 'Stalled' || type === 'Reconciling');
    expect(progress.map(({ type }) => type)).toEqual(says === undefined ? [] : [says]);
  });

  it.each<{ says: Partial<InstanceSnapshot>; spec?: Partial<GpuPodSpecInput>; said: RegExp | undefined }>([
    { says: { priceUsdPerHour: 3 }, said: undefined },
    { says: { priceUsdPerHour: 3.01 }, said: /its price is above the cap of 3\.00 USD\/h/ },
    { says: { priceUsdPerHour: 9 }, spec: { maxPrice: undefined }, said: undefined },
    { says: { gpuCount: 1, gpuName: 'H100_80GB', isSpot: false }, said: undefined },
    { says: { isSpot: true }, said: /it is a spot instance/ },
    { says: { isSpot: true }, spec: { placement: { spot: 'Require' } }, said: undefined },
    { says: { isSpot: false }, spec: { placement: { spot: 'Require' } }, said: /it is not a spot instance/ },
    { says: { gpuCount: 8 }, said: /it has 8 GPUs instead of 1/ },
    { says: { gpuCount: 1 }, spec: { gpu: { types: ['H100_80GB'], count: 2 } }, said: /1 GPUs instead of 2/ },
    { says: { gpuName: 'A100_80GB' }, said: /it has A100_80GB instead of H100_80GB/ },
    { says: { country: 'US' }, spec: { placement: { countries: ['CA'] } }, said: /it is in US/ },
    { says: { teamId: 'team-b' }, said: /team team-b pays for it, but the spec names no team/ },
    { says: { teamId: 'team-b' }, spec: { teamId: 'team-b' }, said: undefined },
    { says: { userId: 'user-9' }, said: /user user-9 pays for it, but the API key belongs to user-1/ },
    { says: { status: 'PROVISIONING', priceUsdPerHour: 9 }, said: /its price is above the cap/ },
  ])('compares $says with $spec: $said', ({ says, spec = {}, said }) => {
    const live = [{ ...running, ...says }];
    const next = adoptNewer(
      observed({
        ...fresh,
        gpuPod: gpuPod({ intent: intent(), spec: { maxPrice: 3, ...spec } }),
        inventory: inventory({ beganAtMs: NOW_MS, live }),
      }),
    );
    expect(next?.kind).toBe(said === undefined ? 'act' : 'rest');
    if (next?.kind !== 'rest' || said === undefined) return;
    expect(next.status).not.toHaveProperty('readyAt');
    expect(messageOf(next.status, 'Stalled')).toMatch(said);
    expect(messageOf(next.status, 'Stalled')).toMatch(
      /correct the spec.*deleting the GpuPod terminates it\.$/,
    );
  });

  it.each<{ name: string; lacks: (keyof InstanceSnapshot)[]; says?: Partial<InstanceSnapshot> }>([
    { name: 'without a price', lacks: ['priceUsdPerHour'] },
    { name: 'that is still installing', lacks: ['installationStatus'], says: { installationProgress: 40 } },
    { name: 'without an endpoint', lacks: ['ssh'] },
  ])('does not adopt one $name, and checks it again', ({ lacks, says }) => {
    const snapshot = { ...running, ...says };
    for (const field of lacks) Reflect.deleteProperty(snapshot, field);
    const next = adoptNewer(
      observed({ ...fresh, gpuPod: old, inventory: inventory({ beganAtMs: NOW_MS, live: [snapshot] }) }),
    );
    expect(next).toMatchObject({ kind: 'rest', wantsInventoryAfterMs: expect.any(Number) });
    expect(next === undefined ? '' : messageOf(statusOf(next), 'Reconciling')).toMatch(/^Waiting for/);
  });

  it('reports what it is and what it costs, within the length of a condition', () => {
    const live = [running, { ...running, podId: 'pod-3', name: nameOfAttempt(3) }];
    const known = observed({ ...fresh, gpuPod: old, inventory: inventory({ beganAtMs: NOW_MS, live }) });
    const message = messageOf(statusOf(adoptNewer(known)), 'Synced');
    expect(message).toMatch(
      /^Instance pod-2 \(2\.70 USD\/h\) and pod-3 \(2\.70 USD\/h\) bills and is newer than/,
    );
    expect(message).toMatch(/deleting the GpuPod terminates it\.$/);
  });

  it('adopts it as a ready one, at its price, so that nothing in an older spec terminates it', () => {
    const next = adoptNewer(observed({ ...fresh, gpuPod: old, inventory: list }));
    expect(next === undefined ? undefined : statusOf(next)).toMatchObject({
      podId: 'pod-2',
      podName: nameOfAttempt(2),
      readyAt: expect.any(String),
      cost: { pricePerHour: 2.7, billedPerHour: 2.7 },
      attempts: [{ number: 2, podName: nameOfAttempt(2) }],
    });
  });

  it('records its creation as no later than now, whatever the clock of the provider says', () => {
    const live = [{ ...running, createdAt: '2026-11-24T00:00:00Z' }];
    const next = adoptNewer(
      observed({ ...fresh, gpuPod: old, inventory: inventory({ beganAtMs: NOW_MS, live }) }),
    );
    expect(statusOf(next).createdAt).toBe(WALL_TEXT);
  });
});

describe('correctName', () => {
  it.each([
    { name: 'a later attempt', heard: nameOfAttempt(2), step: 'writeStatus' },
    { name: 'the same', heard: nameOfAttempt(1), step: '-' },
    { name: 'whatever a person named it', heard: 'mine', step: '-' },
    { name: 'an instance of another GpuPod', heard: `gp-abc123-${'0'.repeat(26)}-2-x`, step: '-' },
  ])('$name: $step', ({ heard, step }) => {
    const known = observed({
      gpuPod: rentedGpuPod(),
      localState: { instance: anInstanceState({ name: heard }) },
    });
    expect(outline(correctName(known)).step).toBe(step);
  });

  it('keeps the cost of an attempt that is dropped for it', () => {
    const paid = { number: 1, outcome: 'Failed', cost: 1.9 };
    const known = observed({
      gpuPod: rentedGpuPod({ status: { attempts: [paid] } }),
      localState: { instance: anInstanceState({ name: nameOfAttempt(2) }) },
    });
    expect(writeOf(correctName(known)).status.attemptsCost).toBe(1.9);
  });

  it('does not give the instance a longer life', () => {
    const known = observed({
      gpuPod: rentedGpuPod(),
      localState: { instance: anInstanceState({ name: nameOfAttempt(2) }) },
    });
    const [, corrected] = writeOf(correctName(known)).status.attempts ?? [];
    expect(corrected?.startedAt).toBe('2026-11-23T10:00:00Z');
  });
});
