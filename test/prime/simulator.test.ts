import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import type { InstanceRequest } from '../../src/lifecycle/instance-request.ts';
import type { Offer } from '../../src/offers/offer.ts';
import { literalApiKey } from '../../src/prime/api-key.ts';
import { createPrimeProvider } from '../../src/prime/prime-provider.ts';
import type { PrimeProvider } from '../../src/prime/prime-provider.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { aCreateRequest, POD_NAME } from './builders.ts';

const always = { mayStillSend: () => true };
type Fault = Parameters<Simulator['faults']['add']>[0]['effect'];

const QUERY = { gpuType: 'H100_80GB', gpuCount: 1, regions: [], disks: [] };

describe('the provider client with the simulated API', () => {
  let simulator: Simulator;
  let provider: PrimeProvider;

  beforeEach(async () => {
    simulator = await startSimulator({ settings: { provisioningMs: 0, installingMs: 0, deletingMs: 0 } });
    provider = createPrimeProvider({
      baseUrl: simulator.url,
      apiKey: literalApiKey(simulator.apiKey),
      clock: systemClock,
      offerTtlMs: 0,
    });
  });

  afterEach(async () => {
    provider.close();
    await simulator.stop();
  });

  async function anOffer(): Promise<Offer> {
    const answer = await provider.listOffers(QUERY);
    const offer =
      answer.kind === 'ok' ? answer.value.offers.find((row) => row.cloudId === 'n3-H100x1') : undefined;
    if (offer === undefined) {
      throw new Error('the catalogue has no n3-H100x1');
    }
    return offer;
  }

  async function aRequest(changes: Partial<InstanceRequest> = {}): Promise<InstanceRequest> {
    return aCreateRequest({ offer: await anOffer(), cap: 100_000_000, ...changes });
  }

  it('creates, follows and terminates an instance', async () => {
    const outcome = await provider.createPod(await aRequest(), always);
    const podId = outcome.kind === 'created' ? outcome.instance.podId : '';
    expect(outcome).toMatchObject({ kind: 'created', instance: { name: POD_NAME } });

    expect(await provider.getPod(podId)).toMatchObject({ kind: 'ok', value: { podId, name: POD_NAME } });
    expect(await provider.getPodStatuses([podId, 'x'])).toMatchObject({
      kind: 'ok',
      value: { snapshots: [{ podId }] },
    });
    expect(await provider.listPods([undefined])).toMatchObject({
      kind: 'ok',
      value: { instances: [{ podId }] },
    });

    expect(await provider.deletePod(podId)).toEqual({ kind: 'accepted' });
    expect(await provider.getPod(podId)).toMatchObject({ kind: 'notFound' });
    expect(await provider.deletePod(podId)).toMatchObject({ kind: 'notFound' });
    expect(await provider.listPods([undefined])).toMatchObject({ kind: 'ok', value: { instances: [] } });
    expect(await provider.listHistory()).toMatchObject({ kind: 'ok', value: [{ podId, name: POD_NAME }] });
  });

  it('finds the account of a key, and a wrong key', async () => {
    expect(await provider.whoami()).toEqual({ kind: 'ok', value: { userId: 'user_1' } });

    const stranger = createPrimeProvider({
      baseUrl: simulator.url,
      apiKey: literalApiKey('wrong-key'),
      clock: systemClock,
    });
    expect(await stranger.whoami()).toMatchObject({
      kind: 'failure',
      reason: 'Unauthorized',
      httpStatus: 401,
    });
    stranger.close();
  });

  it.each([
    { name: 'an unknown image', changes: { image: 'nothing' }, reason: 'InvalidRequest' },
    {
      name: 'a template that does not exist',
      changes: { image: undefined, customTemplateId: 'x' },
      reason: 'TemplateIncompatible',
    },
    { name: 'a cap below the price', changes: { cap: 10_000 }, reason: 'AboveMaxPrice' },
  ])('gets a refusal for $name', async ({ changes, reason }) => {
    const outcome = await provider.createPod(await aRequest(changes), always);

    expect(outcome).toMatchObject({ kind: 'refused', reason });
    expect(simulator.requests.count({ method: 'POST', path: '/pods/' })).toBe(1);
  });

  it('gets a refusal for an offer that is gone', async () => {
    const request = await aRequest();
    const gone = { ...request, offer: { ...request.offer, cloudId: 'gone' } };

    expect(await provider.createPod(gone, always)).toMatchObject({ kind: 'refused', reason: 'NoCapacity' });
  });

  it.each([
    { kind: 'ResetBefore' },
    { kind: 'ResetAfter' },
    { kind: 'Cut', keepBytes: 20 },
    { kind: 'WithoutId' },
    { kind: 'Html' },
    { kind: 'Huge', bytes: 50_000_000 },
    { kind: 'Answer', status: 502 },
    { kind: 'Redirect', location: 'http://127.0.0.1:1/', status: 307 },
  ] satisfies Fault[])('reports an unknown outcome after $kind', async (effect: Fault) => {
    const request = await aRequest();
    simulator.faults.add({ method: 'POST', effect });

    expect(await provider.createPod(request, always)).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    { kind: 'WrongTotal', add: 1 },
    { kind: 'OmitRows', ids: null },
    { kind: 'Html' },
    { kind: 'AddRows', rows: [{ name: 'no id' }] },
    { kind: 'Cut', keepBytes: 20 },
  ] satisfies Fault[])('rejects a list after $kind', async (effect: Fault) => {
    await provider.createPod(await aRequest(), always);
    simulator.faults.add({ method: 'GET', path: '/pods/', effect });

    expect(await provider.listPods([undefined])).toMatchObject({ kind: 'failure' });
  });

  it('rejects an empty availability while the summary shows stock', async () => {
    simulator.faults.add({ path: '/availability/gpus', effect: { kind: 'EmptyList' } });

    expect(await provider.listOffers(QUERY)).toMatchObject({ kind: 'failure', reason: 'UnexpectedResponse' });
  });

  it('reads a server that has only the legacy endpoint', async () => {
    const current = await provider.listOffers(QUERY);
    simulator.settings.availabilityEndpoints = 'LegacyOnly';
    const legacy = await provider.listOffers(QUERY);

    expect('value' in legacy ? legacy.value.offers : legacy).toEqual(
      'value' in current ? current.value.offers : [],
    );
  });
});
