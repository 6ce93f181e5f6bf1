import { expect, it } from '@jest/globals';
import { SharedValues } from '../../../src/api/common/shared-values.ts';

function parsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const VALUE = {
  id: 'id-of-the-first-object',
  offer: { provider: 'hyperstack', sizes: [{ memory: 180 }, { memory: 90 }] },
  conditions: [{ type: 'Ready', message: 'the same in all of them' }],
  count: 3,
  isSet: true,
  nothing: null,
};

it.each([
  { name: 'an object', value: VALUE },
  { name: 'an empty object', value: {} },
  {
    name: 'texts that look like the JSON of an object',
    value: { text: '{"memory":180}', sizes: { memory: 180 } },
  },
  { name: 'an object like a text before it', value: { sizes: { memory: 180 }, text: '{"memory":180}' } },
  { name: 'a text', value: 'a text of some length' },
  { name: 'a list', value: [1, 'a text of some length'] },
])('returns $name with the same content, however often', ({ value }) => {
  const values = new SharedValues();
  expect(values.share(value)).toEqual(value);
  expect(values.share(parsed(value))).toEqual(value);
});

it('keeps equal parts of different objects once', () => {
  const values = new SharedValues();
  const one = values.share(VALUE);
  const other = values.share({
    ...VALUE,
    ...(parsed({ offer: VALUE.offer, conditions: VALUE.conditions }) as object),
    id: 'other',
  });
  expect(other.offer).toBe(one.offer);
  expect(other.conditions[0]).toBe(one.conditions[0]);
  expect(other).not.toBe(one);
});

it('keeps what parts have in common once, if the parts differ', () => {
  const values = new SharedValues();
  const of = (id: string) => values.share({ attempts: [{ id, offer: { provider: 'hyperstack' } }] });
  expect(of('1').attempts[0]?.offer).toBe(of('2').attempts[0]?.offer);
});

it('changes nothing in the value that it gets', () => {
  const values = new SharedValues();
  const value = Object.freeze({ offer: Object.freeze({ provider: 'hyperstack' }) });
  expect(values.share(value)).not.toBe(value);
});

it('remembers what recurs, and forgets what does not', () => {
  const values = new SharedValues();
  const share = (id: number) => values.share({ often: { is: 'in all of them' }, once: { id } });
  const first = share(0);
  for (let id = 1; id <= 3_000; id += 1) share(id);
  const last = share(0);
  expect(last.often).toBe(first.often);
  expect(last.once).not.toBe(first.once);
});
