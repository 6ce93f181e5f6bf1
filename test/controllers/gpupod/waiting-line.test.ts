import { beforeEach, expect, it } from '@jest/globals';
import { WaitingLine } from '../../../src/controllers/gpupod/waiting-line.ts';

let line: WaitingLine;

beforeEach(() => {
  line = new WaitingLine();
});

function first(...mayGoOn: readonly string[]): readonly string[] | undefined {
  return line.first((account) => mayGoOn.includes(account));
}

it('has no first key while nobody waits', () => {
  expect(first('a')).toBeUndefined();
});

it('has as its first key the one that has waited longest, of those whose account may go on', () => {
  line.add('1', 'a');
  line.add('2', 'b');
  line.add('3', 'a');

  expect(first('a', 'b')).toEqual(['1', 'a']);
  expect(first('b')).toEqual(['2', 'b']);
  expect(first()).toBeUndefined();
});

it('keeps the place of a key that is added again, for another account too', () => {
  line.add('1', 'a');
  line.add('2', 'b');
  line.add('3', 'b');
  line.add('1', 'a');
  line.add('3', 'a');
  line.add('1', 'b');

  expect(first('a')).toEqual(['3', 'a']);
  expect(first('b')).toEqual(['1', 'b']);
});

it('gives a key that was deleted a new place', () => {
  line.add('1', 'a');
  line.add('2', 'a');
  line.delete('1');
  line.delete('never added');
  line.add('1', 'a');

  expect(first('a')).toEqual(['2', 'a']);
});

it('asks once for each account, however many keys of it wait', () => {
  for (let key = 0; key < 100; key += 1) line.add(String(key), 'blocked');
  line.add('last', 'a');
  const asked: string[] = [];

  line.first((account) => {
    asked.push(account);
    return account === 'a';
  });

  expect(asked).toEqual(['blocked', 'a']);
});
