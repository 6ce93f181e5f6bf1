import { describe, expect, it } from '@jest/globals';
import { figuresOf } from '../../../src/accounts/sums/recorded-figures.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { gpuPod, rentedStatus } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';

const PROVEN = { isIntentProven: () => true };
const UNPROVEN = { isIntentProven: () => false };
const LISTED = {
  podName: undefined,
  wallet: undefined,
  userId: undefined,
  owner: undefined,
  price: 1_000_000,
  gpus: 2,
  sinceMs: 0,
};
const FORGED: GpuPodOverrides = {
  intent: intent(),
  status: rentedStatus({
    cost: { currency: 'USD', pricePerHour: 500 },
    offer: { gpuCount: 64, prepaidHours: 900 },
  }),
};

describe('the figures of an instance', () => {
  it.each([
    { why: 'the record counts up to the signed create intent', proofs: PROVEN, listed: undefined },
    { why: 'a lower price in a list is that of an instance that starts', proofs: PROVEN, listed: LISTED },
  ])('$why', ({ proofs, listed }) => {
    expect(figuresOf(gpuPod(FORGED), listed, proofs)).toEqual({
      price: 1_900_000,
      gpus: listed?.gpus ?? 1,
      prepaidHours: 0,
    });
  });

  it('are those of a list, beside a create intent that nothing proves', () => {
    expect(figuresOf(gpuPod(FORGED), LISTED, UNPROVEN)).toEqual({
      price: 1_000_000,
      gpus: 2,
      prepaidHours: 0,
    });
  });

  it('are those of the record, before a list shows any', () => {
    expect(figuresOf(gpuPod(FORGED), undefined, UNPROVEN)).toEqual({
      price: 500_000_000,
      gpus: 64,
      prepaidHours: 0,
    });
  });

  it('are those of the record, where the operator cannot sign', () => {
    expect(figuresOf(gpuPod(FORGED), LISTED, undefined)).toEqual({
      price: 500_000_000,
      gpus: 2,
      prepaidHours: 900,
    });
  });

  it('have a higher price that a list states', () => {
    const listed = { ...LISTED, price: 9_000_000 };
    expect(figuresOf(gpuPod(FORGED), listed, PROVEN).price).toBe(9_000_000);
  });

  it('have no price if neither a list nor the record states one', () => {
    const bare = gpuPod({ status: rentedStatus({ cost: undefined }) });
    expect(figuresOf(bare, undefined, UNPROVEN).price).toBeUndefined();
  });
});
