import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  namePrefixOf,
  isSameAttempt,
  isUnforgeable,
  mayBeOfNamespace,
  objectHash,
  objectHashes,
  parsePodName,
  podName,
  podNamePrefix,
  podNamePrefixes,
  sameName,
} from '../../src/lifecycle/pod-name.ts';

const ID = 'abc123';
const identity = { namespace: 'team-a', name: 'train-1', uid: '7d9f' };
const hash = objectHash(identity);
/** As earlier versions wrote it. */
const earlierHash = createHash('sha256').update('team-a/7d9f').digest('hex').slice(0, 10);

describe('mayBeOfNamespace', () => {
  const made = podName(ID, identity, 7);

  it.each<{ name: string; text: string | undefined; namespace: string; isPossible: boolean; why: string }>([
    { name: 'its own', text: made, namespace: 'team-a', isPossible: true, why: 'the name says so' },
    { name: 'another', text: made, namespace: 'team-b', isPossible: false, why: 'the name says another' },
    {
      name: 'a shorter one',
      text: made,
      namespace: 'team',
      isPossible: true,
      why: 'a-train-1 is a name too',
    },
    {
      name: 'a longer one',
      text: made,
      namespace: 'team-a-train-1-x',
      isPossible: true,
      why: 'it may be cut',
    },
    { name: 'half of a word', text: made, namespace: 'tea', isPossible: false, why: 'a dash ends it' },
    {
      name: 'another in capitals',
      text: `X-${made.toUpperCase().replaceAll('-', '_')}`,
      namespace: 'team-b',
      isPossible: false,
      why: 'upstream providers change case and separators, and put text before it',
    },
    {
      name: 'its own in capitals',
      text: `X-${made.toUpperCase().replaceAll('-', '_')}`,
      namespace: 'team-a',
      isPossible: true,
      why: 'upstream providers change case and separators, and put text before it',
    },
    {
      name: 'any, for a cut name',
      text: made.slice(0, 39),
      namespace: 'b',
      isPossible: true,
      why: 'unknown',
    },
    { name: 'any, without a name', text: undefined, namespace: 'b', isPossible: true, why: 'unknown' },
    { name: 'any, for a foreign name', text: 'mine', namespace: 'b', isPossible: true, why: 'unknown' },
  ])('$name: $isPossible, because $why', ({ text, namespace, isPossible }) => {
    expect(mayBeOfNamespace(text, namespace)).toBe(isPossible);
  });

  it('is possible for the namespace of every GpuPod', () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, fc.nat({ max: 63 }), (namespace, name, cutAt) => {
        const text = podName(ID, { namespace, name, uid: '7d9f' }, 7).slice(0, cutAt);
        expect(mayBeOfNamespace(text, namespace)).toBe(true);
      }),
    );
  });
});

describe('podName', () => {
  it('is the name prefix, the attempt, and what a person recognizes', () => {
    expect(podName(ID, identity, 7)).toBe(`gp-abc123-${hash}-7-team-a-train-1`);
  });

  it('keeps name prefix and attempt within 50 characters, which upstream providers keep', () => {
    const shortened = podName(ID, identity, 999_999).slice(0, 50);
    expect(parsePodName(shortened)).toEqual({ installation: ID, objectHash: hash, attempt: 999_999 });
  });

  it('has one dash for each run of unsupported characters, so that more of the name is kept', () => {
    expect(podName(ID, { ...identity, name: 'a..b_c' }, 7)).toBe(`gp-abc123-${hash}-7-team-a-a-b-c`);
  });

  it.each([
    { name: 'a long name', changes: { name: 'n'.repeat(253) }, why: 'the end is cut, never the name prefix' },
    {
      name: 'a long namespace',
      changes: { namespace: 'n'.repeat(63) },
      why: 'a namespace alone may have 63 characters',
    },
    {
      name: 'dots',
      changes: { name: 'a.b.c' },
      why: 'names of objects may have dots, upstream providers may not accept them',
    },
    { name: 'a cut at a dash', changes: { namespace: 'x'.repeat(38), name: 'y' }, why: 'no dash at the end' },
    { name: 'no letters at all', changes: { name: '...' }, why: 'nothing of the name remains' },
  ])('of $name suits every upstream provider: $why', ({ changes }) => {
    const made = podName(ID, { ...identity, ...changes }, 1);
    expect(made).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]$/);
    expect(parsePodName(made)).toMatchObject({ installation: ID, attempt: 1 });
  });

  it('can be parsed back, whatever the name of the GpuPod', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 });
    const attempts = fc.integer({ min: 1, max: 999_999 });
    fc.assert(
      fc.property(text, text, text, attempts, (namespace, name, uid, attempt) => {
        const made = podName(ID, { namespace, name, uid }, attempt);
        expect(made.length).toBeLessThanOrEqual(63);
        expect(parsePodName(made)).toEqual({
          installation: ID,
          objectHash: objectHash({ namespace, uid }),
          attempt,
        });
      }),
    );
  });
});

describe('objectHash', () => {
  it.each([
    { other: { namespace: 'team-b', uid: '7d9f' }, why: 'a UID may be restored into another namespace' },
    { other: { namespace: 'team-a', uid: '7d9e' }, why: 'the same name is another object' },
  ])('differs, because $why', ({ other }) => {
    expect(objectHash(other)).not.toBe(hash);
  });
});

