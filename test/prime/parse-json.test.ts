import { describe, expect, it } from '@jest/globals';
import { parseJson } from '../../src/prime/parse-json.ts';

const TEXT_WITH_MARKS = `${'['.repeat(100)}\\"${'{,'.repeat(100)}`;

describe('parseJson: accepted texts', () => {
  it.each([
    { name: 'an object', text: '{"a":[1,{"b":null}]}' },
    { name: 'a text', text: '"a"' },
    { name: 'JSON characters within a string, after an escaped quote', text: `{"a":"${TEXT_WITH_MARKS}"}` },
    { name: 'a string that ends in a backslash', text: '{"a":"\\\\","b":[[1]]}' },
    { name: 'as many values as the largest page has', text: `[${'{"a":1},'.repeat(50_000)}1]` },
    { name: '32 levels', text: `${'['.repeat(32)}${']'.repeat(32)}` },
  ])('$name', ({ text }) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});

describe('parseJson: rejected texts', () => {
  it.each([
    { name: 'no JSON', text: '{' },
    { name: 'a string without an end', text: '"abc\\' },
    { name: 'nothing', text: '' },
    { name: 'more values than any answer has', text: `[${'1,'.repeat(120_001)}1]` },
    { name: 'more objects than any answer has', text: `[${'{},'.repeat(70_000)}1]` },
    { name: '33 levels', text: `${'['.repeat(33)}${']'.repeat(33)}` },
    { name: 'enough levels to block the process', text: '['.repeat(2_000_000) },
  ])('$name', ({ text }) => {
    expect(parseJson(text)).toBeUndefined();
  });
});
