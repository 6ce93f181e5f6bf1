import { describe, expect, it } from '@jest/globals';
import { nextStep } from '../../../src/lifecycle/next-step.ts';
import type { RentalMemory } from '../../../src/lifecycle/memory.ts';
import { POD_ID, rentedGpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed, proofOf, rentalMemory } from '../../support/builders/observation.ts';
import type { ObservationOverrides } from '../../support/builders/observation.ts';
import { census, failure, podLook, readyLook, sight } from '../../support/builders/looks.ts';
import { isWorthWriting } from '../../../src/lifecycle/status/worth-writing.ts';
import { outline, restOf } from '../support/outline.ts';
import type { Outline } from '../support/outline.ts';

const { name: _name, ...nameless } = readyLook();
/** As a status poll tells it, which knows no names. */
const polled = { sight: sight(nameless, { beganAtMs: NOW_MS - 20 }) };

function rental(overrides: Partial<RentalMemory>) {
  const { name: _known, ...unnamed } = rentalMemory();
  return { memory: { rental: { ...unnamed, ...overrides } } };
}

interface Row {
  readonly name: string;
  readonly known: ObservationOverrides;
  readonly step: Outline['step'];
  readonly wantsList?: boolean;
  readonly why: string;
}

describe('an id that is not signed yet', () => {
  it.each([
    { name: 'its name shows that it is ours', rental: {}, proof: proofOf(POD_ID) },
    { name: 'it is called otherwise', rental: { name: 'somebody' }, proof: undefined },
  ])('rides along with the next status: $name', ({ rental: overrides, proof }) => {
    const provisioning = sight(podLook(), { beganAtMs: NOW_MS - 20 });
    const { name: _name, ...unnamed } = provisioning.look;
    const known = observed({
      gpuPod: rentedGpuPod(),
      sight: { ...provisioning, look: unnamed },
      memory: { rental: rentalMemory(overrides) },
    });
    const rest = restOf(nextStep(known));
    expect(rest.status.podIdProof).toBe(proof);
    expect(isWorthWriting(known, { ...known.gpuPod.status, podIdProof: proof })).toBe(false);
  });
});

describe('where a machine is reached', () => {
  it.each<Row>([
    {
      name: 'its name is the one that was ordered',
      known: { ...polled, memory: { rental: rentalMemory() } },
      step: 'ensureSecret',
      why: 'it is ours to show',
    },
    {
      name: 'its name is that of a stranger',
      known: { ...polled, ...rental({ name: 'somebody' }) },
      step: 'rest',
      why: 'the id was written there by somebody else',
    },
    {
      name: 'its name is that of another object of ours',
      known: { ...polled, ...rental({ name: 'gp-abc123-zzzzzzzzzz-1-team-b-train-9' }) },
      step: 'rest',
      why: 'that is another tenant’s machine',
    },
    {
      name: 'its name is not known, and there is no list',
      known: { ...polled, ...rental({}) },
      step: 'rest',
      wantsList: true,
      why: 'one list tells the names of all: a GET for each after a restart would be ten thousand',
    },
    {
      name: 'its name is not known, and lists fail',
      known: { ...polled, ...rental({}), providerFailure: failure() },
      step: 'readPod',
      why: 'a machine is not held back because of a list',
    },
    {
      name: 'its name is not known, and a list since then lacks it',
      known: {
        ...polled,
        ...rental({ sinceMs: NOW_MS - 30_000 }),
        census: census({ beganAtMs: NOW_MS - 10 }),
      },
      step: 'readPod',
      why: 'lists show pods late',
    },
    {
      name: 'the list names it',
      known: {
        ...polled,
        ...rental({}),
        census: census({ beganAtMs: NOW_MS - 10, live: [readyLook()] }),
      },
      step: 'ensureSecret',
      why: 'now it is known to be ours',
    },
  ])('$name: $why', ({ known, step, wantsList = false }) => {
    const next = nextStep(observed({ gpuPod: rentedGpuPod(), ...known }));
    expect(outline(next).step).toBe(step);
    if (step !== 'rest') return;
    expect(JSON.stringify(next)).not.toContain('203.0.113.7');
    expect(restOf(next).wantsCensusAfterMs !== undefined).toBe(wantsList);
  });

  it('is shown of a pod that was renamed, if the operator signed its id', () => {
    const gpuPod = rentedGpuPod({ status: { podIdProof: proofOf(POD_ID) } });
    expect(outline(nextStep(observed({ ...polled, gpuPod, ...rental({ name: 'my favourite' }) }))).step).toBe(
      'ensureSecret',
    );
  });

  it('that is not ours is told, once it is sure: what stands in the status stays', () => {
    const gpuPod = rentedGpuPod({ status: { readyAt: '2026-11-23T10:05:00Z' } });
    const since = { reason: 'UnexpectedResponse', message: '', sinceMs: NOW_MS - 600_000, count: 9 } as const;
    const { memory } = rental({ name: 'somebody' });
    const rest = restOf(nextStep(observed({ ...polled, gpuPod, memory: { ...memory, failure: since } })));
    expect(outline(rest)).toMatchObject({ Synced: 'UnexpectedResponse' });
    expect(rest.status.podId).toBe(POD_ID);
    expect(rest.status.ssh).toEqual(gpuPod.status.ssh);
    expect(JSON.stringify(rest.status.conditions)).toContain('somebody');
  });
});

describe('an instance of somebody else that the status names', () => {
  it.each([
    { name: 'costs more than the cap', look: { priceUsdPerHour: 99 } },
    { name: 'is not what was ordered', look: { gpuCount: 8 } },
    { name: 'has failed', look: { status: 'ERROR' } },
    { name: 'is on its way', look: { status: 'PROVISIONING' } },
  ] as const)('is reported, and nothing is written down as ended: it $name', ({ look }) => {
    const known = observed({
      gpuPod: rentedGpuPod(),
      timings: { quietFailureMs: 0 },
      sight: sight(podLook({ ...look, name: 'somebody' }), { beganAtMs: NOW_MS - 20 }),
      memory: { rental: rentalMemory({ name: 'somebody' }) },
    });
    expect(outline(nextStep(known))).toMatchObject({ step: 'rest', Synced: 'UnexpectedResponse' });
  });
});
