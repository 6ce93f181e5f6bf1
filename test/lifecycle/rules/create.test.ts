import { expect, it } from '@jest/globals';
import type { ObservedOffers } from '../../../src/lifecycle/observation.ts';
import { readIntent, writeIntent } from '../../../src/lifecycle/intent.ts';
import { rent } from '../support/rules.ts';
import type { CreatePod, Step } from '../../../src/lifecycle/step.ts';
import { defaultSizes } from '../../../src/offers/sizes.ts';
import { offer } from '../../offers/support/builders.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { inventory } from '../../support/builders/snapshots.ts';
import { effectOf, restOf } from '../support/outline.ts';

const fits = offer({ usd: 1.9 });
const offers: ObservedOffers = { kind: 'ok', offers: [fits], beganAtMs: NOW_MS };

function intentOf(step: Step): CreatePod {
  const effect = effectOf(step);
  if (effect.type !== 'createPod') throw new Error(`expected an order, not ${effect.type}`);
  return effect;
}

it("never allows more than the operator's ceiling, whatever the spec says", () => {
  const known = observed({
    offers,
    gpuPod: gpuPod({ spec: { maxPrice: 3 } }),
    policy: { maxPriceCeiling: 2_500_000 },
  });
  const { request, intent: written } = intentOf(rent(known));
  expect(request.cap).toBe(2_500_000);
  expect(written.capSent).toBe(2_500_000);
});

it('uses the last number that a name can carry', () => {
  const status = { attempts: [{ number: 999_998, outcome: 'NotCreated' as const }] };
  const known = { offers, gpuPod: gpuPod({ status }), inventory: inventory({ beganAtMs: NOW_MS }) };
  const { intent: written } = intentOf(rent(observed(known)));
  expect(written.attempt).toBe(999_999);
});

it("writes an intent that can be read back, however long the provider's names are", () => {
  const longNamed = offer({
    usd: 1.9,
    cloudId: 'c'.repeat(128),
    dataCenter: 'd'.repeat(250),
    region: 'r'.repeat(250),
  });
  const known = observed({ offers: { kind: 'ok', offers: [longNamed], beganAtMs: NOW_MS } });
  const { intent: written } = intentOf(rent(known));
  expect(readIntent(gpuPod({ intent: writeIntent(written) }))).toEqual({ kind: 'read', intent: written });
});

it('repeats a create request when its retry is due', () => {
  const blocked = { reason: 'ApiUnavailable', message: 'No connection.', untilMs: NOW_MS + 700 } as const;
  expect(restOf(rent(observed({ offers, localState: { blocked } }))).requeueAfterMs).toBe(700);
});

it('records the sizes that the offer has, and no others', () => {
  const { intent: written } = intentOf(rent(observed({ offers, gpuPod: gpuPod() })));
  expect(Object.keys(written.sizes)).toEqual(Object.keys(defaultSizes(fits)).filter((key) => key !== 'sent'));
});

it('records the account that pays, if it is known', () => {
  const known = { offers, gpuPod: gpuPod() };
  expect(intentOf(rent(observed(known))).intent.account).toBe('user-1');
  const unknown = intentOf(rent(observed({ ...known, account: { kind: 'fits' } }))).intent;
  expect(Object.keys(unknown)).not.toContain('account');
});
