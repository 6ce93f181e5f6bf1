import { describe, expect, it } from '@jest/globals';
import type { GpuPodStatus } from '../../../src/api/gpupod/status.ts';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import { observe } from '../../../src/lifecycle/observe.ts';
import type { InstanceState } from '../../../src/lifecycle/local-state.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, proofOf, anInstanceState } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { inventory, failure, aSnapshot, aReadySnapshot, lastSeen } from '../../support/builders/snapshots.ts';
import { isWorthWriting } from '../../../src/lifecycle/status/worth-writing.ts';
import { outline, restOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const { name: _name, ...nameless } = aReadySnapshot();
/** From a status poll, which carries no names. */
const polled = { lastSeen: lastSeen(nameless, { beganAtMs: NOW_MS - 20 }) };

function instance(overrides: Partial<InstanceState>) {
  const { name: _known, ...unnamed } = anInstanceState();
  return { localState: { instance: { ...unnamed, ...overrides } } };
}

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly step: Outline['step'];
  readonly wantsList?: boolean;
  readonly why: string;
}

describe('an ID that is not signed yet', () => {
  it.each([
    { name: 'its name shows that it is ours', instance: {}, proof: proofOf(POD_ID) },
    { name: 'it has another name', instance: { name: 'somebody' }, proof: undefined },
  ])('is signed with the next status write: $name', ({ instance: overrides, proof }) => {
    const provisioning = lastSeen(aSnapshot(), { beganAtMs: NOW_MS - 20 });
    const { name: _name, ...unnamed } = provisioning.snapshot;
    const known = observed({
      gpuPod: rentedGpuPod(),
      lastSeen: { ...provisioning, snapshot: unnamed },
      localState: { instance: anInstanceState(overrides) },
    });
    const rest = restOf(nextStep(known));
    expect(rest.status.podIdProof).toBe(proof);
    expect(isWorthWriting(known, { ...known.gpuPod.status, podIdProof: proof })).toBe(false);
  });
});

describe('the endpoint of an instance', () => {
  it.each<Row>([
    {
      name: 'its name is the requested one',
      known: { ...polled, localState: { instance: anInstanceState() } },
      step: 'ensureSecret',
      why: 'it is ours',
    },
    {
      name: 'its name is that of another owner',
      known: { ...polled, ...instance({ name: 'somebody' }) },
      step: 'rest',
      why: 'somebody else wrote the ID into the status',
    },
    {
      name: 'its name is that of another GpuPod of ours',
      known: { ...polled, ...instance({ name: 'gp-abc123-zzzzzzzzzz-1-team-b-train-9' }) },
      step: 'rest',
      why: 'it is the instance of another tenant',
    },
    {
      name: 'its name is not known, and there is no list',
      known: { ...polled, ...instance({}) },
      step: 'rest',
      wantsList: true,
      why: 'one list has the names of all instances; a GET each after a restart would be ten thousand',
    },
    {
      name: 'its name is not known, and lists fail',
      known: { ...polled, ...instance({}), providerFailure: failure() },
      step: 'readPod',
      why: 'a missing list must not delay an instance',
    },
    {
      name: 'its name is not known, and a later list omits it',
      known: {
        ...polled,
        ...instance({ sinceMs: NOW_MS - 30_000 }),
        inventory: inventory({ beganAtMs: NOW_MS - 10 }),
      },
      step: 'readPod',
      why: 'lists show instances late',
    },
    {
      name: 'the list names it',
      known: {
        ...polled,
        ...instance({}),
        inventory: inventory({ beganAtMs: NOW_MS - 10, live: [aReadySnapshot()] }),
      },
      step: 'ensureSecret',
      why: 'now it is known to be ours',
    },
  ])('$name: $why', ({ known, step, wantsList = false }) => {
    const next = nextStep(observed({ gpuPod: rentedGpuPod(), ...known }));
    expect(outline(next).step).toBe(step);
    if (step !== 'rest') return;
    expect(JSON.stringify(next)).not.toContain('203.0.113.7');
    expect(restOf(next).wantsInventoryAfterMs !== undefined).toBe(wantsList);
  });

  it('is shown for a renamed instance if the operator signed its ID', () => {
    const gpuPod = rentedGpuPod({ status: { podIdProof: proofOf(POD_ID) } });
    expect(
      outline(nextStep(observed({ ...polled, gpuPod, ...instance({ name: 'my favourite' }) }))).step,
    ).toBe('ensureSecret');
  });

  it('is withheld and reported once it is surely not ours, and the status keeps what it has', () => {
    const gpuPod = rentedGpuPod({ status: { readyAt: '2026-11-23T10:05:00Z' } });
    const since = { reason: 'UnexpectedResponse', message: '', sinceMs: NOW_MS - 600_000, count: 9 } as const;
    const { localState } = instance({ name: 'somebody' });
    const rest = restOf(
      nextStep(observed({ ...polled, gpuPod, localState: { ...localState, failure: since } })),
    );
    expect(outline(rest)).toMatchObject({ Synced: 'UnexpectedResponse' });
    expect(rest.status.podId).toBe(POD_ID);
    expect(rest.status.ssh).toEqual(gpuPod.status.ssh);
    expect(JSON.stringify(rest.status.conditions)).toContain('somebody');
  });
});

