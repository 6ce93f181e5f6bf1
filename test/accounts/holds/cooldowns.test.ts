import { describe, expect, it } from '@jest/globals';
import { Cooldowns } from '../../../src/accounts/holds/cooldowns.ts';
import { cooldownOwner } from '../../../src/controllers/gpupod/gather.ts';
import { gpuTypeOf, offerKey, upstreamOf } from '../../../src/offers/offer-key.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { intent } from '../../support/builders/intent.ts';

const { offer } = intent();
const KEY = offerKey(offer);
const SIBLING = offerKey({ ...offer, cloudId: 'another' });
const ELSEWHERE = offerKey({ ...offer, provider: 'another' });

const WHO = {
  self: { uid: 'a', requestHash: 'x' },
  changed: { uid: 'a', requestHash: 'y' },
  alike: { uid: 'b', requestHash: 'x' },
  other: { uid: 'c', requestHash: 'z' },
};

describe('Cooldowns', () => {
  it.each([
    { scope: 'everybody', offers: [KEY], who: ['self', 'changed', 'alike', 'other'] },
    { scope: 'upstream', offers: [KEY, SIBLING], who: ['self', 'changed', 'alike', 'other'] },
    { scope: 'request', offers: [KEY], who: ['self', 'alike'] },
    { scope: 'object', offers: [KEY], who: ['self'] },
  ] as const)('holds back the GpuPods that the cause concerns: $scope', ({ scope, offers, who }) => {
    const cooldowns = new Cooldowns(new VirtualClock());
    cooldowns.start({ reason: 'NoCapacity', offerKey: KEY, scope }, WHO.self);
    const found = Object.entries(WHO).flatMap(([name, owner]) =>
      [KEY, SIBLING, ELSEWHERE].flatMap((key) =>
        cooldowns.find(key, owner) === undefined ? [] : [[name, key]],
      ),
    );

    expect(found).toEqual(who.flatMap((name) => offers.map((key) => [name, key])));
  });

  it.each(['InvalidRequest', 'OtherRefusal', 'Forbidden', 'QuotaExceeded', 'AboveMaxPrice'] as const)(
    'holds back no other GpuPod for %s',
    (reason) => {
      const cooldowns = new Cooldowns(new VirtualClock());
      cooldowns.start({ reason, offerKey: KEY }, WHO.self);

      expect(cooldowns.find(KEY, WHO.self)).toEqual({ reason });
      expect(cooldowns.find(KEY, WHO.alike)).toBeUndefined();
    },
  );
});

it('reports each failure with its offer', () => {
  const failures: object[] = [];
  const cooldowns = new Cooldowns(new VirtualClock(), 1, (reason, key) => {
    failures.push({ reason, provider: upstreamOf(key), gpuType: gpuTypeOf(key) });
  });
  cooldowns.start({ reason: 'NoCapacity', offerKey: KEY }, WHO.self);
  cooldowns.start({ reason: 'InstallFailed', offerKey: ELSEWHERE }, WHO.self);

  expect(failures).toEqual([
    { reason: 'NoCapacity', provider: offer.provider, gpuType: offer.gpuType },
    { reason: 'InstallFailed', provider: 'another', gpuType: offer.gpuType },
  ]);
});

describe('cooldownOwner', () => {
  const hashOf = (options: Parameters<typeof gpuPod>[0]): string =>
    cooldownOwner(gpuPod(options)).requestHash;

  it.each([
    { what: 'another image', spec: { image: 'other' } },
    { what: 'another team', spec: { teamId: 'team-b' } },
    { what: 'a variable', spec: { env: [{ name: 'A', value: 'b' }] } },
    { what: 'a template', spec: { customTemplateId: 't-1' } },
  ])('distinguishes requests: $what', ({ spec }) => {
    expect(hashOf({ spec })).not.toBe(hashOf({}));
  });

  it('distinguishes namespaces, because their Secrets of the same name hold other values', () => {
    expect(hashOf({ namespace: 'elsewhere' })).not.toBe(hashOf({}));
  });
});