describe('the hash in a name', () => {
  it('has at least 128 bits, so that nobody finds another UID for it', () => {
    expect(hash).toMatch(/^[0-9a-v]{26}$/);
    expect(26 * Math.log2(32)).toBeGreaterThanOrEqual(128);
  });

  it('differs in every character between many objects: no bits are constant', () => {
    const hashes = Array.from({ length: 400 }, (_, index) => objectHash({ ...identity, uid: String(index) }));
    const kinds = Array.from({ length: 26 }, (_, at) => new Set(hashes.map((text) => text[at])).size);
    expect(Math.min(...kinds)).toBe(32);
  });

  it('is found in the form of earlier versions', () => {
    expect(objectHashes(identity)).toEqual([hash, earlierHash]);
    expect(podNamePrefixes(ID, identity)).toEqual([`gp-abc123-${hash}`, `gp-abc123-${earlierHash}`]);
  });

  it.each([
    { text: `gp-abc123-${hash}-1`, unforgeable: true },
    { text: `gp-abc123-${earlierHash}-1`, unforgeable: false },
  ])('of $text is unforgeable: $unforgeable', ({ text, unforgeable }) => {
    const parts = parsePodName(text);
    expect(parts === undefined ? undefined : isUnforgeable(parts)).toBe(unforgeable);
  });
});

describe('parsePodName', () => {
  const other = objectHash({ ...identity, uid: 'other' });

  it.each([
    { text: `gp-abc123-${hash}-12-team-a-train-1`, attempt: 12, why: 'a whole name' },
    { text: `gp-abc123-${hash}-12`, attempt: 12, why: 'an upstream provider that cuts the end' },
    {
      text: `GP-ABC123-${hash.toUpperCase()}-12-TEAM`,
      attempt: 12,
      why: 'an upstream provider that changes case',
    },
    {
      text: `user-x-gp-abc123-${hash}-12-team-a`,
      attempt: 12,
      why: 'an upstream provider that puts its customer first',
    },
    { text: `User_7:gp-abc123-${hash}-12`, attempt: 12, why: 'any separator' },
    { text: `gp_abc123_${hash}_12_team_a`, attempt: 12, why: 'an upstream provider that accepts no dashes' },
    {
      text: `gp-abc123-${hash}-12-ns-gp-abc123-${other}-3-x`,
      attempt: 12,
      why: 'a tenant who names a GpuPod like the instance of another',
    },
  ])('reads $text: $why', ({ text, attempt }) => {
    expect(parsePodName(text)).toEqual({ installation: ID, objectHash: hash, attempt });
  });

  it.each([
    { text: '', why: 'no name' },
    { text: undefined, why: 'a status poll has none' },
    { text: 'My first GPU', why: 'an instance that a person rented' },
    { text: `gp-abc12-${hash}-1`, why: 'an installation has six characters, not five' },
    { text: 'gp-abc123-0123456789', why: 'no attempt' },
    { text: `gp-abc123-${hash}-1x`, why: 'an attempt is a number' },
    { text: `gp-abc123-${hash}-1234567`, why: 'no attempt has seven digits' },
    { text: `xgp-abc123-${hash}-1`, why: 'it begins within another word' },
    { text: `gp-xabc123-${hash}-1`, why: 'an installation has six characters' },
    { text: `gp-abc123-${hash.slice(1)}-1`, why: 'a shorter hash' },
    { text: `gp-abc123-${hash}a-1`, why: 'a longer hash' },
    { text: `gp-abc123-${hash.slice(0, 9)}-1`, why: 'shorter than that of earlier versions' },
    { text: `gp-abc123-${hash.slice(0, 10)}`, why: 'cut within the hash, to the length of earlier versions' },
    { text: `gp-abc123-${hash}`, why: 'cut before the attempt' },
  ])('finds no name of ours: $why', ({ text }) => {
    expect(parsePodName(text)).toBeUndefined();
  });

  it('gives parts whose name prefix is that of the GpuPod', () => {
    const parts = parsePodName(podName(ID, identity, 3));
    expect(parts === undefined ? undefined : namePrefixOf(parts)).toBe(podNamePrefix(ID, identity));
  });
});

describe('isSameAttempt', () => {
  const name = podName(ID, identity, 2);
  it.each([
    { a: name, b: name.toUpperCase(), same: true, why: 'case' },
    { a: name, b: `user-x-${name}`, same: true, why: 'text before it' },
    { a: name, b: name.slice(0, 50), same: true, why: 'a cut end' },
    {
      a: name,
      b: podName(ID, identity, 20),
      same: false,
      why: 'another attempt that begins with the same digit',
    },
    { a: name, b: podName(ID, { ...identity, uid: 'x' }, 2), same: false, why: 'another object' },
    { a: name, b: podName('zzz999', identity, 2), same: false, why: 'another installation' },
    { a: 'mine', b: 'MINE', same: true, why: 'a name that no operator gave' },
    { a: name, b: 'mine', same: false, why: 'a name that was changed completely' },
    { a: name, b: undefined, same: false, why: 'no name' },
    { a: undefined, b: undefined, same: false, why: 'two unknown names' },
  ])('is $same: $why', ({ a, b, same }) => {
    expect(isSameAttempt(a, b)).toBe(same);
    expect(isSameAttempt(b, a)).toBe(same);
  });
});

describe('sameName', () => {
  it.each([
    { a: 'gp-A', b: 'GP-a', same: true, why: 'upstream providers change case' },
    { a: 'gp-a', b: 'gp-a-1', same: false, why: 'one is only the beginning of the other' },
    { a: undefined, b: undefined, same: false, why: 'two unknown names do not match' },
    { a: 'gp-a', b: undefined, same: false, why: 'a status poll has no name' },
  ])('is $same for $a and $b: $why', ({ a, b, same }) => {
    expect(sameName(a, b)).toBe(same);
  });
});