describe('an instance of another owner in the status', () => {
  it.each([
    { name: 'costs more than the cap', snapshot: { priceUsdPerHour: 99 } },
    { name: 'does not match the request', snapshot: { gpuCount: 8 } },
    { name: 'has failed', snapshot: { status: 'ERROR' } },
    { name: 'is starting', snapshot: { status: 'PROVISIONING' } },
  ] as const)('is reported, and never recorded as terminated: it $name', ({ snapshot }) => {
    const known = observed({
      gpuPod: rentedGpuPod(),
      timings: { quietFailureMs: 0 },
      lastSeen: lastSeen(aSnapshot({ ...snapshot, name: 'somebody' }), { beganAtMs: NOW_MS - 20 }),
      localState: { instance: anInstanceState({ name: 'somebody' }) },
    });
    expect(outline(nextStep(known))).toMatchObject({ step: 'rest', Synced: 'UnexpectedResponse' });
  });
});

describe.each(['Retain', 'Delete'] as const)(
  'the ID in the status of a GpuPod that is deleted with %s',
  (deletionPolicy) => {
    const retained = { isDeleting: true, spec: { deletionPolicy } } as const;
    const own = rentedGpuPod({ ...retained, status: { podIdProof: proofOf(POD_ID) } });
    /** What this process remembers after it has seen this GpuPod. */
    const after = (gpuPod: typeof own) => ({ localState: observe(observed({ gpuPod })) });

    it.each<{
      name: string;
      status: Partial<GpuPodStatus>;
      known?: ObservationOverrides;
      isRestored: boolean;
    }>([
      { name: 'another one without a signature', status: { podId: 'other-1' }, isRestored: true },
      {
        name: 'another one with the old signature',
        status: { podId: 'other-1', podIdProof: proofOf(POD_ID) },
        isRestored: true,
      },
      {
        name: 'another one, signed',
        status: { podId: 'other-1', podIdProof: proofOf('other-1') },
        isRestored: false,
      },
      { name: 'the same one without a signature', status: { podId: POD_ID }, isRestored: false },
      {
        name: 'none, and no create intent names the instance',
        status: { podId: undefined },
        known: { intent: { kind: 'none' } },
        isRestored: true,
      },
      {
        name: 'none, in an empty status',
        status: { podId: undefined, attempts: undefined },
        known: { intent: { kind: 'none' } },
        isRestored: true,
      },
      {
        name: 'none, and the create intent names the instance',
        status: { podId: undefined },
        isRestored: false,
      },
      {
        name: 'none, because its attempt is over',
        status: { podId: undefined, attempts: [{ number: 1, outcome: 'Ended' }] },
        isRestored: false,
      },
      {
        name: 'another one, while the operator may not sign',
        status: { podId: 'other-1' },
        known: { proofs: { of: () => undefined, ofIntent: () => undefined, isProvenElsewhere: () => false } },
        isRestored: false,
      },
    ])(
      'that somebody replaced by $name is restored: $isRestored',
      ({ status, known: overrides, isRestored }) => {
        const gpuPod = rentedGpuPod({ ...retained, status });
        const known = observed({ gpuPod, ...after(own), ...overrides });
        const step = nextStep({ ...known, localState: observe(known) });
        const isWritten =
          step.kind === 'act' && step.effect.type === 'writeStatus' && step.effect.status === own.status;
        expect(isWritten).toBe(isRestored);
      },
    );

    it('stays as it is while the GpuPod is not deleted, because lists and names tell whose instance it is', () => {
      const known = observed({ gpuPod: rentedGpuPod({ status: { podId: 'other-1' } }), ...after(own) });
      const step = nextStep({ ...known, localState: observe(known) });
      expect(step.kind === 'act' && step.effect.type === 'writeStatus').toBe(false);
    });

    it('is not restored by a process that never saw it signed', () => {
      const gpuPod = rentedGpuPod({ ...retained, status: { podId: 'other-1' } });
      expect(
        outline(nextStep(observed({ gpuPod, ...after(rentedGpuPod({ status: { podId: undefined } })) })))
          .step,
      ).not.toBe('writeStatus');
    });
  },
);
