import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  frontOf,
  objectHash,
  parsePodName,
  podName,
  podNameFront,
  sameName,
} from '../../src/lifecycle/pod-name.ts';

const ID = 'abc123';
const identity = { namespace: 'team-a', name: 'train-1', uid: '7d9f' };
const hash = objectHash(identity);

describe('podName', () => {
  it('is the front, the attempt, and what a person recognises', () => {
    expect(podName(ID, identity, 7)).toBe(`gp-abc123-${hash}-7-team-a-train-1`);
  });

  it('has one dash for what no upstream takes, so that more of the name is kept', () => {
    expect(podName(ID, { ...identity, name: 'a..b_c' }, 7)).toBe(`gp-abc123-${hash}-7-team-a-a-b-c`);
  });

  it.each([
    { name: 'a long name', changes: { name: 'n'.repeat(253) }, why: 'the end is cut, never the front' },
    {
      name: 'a long namespace',
      changes: { namespace: 'n'.repeat(63) },
      why: 'namespaces take 63 characters alone',
    },
    { name: 'dots', changes: { name: 'a.b.c' }, why: 'object names may have dots, upstreams may not' },
    { name: 'a cut at a dash', changes: { namespace: 'x'.repeat(38), name: 'y' }, why: 'no dash at the end' },
    { name: 'no letters at all', changes: { name: '...' }, why: 'nothing of the name is left' },
  ])('of $name fits every upstream: $why', ({ changes }) => {
    const made = podName(ID, { ...identity, ...changes }, 1);
    expect(made).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]$/);
    expect(parsePodName(made)).toMatchObject({ installation: ID, attempt: 1 });
  });

  it('can be parsed back, whatever the object is called', () => {
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
    { other: { namespace: 'team-b', uid: '7d9f' }, why: 'a uid may be restored into another namespace' },
    { other: { namespace: 'team-a', uid: '7d9e' }, why: 'a namesake is another object' },
  ])('differs: $why', ({ other }) => {
    expect(objectHash(other)).not.toBe(hash);
  });
});

describe('parsePodName', () => {
  it.each([
    { text: `gp-abc123-${hash}-12-team-a-train-1`, attempt: 12, why: 'a whole name' },
    { text: `gp-abc123-${hash}-12`, attempt: 12, why: 'an upstream that cuts the end' },
    { text: `GP-ABC123-${hash.toUpperCase()}-12-TEAM`, attempt: 12, why: 'an upstream that changes case' },
  ])('reads $text: $why', ({ text, attempt }) => {
    expect(parsePodName(text)).toEqual({ installation: ID, objectHash: hash, attempt });
  });

  it.each([
    { text: '', why: 'no name' },
    { text: undefined, why: 'a status poll has none' },
    { text: 'My first pod', why: 'what a person rented by hand' },
    { text: `gp-abc12-${hash}-1`, why: 'five characters are no installation' },
    { text: 'gp-abc123-0123456789', why: 'no attempt' },
    { text: `gp-abc123-${hash}-1x`, why: 'an attempt is a number' },
    { text: `gp-abc123-${hash}-1234567`, why: 'no attempt has seven digits' },
    { text: `x-gp-abc123-${hash}-1`, why: 'the front is at the front' },
    { text: `gp-abc123-${hash.slice(1)}-1`, why: 'a hash has ten characters' },
  ])('is not ours: $why', ({ text }) => {
    expect(parsePodName(text)).toBeUndefined();
  });

  it('gives parts whose front is that of the object', () => {
    const parts = parsePodName(podName(ID, identity, 3));
    expect(parts === undefined ? undefined : frontOf(parts)).toBe(podNameFront(ID, identity));
  });
});

describe('sameName', () => {
  it.each([
    { a: 'gp-A', b: 'GP-a', same: true, why: 'upstreams change case' },
    { a: 'gp-a', b: 'gp-a-1', same: false, why: 'one is not the other because it begins like it' },
    { a: undefined, b: undefined, same: false, why: 'two unknown names are not one name' },
    { a: 'gp-a', b: undefined, same: false, why: 'a status poll has no name' },
  ])('of $a and $b is $same: $why', ({ a, b, same }) => {
    expect(sameName(a, b)).toBe(same);
  });
});
