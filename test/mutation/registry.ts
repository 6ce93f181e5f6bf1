/** One test, with its surrounding hooks and names. */
export interface RegisteredTest {
  readonly id: string;
  readonly run: () => unknown;
}

type Body = (...values: never[]) => unknown;
type Register = (name: string, body: Body) => void;
type Table = readonly unknown[];

const tests: RegisteredTest[] = [];
const path: string[] = [];

export function registeredTests(): readonly RegisteredTest[] {
  return tests;
}

export function forgetTests(): void {
  tests.length = 0;
}

/** Replaces `@jest/globals` for the tests of the pure parts, which use only this part of it, and `expect`. */
export const describe = withEach((name, body) => {
  path.push(name);
  body();
  path.pop();
});

export const it = withEach((name, body) => {
  tests.push({ id: `${String(tests.length)} ${[...path, name].join(' › ')}`, run: body });
});

export { expect } from 'expect';

function withEach(register: Register): Register & {
  readonly each: (table: Table) => Register;
} {
  const each =
    (table: Table): Register =>
    (name, body) => {
      for (const row of table) {
        const values = Array.isArray(row) ? row : [row];
        register(`${name} ${label(row)}`, () => Reflect.apply(body, undefined, values));
      }
    };
  return Object.assign(register, { each });
}

function label(row: unknown): string {
  const name: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, 'name') : row;
  return typeof name === 'string' ? name : '';
}
