import { describe, expect, it } from '@jest/globals';
import { GpuPodSpec } from '../../../src/api/gpupod/spec.ts';

/** Whether the smallest spec is valid with this change. */
function isTaken(change: object): boolean {
  return GpuPodSpec.safeParse({ gpu: { types: ['H100_80GB'] }, ...change }).success;
}

function inGpu(change: object): object {
  return { gpu: { types: ['H100_80GB'], ...change } };
}

function secret(change: object): object {
  return { jupyterPasswordSecretRef: { name: 'jupyter', key: 'password', ...change } };
}

interface Words {
  readonly field: string;
  readonly spec: (word: string) => object;
  readonly taken: readonly string[];
  readonly refused: readonly string[];
  /** The longest valid value has this many characters. */
  readonly longest: number;
}

const PROVIDER_ID = { taken: ['a', 'Ab_1.2:3-x'], refused: ['', '/a', 'a b', 'a/'], longest: 128 };
const WORD = { taken: ['a', 'SXM5_a.b-c'], refused: ['', ' a', 'a b', 'a/'], longest: 64 };

describe('the texts of a spec', () => {
  const fields: readonly Words[] = [
    { field: 'image', spec: (image) => ({ image }), ...PROVIDER_ID },
    { field: 'customTemplateId', spec: (customTemplateId) => ({ customTemplateId }), ...PROVIDER_ID },
    { field: 'sshKeyId', spec: (sshKeyId) => ({ sshKeyId }), ...PROVIDER_ID },
    { field: 'teamId', spec: (teamId) => ({ teamId }), ...PROVIDER_ID },
    { field: 'disks', spec: (id) => ({ disks: [id] }), ...PROVIDER_ID },
    {
      field: 'gpu.types',
      spec: (type) => inGpu({ types: [type] }),
      taken: ['a', 'H100_80GB'],
      refused: ['', '-a', 'a b', 'a-'],
      longest: 64,
    },
    { field: 'gpu.sockets', spec: (socket) => inGpu({ sockets: [socket] }), ...WORD },
    { field: 'placement.regions', spec: (region) => ({ placement: { regions: [region] } }), ...WORD },
    {
      field: 'placement.dataCenters',
      spec: (dataCenter) => ({ placement: { dataCenters: [dataCenter] } }),
      taken: ['a', 'US-TX 1.2:b_3'],
      refused: ['', '/a', 'a/'],
      longest: 64,
    },
    {
      field: 'placement.cloudId',
      spec: (cloudId) => ({ placement: { cloudId } }),
      taken: ['a', 'n3-H100x1/a b:c.d_e'],
      refused: ['', '!a', 'a!'],
      longest: 128,
    },
    {
      field: 'connectionSecretName',
      spec: (connectionSecretName) => ({ connectionSecretName }),
      taken: ['a', 'ab', 'a1-b.c-d', '0.1'],
      refused: ['', 'A', '-a', 'a-', 'a..b', 'a.-b', 'a-.b', 'a_b', '.a', 'a.'],
      longest: 253,
    },
    {
      field: 'jupyterPasswordSecretRef.name',
      spec: (name) => secret({ name }),
      taken: ['a'],
      refused: ['', 'A'],
      longest: 253,
    },
    {
      field: 'jupyterPasswordSecretRef.key',
      spec: (key) => secret({ key }),
      taken: ['a', 'Ab_1.c-d'],
      refused: ['', '/a', 'a/'],
      longest: 253,
    },
    {
      field: 'env.name',
      spec: (name) => ({ env: [{ name, value: 'x' }] }),
      taken: ['a', '_', 'HF_HOME2'],
      refused: ['', '2a', '-a', 'a-', 'a b'],
      longest: 128,
    },
  ];

  it.each(fields)(
    'of $field have the characters that the provider and the cluster use',
    ({ spec, taken, refused }) => {
      expect(taken.filter((word) => !isTaken(spec(word)))).toEqual([]);
      expect(refused.filter((word) => isTaken(spec(word)))).toEqual([]);
    },
  );

  it.each(fields)(
    'of $field have a maximum length, from which the cost of the rules is estimated',
    ({ spec, longest }) => {
      expect(isTaken(spec('a'.repeat(longest)))).toBe(true);
      expect(isTaken(spec('a'.repeat(longest + 1)))).toBe(false);
    },
  );

  it.each([
    { country: 'CA', taken: true, why: 'two capital letters' },
    { country: 'C', taken: false, why: 'one is too short' },
    { country: 'CAN', taken: false, why: 'three are too long' },
    { country: 'ca', taken: false, why: 'the provider uses capitals' },
    { country: '1CA', taken: false, why: 'nothing may precede it' },
  ])('accept country $country: $taken, because $why', ({ country, taken }) => {
    expect(isTaken({ placement: { countries: [country] } })).toBe(taken);
  });

  it.each([
    { field: 'strategy', spec: { strategy: 'Fastest' } },
    { field: 'resources.fit', spec: { resources: { fit: 'AtMost' } } },
    { field: 'placement.security', spec: { placement: { security: 'none' } } },
    { field: 'placement.spot', spec: { placement: { spot: 'Maybe' } } },
    { field: 'placement.minStock', spec: { placement: { minStock: 'Available' } } },
    { field: 'deletionPolicy', spec: { deletionPolicy: 'Keep' } },
  ])('accept no free text for $field', ({ spec }) => {
    expect(isTaken(spec)).toBe(false);
  });

  it.each([
    ['strategy', ['Cheapest', 'Ordered', 'BestStock']],
    ['deletionPolicy', ['Delete', 'Retain']],
  ])('accept for %s each of %j', (field, words) => {
    expect(words.filter((word) => !isTaken({ [field]: word }))).toEqual([]);
  });

  it('accept both values of resources.fit', () => {
    expect(['AtLeast', 'Exact'].filter((fit) => !isTaken({ resources: { fit } }))).toEqual([]);
  });

  it.each([
    ['security', ['secure_cloud', 'community_cloud', 'any']],
    ['spot', ['Forbid', 'Allow', 'Require']],
    ['minStock', ['Low', 'Medium', 'High']],
  ])('accept for placement.%s each of %j', (field, words) => {
    expect(words.filter((word) => !isTaken({ placement: { [field]: word } }))).toEqual([]);
  });
});

