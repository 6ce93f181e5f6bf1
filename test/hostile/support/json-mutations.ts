import { HOSTILE_TEXTS } from './hostile-values.ts';

/** A change of a text, as numbers that a generator draws and shrinks. They are used modulo the number of choices. */
export interface Mutation {
  readonly kind: number;
  readonly at: number;
  readonly value: number;
}

type Change = (text: string, mutation: Mutation, values: readonly string[]) => string;

const VALUES = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|true|false|null|\[\]|\{\}/g;
const KEYS = /"(?:[^"\\]|\\.)*"(?=\s*:)/g;
const KEY_NAMES = ['"__proto__"', '"constructor"', '"prototype"', '""', '"id"', '"data"', '"detail"'];

/** Possible changes of the text of a JSON value. Some results are invalid JSON. */
const CHANGES: readonly Change[] = [
  (text, { at, value }, values) => replaceMatch(text, VALUES, at, pick(values, value)),
  (text, { at, value }, values) => replaceMatch(text, VALUES, at, pick(values, value)),
  (text, { at, value }) => replaceMatch(text, VALUES, at, otherValue(text, value)),
  (text, { at, value }) => replaceMatch(text, KEYS, at, pick(KEY_NAMES, value)),
  // A duplicate key, of which the last one counts.
  (text, { at, value }, values) =>
    replaceMatch(text, KEYS, at, `${pick(KEY_NAMES, value)}:${pick(values, value)},$&`),
  (text, { at, value }) =>
    text.slice(0, at % text.length) +
    pick(HOSTILE_TEXTS, value) +
    text.slice((at % text.length) + (value % 9)),
  (text, { at }) => text.slice(0, at % text.length),
  (text, { value }, values) => `${text}${pick(values, value)}`,
  (text, { value }, values) => `{"data":${text},"errors":${pick(values, value)}}`,
  (_text, { value }, values) => pick(values, value),
  (_text, { value }) => pick(HOSTILE_TEXTS, value),
];

/** The text after all changes, in their order. `values` are JSON texts to insert. */
export function mutated(text: string, mutations: readonly Mutation[], values: readonly string[]): string {
  return mutations.reduce(
    (result, mutation) => pick(CHANGES, mutation.kind)(result === '' ? ' ' : result, mutation, values),
    text,
  );
}

function otherValue(text: string, index: number): string {
  const values = text.match(VALUES) ?? ['null'];
  return pick(values, index);
}

function replaceMatch(text: string, pattern: RegExp, index: number, replacement: string): string {
  const matches = [...text.matchAll(pattern)];
  const match = matches[index % matches.length];
  if (match === undefined) return text;
  const put = replacement.replace('$&', () => match[0]);
  return text.slice(0, match.index) + put + text.slice(match.index + match[0].length);
}

export function pick<T>(list: readonly T[], index: number): T {
  if (list.length === 0) throw new Error('there is nothing to pick from');
  // The index is in range, so the value is a T, even if that is undefined.
  return list[index % list.length] as T;
}
