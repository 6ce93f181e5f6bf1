import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { API_VERSION, KIND } from '../../src/api/common/names.ts';
import { BAD_INPUT, SMALLEST } from '../support/bad-input.ts';
import { createNamespace, openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

let bench: Bench;
let namespace: string;
let names = 0;

beforeAll(async () => {
  bench = await openBench();
  namespace = await createNamespace(bench);
}, 20 * MINUTE_MS);

afterAll(async () => {
  await bench.close();
});

function newName(): string {
  names += 1;
  return `pod-${names}`;
}

/** The error of `kubectl <args> -f -` for a manifest. Empty if the API server accepts it. */
async function refusalOf(args: readonly string[], spec: object): Promise<string> {
  const manifest = stringify({ apiVersion: API_VERSION, kind: KIND, metadata: { name: newName() }, spec });
  const call = ['-n', namespace, ...args, '-f', '-'];
  const { code, stderr } = await bench.controlPlane.kubectl(call, { input: manifest });
  return code === 0 ? '' : stderr.replaceAll(/\s+/g, ' ');
}

describe('the API server', () => {
  it.each(BAD_INPUT)('rejects $says.0, because $why', async ({ spec, says }) => {
    const refusal = await refusalOf(['create'], spec);
    for (const text of says) expect(refusal).toContain(text);
  });

  it('accepts the smallest GpuPod, and does not show it as ready', async () => {
    expect(await refusalOf(['create'], SMALLEST)).toBe('');
    const { stdout } = await bench.controlPlane.kubectl([
      ...['-n', namespace, 'get', 'gpupod', `pod-${names}`, '-o', 'jsonpath={.status.observedGeneration}'],
    ]);
    expect(stdout).toBe('-1');
  });

  it.each([
    { how: 'apply', args: ['apply'], says: 'unknown field "spec.maxprice"' },
    {
      how: 'server-side apply',
      args: ['apply', '--server-side'],
      says: '.spec.maxprice: field not declared in schema',
    },
  ])('rejects a misspelled cap with $how', async ({ args, says }) => {
    expect(await refusalOf(args, { ...SMALLEST, maxprice: 2 })).toContain(says);
  });
});

interface FrozenField {
  readonly field: string;
  readonly one: unknown;
  readonly other: unknown;
  /** Why the field is always present. */
  readonly isAlways?: 'required' | 'defaulted';
}

const FROZEN: readonly FrozenField[] = [
  { field: 'gpu', one: { types: ['H100_80GB'] }, other: { types: ['A100_80GB'] }, isAlways: 'required' },
  {
    field: 'placement',
    one: { security: 'any' },
    other: { security: 'community_cloud' },
    isAlways: 'defaulted',
  },
  { field: 'resources', one: { diskSize: 200 }, other: { diskSize: 300 }, isAlways: 'defaulted' },
  { field: 'image', one: 'vllm_llama_8b', other: 'flux' },
  { field: 'customTemplateId', one: 'cm2szl4a20001tl3pyq7ua6o7', other: 'cm2szl4a20001tl3pyq7ua6o8' },
  { field: 'env', one: [{ name: 'A', value: '1' }], other: [{ name: 'A', value: '2' }] },
  { field: 'sshKeyId', one: 'key-1', other: 'key-2' },
  { field: 'ssh', one: { keyId: 'key-1' }, other: { keyId: 'key-2' } },
  { field: 'disks', one: ['disk-1'], other: ['disk-2'] },
  { field: 'teamId', one: 'team_1', other: 'team_2' },
  { field: 'jupyterPasswordSecretRef', one: { name: 'a', key: 'b' }, other: { name: 'a', key: 'c' } },
];

const CHANGES = FROZEN.flatMap(({ field, one, other, isAlways }) => {
  const changed = { field, change: 'changed', from: one, to: other };
  const set = { field, change: 'default → set', from: undefined, to: other };
  const appears = { field, change: 'absent → present', from: undefined, to: one };
  const vanishes = { field, change: 'present → absent', from: one, to: null };
  if (isAlways === undefined) return [changed, appears, vanishes];
  return isAlways === 'required' ? [changed] : [changed, set];
});

/** Creates a GpuPod whose status names an instance. */
async function createRented(spec: object): Promise<string> {
  const name = newName();
  const created = await bench.gpuPods.create(namespace, {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name },
    spec: { ...SMALLEST, ...spec },
  });
  await bench.gpuPods.replaceStatus({ ...created, status: { observedGeneration: 1, podId: 'pod-id' } });
  return name;
}

async function patch(name: string, ...args: readonly string[]): Promise<{ code: number; text: string }> {
  const { code, stderr } = await bench.controlPlane.kubectl([
    '-n',
    namespace,
    'patch',
    'gpupod',
    name,
    '--type=merge',
    ...args,
  ]);
  return { code, text: stderr.replaceAll(/\s+/g, ' ') };
}

describe('the spec of a GpuPod with an instance', () => {
  it.each(CHANGES)('does not allow a change of $field: $change', async ({ field, from, to }) => {
    const name = await createRented(from === undefined ? {} : { [field]: from });
    const change = `--patch=${JSON.stringify({ spec: { [field]: to } })}`;

    const refused = await patch(name, change);
    expect(refused.text).toContain(`Invalid value: spec.${field} cannot change`);
    expect(refused.text).toContain('set spec.suspend to true, wait until status.podId is removed');

    await patch(name, '--subresource=status', '--patch={"status":{"podId":null}}');
    expect(await patch(name, change)).toEqual({ code: 0, text: '' });
  });

  it('names all fields that a change would break at once', async () => {
    const name = await createRented({});
    const spec = { image: 'cuda_12_4', maxPrice: 2, teamId: 'team-1' };
    const { text } = await patch(name, `--patch=${JSON.stringify({ spec })}`);
    expect(text).toContain('Invalid value: spec.image spec.teamId cannot change');
  });

  it.each([
    { what: 'maxPrice', spec: { maxPrice: 2.5 } },
    { what: 'maxLifetime', spec: { maxLifetime: '16h' } },
    { what: 'maxTotalCost', spec: { maxTotalCost: 50 } },
    { what: 'maxAttempts', spec: { maxAttempts: 5 } },
    { what: 'provisioningTimeout', spec: { provisioningTimeout: '1h' } },
    { what: 'offerTimeout', spec: { offerTimeout: '1h' } },
    { what: 'deletionPolicy', spec: { deletionPolicy: 'Retain' } },
    { what: 'suspend', spec: { suspend: true } },
  ])('allows a change of $what, which only concerns the future', async ({ spec }) => {
    const name = await createRented({});
    expect(await patch(name, `--patch=${JSON.stringify({ spec })}`)).toEqual({ code: 0, text: '' });
  });

  it.each([
    { what: 'status', args: ['--subresource=status', '--patch={"status":{"phase":"Ready"}}'] },
    { what: 'annotations', args: ['--patch={"metadata":{"annotations":{"a":"b"}}}'] },
    { what: 'labels', args: ['--patch={"metadata":{"labels":{"a":"b"}}}'] },
    { what: 'finalizers', args: ['--patch={"metadata":{"finalizers":["gpupod.dev/rental"]}}'] },
  ])(
    'does not block writes of the $what, because that would make the GpuPod undeletable',
    async ({ args }) => {
      const name = await createRented({});
      expect(await patch(name, ...args)).toEqual({ code: 0, text: '' });
      expect(await patch(name, '--patch={"metadata":{"finalizers":null}}')).toEqual({ code: 0, text: '' });
    },
  );
});