describe('the numbers of a spec', () => {
  it.each([
    { field: 'gpu.count', spec: (count: number) => inGpu({ count }), least: 1, most: 64, step: 1 },
    {
      field: 'maxPrice',
      spec: (maxPrice: number) => ({ maxPrice }),
      least: 0.01,
      most: 100_000,
      step: 0.001,
    },
    { field: 'maxAttempts', spec: (maxAttempts: number) => ({ maxAttempts }), least: 1, most: 20, step: 1 },
    {
      field: 'resources.diskSize',
      spec: (diskSize: number) => ({ resources: { diskSize } }),
      least: 1,
      most: 1_000_000,
      step: 1,
    },
    {
      field: 'resources.vcpus',
      spec: (vcpus: number) => ({ resources: { vcpus } }),
      least: 1,
      most: 1_000_000,
      step: 1,
    },
    {
      field: 'resources.memory',
      spec: (memory: number) => ({ resources: { memory } }),
      least: 1,
      most: 1_000_000,
      step: 1,
    },
  ])(
    'of $field range from $least to $most: below is meaningless, above is a mistake',
    ({ spec, least, most, step }) => {
      const tried = [least - step, least, most, most + step];
      expect(tried.map((value) => isTaken(spec(value)))).toEqual([false, true, true, false]);
    },
  );

  it.each([
    { field: 'gpu.types', spec: (list: string[]) => inGpu({ types: list }), least: 1, most: 8 },
    { field: 'gpu.sockets', spec: (list: string[]) => inGpu({ sockets: list }), least: 0, most: 32 },
    { field: 'disks', spec: (disks: string[]) => ({ disks }), least: 0, most: 8 },
    { field: 'env', spec: (list: string[]) => ({ env: list.map((name) => ({ name })) }), least: 0, most: 64 },
  ])('of items in $field range from $least to $most', ({ spec, least, most }) => {
    const tried = [least - 1, least, most, most + 1].filter((length) => length >= 0);
    const taken = tried.filter((length) =>
      isTaken(spec(Array.from({ length }, (_, index) => `a${String(index)}`))),
    );
    expect(taken).toEqual([least, most]);
  });

  it.each([
    { text: '20m', taken: true, why: 'the default' },
    { text: '-5m', taken: false, why: 'no negative time' },
    { text: '1d', taken: false, why: 'the API server knows no days' },
    { text: '1h'.repeat(5), taken: false, why: 'four parts are the most' },
  ])('include a duration of $text: $taken, because $why', ({ text, taken }) => {
    expect(isTaken({ provisioningTimeout: text })).toBe(taken);
    expect(isTaken({ offerTimeout: text })).toBe(taken);
  });

  it('allow 4096 characters for a variable, which has either a value or a source', () => {
    const long = (length: number): object => ({ env: [{ name: 'A', value: 'x'.repeat(length) }] });
    expect([isTaken(long(4_096)), isTaken(long(4_097))]).toEqual([true, false]);
    const valueFrom = { secretKeyRef: { name: 'hf', key: 'token' } };
    const spec = { gpu: { types: ['A'] }, env: [{ name: 'A', valueFrom }] };
    expect(GpuPodSpec.parse(spec).env).toEqual(spec.env);
  });
});
