import { describe, expect, it } from '@jest/globals';
import { annotationsOf, markCrd } from '../../../src/api/common/crd-marks.ts';

const MESSAGE = { type: 'string', maxLength: 10, description: 'What happened.' };
const RULE = { rule: 'self.a == self.b', message: 'a is not b', fieldPath: '.a' };

function specWith(status: object = {}, version: object = {}): object {
  const schema = { type: 'object', properties: { message: MESSAGE, ...status } };
  return { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema }, ...version }] };
}

function hashOf(spec: object): unknown {
  return annotationsOf(markCrd({ apiVersion: 'v1', kind: 'CRD', metadata: { name: 'n' }, spec }, '1.0.0'))[
    'gpupod.dev/crd-hash'
  ];
}

describe('the hash of a CRD', () => {
  const rule = (change: object): object =>
    specWith({ a: { 'x-kubernetes-validations': [{ ...RULE, ...change }] } });

  it.each([
    {
      name: 'a description',
      one: specWith(),
      other: specWith({ message: { ...MESSAGE, description: 'Why.' } }),
    },
    { name: 'the message of a rule', one: rule({}), other: rule({ message: 'b is not a' }) },
    {
      name: 'a column',
      one: specWith(),
      other: specWith({}, { additionalPrinterColumns: [{ name: 'Age' }] }),
    },
  ])('stays the same with another text: $name', ({ one, other }) => {
    expect(hashOf(other)).toBe(hashOf(one));
  });

  it.each([
    { name: 'a rule', one: rule({}), other: rule({ rule: 'true' }) },
    { name: 'a bound', one: specWith(), other: specWith({ message: { ...MESSAGE, maxLength: 20 } }) },
    { name: 'a field', one: specWith(), other: specWith({ more: MESSAGE }) },
    {
      name: 'a field that is called like a text',
      one: specWith(),
      other: specWith({ description: MESSAGE }),
    },
  ])('differs with $name', ({ one, other }) => {
    expect(hashOf(other)).not.toBe(hashOf(one));
  });
});
