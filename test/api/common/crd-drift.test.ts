import { describe, expect, it } from '@jest/globals';
import { crdDrift } from '../../../src/api/common/crd-drift.ts';
import { markedAccountCrd } from '../../../src/api/gpuaccount/crd.ts';
import { markedGpuPodCrd } from '../../../src/api/gpupod/crd.ts';
import { recordAt } from '../../../src/json.ts';

const VERSION = '1.9.0';
const OWN = markedGpuPodCrd(VERSION);

interface Marks {
  readonly hash?: string | undefined;
  readonly version?: string | undefined;
}

/** The CRD of this version as a cluster serves it, after some change. */
function served(change: (schema: Record<string, unknown>) => void, marks: Marks = {}): unknown {
  const crd = structuredClone(OWN);
  const annotations: Record<string, unknown> = { ...recordAt(recordAt(crd, 'metadata'), 'annotations') };
  if ('hash' in marks) annotations['gpupod.dev/crd-hash'] = marks.hash;
  if ('version' in marks) annotations['gpupod.dev/crd-version'] = marks.version;
  Object.assign(recordAt(crd, 'metadata'), { annotations });
  change(propertiesOf(crd));
  return crd;
}

function propertiesOf(crd: unknown): Record<string, unknown> {
  const { versions } = recordAt(crd, 'spec');
  const [version] = versions as readonly unknown[];
  return recordAt(recordAt(recordAt(version, 'schema'), 'openAPIV3Schema'), 'properties');
}

function without(...path: readonly string[]): (properties: Record<string, unknown>) => void {
  return (properties) => {
    const parent = path
      .slice(0, -1)
      .reduce<Record<string, unknown>>((at, key) => recordAt(at, key), properties);
    if (!Reflect.has(parent, path.at(-1) ?? '')) throw new Error(`no ${path.join('.')}`);
    Reflect.deleteProperty(parent, path.at(-1) ?? '');
  };
}

function nothing(): void {
  // As it is.
}

const OTHER_RULES =
  'The installed CRD gpupods.gpupod.dev checks objects by other rules than the CRD of version 1.9.0.';

describe('the CRD of a cluster', () => {
  it.each([
    { name: 'is that of this version', crd: served(nothing), says: undefined },
    {
      name: 'lacks a field of the status, whatever its marks say',
      crd: served(without('status', 'properties', 'failedAttempts'), { version: '2.0.0' }),
      says: 'The installed CRD gpupods.gpupod.dev lacks status.failedAttempts.',
    },
    {
      name: 'lacks a field within a list',
      crd: served(without('status', 'properties', 'attempts', 'items', 'properties', 'teamId')),
      says: 'The installed CRD gpupods.gpupod.dev lacks status.attempts[].teamId.',
    },
    {
      name: 'lacks a field of the spec',
      crd: served(without('spec', 'properties', 'maxPrice')),
      says: 'The installed CRD gpupods.gpupod.dev lacks spec.maxPrice.',
    },
    {
      name: 'keeps unknown fields',
      crd: served(({ status }) => {
        Object.assign(recordAt({ status }, 'status'), {
          properties: {},
          'x-kubernetes-preserve-unknown-fields': true,
        });
      }),
      says: undefined,
    },
    { name: 'has other rules', crd: served(nothing, { hash: 'other' }), says: OTHER_RULES },
    {
      name: 'comes from before the marks, or lost them to a tool that strips annotations',
      crd: served(nothing, { hash: undefined, version: undefined }),
      says: undefined,
    },
    { name: 'is older', crd: served(nothing, { hash: 'other', version: '1.8.9' }), says: OTHER_RULES },
    { name: 'is newer', crd: served(nothing, { hash: 'other', version: '1.10.0' }), says: undefined },
    {
      name: 'is of the next major version',
      crd: served(nothing, { hash: 'other', version: '2.0.0-rc.1' }),
      says: undefined,
    },
    {
      name: 'has a version that is none',
      crd: served(nothing, { hash: 'other', version: 'new' }),
      says: OTHER_RULES,
    },
  ])('$name: $says', ({ crd, says }) => {
    expect(crdDrift(OWN, crd)).toBe(says);
  });

  it('that has nothing names the first few fields, in a sentence that fits', () => {
    const says = crdDrift(OWN, { spec: { versions: [] } }) ?? '';
    expect(says).toMatch(/^The installed CRD gpupods\.gpupod\.dev lacks spec, status\.$/);
    const many = crdDrift(
      OWN,
      served(({ status }) => Object.assign(recordAt({ status }, 'status'), { properties: {} })),
    );
    expect(many).toMatch(/ and \d+ more\.$/);
    expect(many?.length).toBeLessThan(200);
  });
});

describe('the CRD of accounts', () => {
  it.each([
    {
      kind: 'ClusterGpuAccount' as const,
      lacks: ['spec', 'isDefault'],
      says: 'The installed CRD clustergpuaccounts.gpupod.dev lacks spec.isDefault.',
    },
    {
      kind: 'GpuAccount' as const,
      lacks: ['spec', 'limits', 'perNamespace', 'maxGpus'],
      says: 'The installed CRD gpuaccounts.gpupod.dev lacks spec.limits.perNamespace.maxGpus.',
    },
    {
      kind: 'GpuAccount' as const,
      lacks: ['status', 'userId'],
      says: 'The installed CRD gpuaccounts.gpupod.dev lacks status.userId.',
    },
  ])('says which limit does not hold: $says', ({ kind, lacks, says }) => {
    const own = markedAccountCrd(kind, VERSION);
    const other: unknown = structuredClone(own);
    without(...lacks.flatMap((name, at) => (at === 0 ? [name] : ['properties', name])))(propertiesOf(other));
    expect(crdDrift(own, other)).toBe(says);
    expect(crdDrift(own, own)).toBeUndefined();
  });
});
