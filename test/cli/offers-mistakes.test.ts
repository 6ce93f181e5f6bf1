import { describe, expect, it } from '@jest/globals';
import { H100, manifest, useOffers } from './support/use-offers.ts';

const cli = useOffers();

describe('a mistake', () => {
  it.each([
    {
      name: 'a field that does not exist',
      text: manifest({ ...H100, maxprice: 1 }),
      says: 'spec.maxprice is not a field of a GpuPod.',
    },
    {
      name: 'a field deep inside',
      text: manifest({ gpu: { types: ['H100_80GB'], cnt: 2 } }),
      says: 'spec.gpu.cnt is not a field',
    },
    {
      name: 'a value of the wrong type',
      text: manifest({ ...H100, maxPrice: 'low' }),
      says: 'The GpuPod is not valid: spec.maxPrice:',
    },
    {
      name: 'a version of the future',
      text: manifest(H100, 'a', 'gpupod.dev/v9'),
      says: 'gpupod.dev/v9: set it to gpupod.dev/v1alpha1.',
    },
    { name: 'another kind', text: 'kind: Job\n', says: 'has no object of kind GpuPod.' },
    { name: 'no YAML', text: 'a: [', says: 'is not YAML:' },
  ])('in a file is named: $name', async ({ text, says }) => {
    const { code, out, err } = await cli.offers('-f', await cli.write('pod.yaml', text));

    expect(err).toContain(says);
    expect([code, out]).toEqual([1, '']);
    expect(cli.simulator.requests.all()).toEqual([]);
  });

  it('in the name of a file is named', async () => {
    expect((await cli.offers('-f', '/nowhere.yaml')).err).toBe(
      'error: /nowhere.yaml cannot be read (ENOENT).',
    );
  });

  it('in a GPU type is named, with the types that exist', async () => {
    const { code, err } = await cli.offers('--gpu', 'H100_80G');

    expect(err).toMatch(/InvalidRequest.*H100_80GB.*Correct spec\.gpu or spec\.placement\./);
    expect(code).toBe(1);
  });

  it.each([
    {
      name: 'no key',
      env: {},
      args: [],
      says: 'There is no API key. Set PRIME_API_KEY to a key with the permission Availability: read, or --api-key-file to a file that holds one.',
    },
    {
      name: 'a key that the provider refuses',
      env: { PRIME_API_KEY: 'pit_wrong' },
      args: [],
      says: 'Use a key with the permission Availability: read.',
    },
    {
      name: 'a key and a file',
      env: { PRIME_API_KEY: 'pit_a' },
      args: ['--api-key-file', '/key'],
      says: 'are both given',
    },
    {
      name: 'a file that is not there',
      env: {},
      args: ['--api-key-file', '/key'],
      says: 'The API key file /key does not exist. Set PRIME_API_KEY',
    },
    {
      name: 'a key as an argument',
      env: {},
      args: ['--api-key=pit_secret'],
      says: 'The API key is not taken as an argument',
    },
    {
      name: 'a key over http',
      env: { PRIME_API_KEY: 'pit_secret', PRIME_API_BASE_URL: 'http://example.com' },
      args: [],
      says: 'over HTTP the API key would be readable',
    },
  ])('with the API key is named, and never repeats the key: $name', async ({ env, args, says }) => {
    const { code, out, err } = await cli.bench.run(['offers', '--gpu', 'H100_80GB', ...args], {
      env: { PRIME_API_BASE_URL: cli.simulator.url, ...env },
    });

    expect(err).toContain(says);
    expect(err).not.toMatch(/pit_/);
    expect([code, out]).toEqual([1, '']);
  });

  it('of the provider leaves the offers unknown, because an incomplete answer proves nothing', async () => {
    cli.simulator.faults.add({ effect: { kind: 'Answer', status: 503 } });

    const { code, out, err } = await cli.offers('--gpu', 'H100_80GB');

    expect(err).toMatch(/^error: The offers are unknown \(ApiUnavailable\):/);
    expect([code, out]).toEqual([1, '']);
  });
});

describe('the API key', () => {
  it('may be in a file', async () => {
    const file = await cli.write('key', `${cli.simulator.apiKey}\n`);

    const { code } = await cli.bench.run(['offers', '--gpu', 'H100_80GB', '--api-key-file', file], {
      env: { PRIME_API_BASE_URL: cli.simulator.url },
    });

    expect(code).toBe(0);
  });
});
