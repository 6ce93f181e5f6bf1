/** Malicious texts and values for the generators of hostile objects and answers. */

/** Characters that change what a terminal shows, and invalid ones. */
export const HOSTILE_TEXTS: readonly string[] = [
  '\u0000',
  '\u001B[31mred\u001B[2J\u001B]0;title\u0007',
  '\u009B31mred',
  'a\r\nX-Injected: 1\r\n\r\nb',
  'user\u202Etxt.exe\u202C',
  '\u2066isolated\u2069\u200B\uFEFF',
  '\u2028\u2029\u0085',
  '\uD800',
  'a\uDFFFb',
  '👩‍💻'.repeat(30),
  'é'.repeat(257),
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  ' ',
  '../../etc/passwd',
  '%2e%2e%2f',
  '$(reboot)`reboot`;reboot',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '%s%n%d',
  '1e999',
  'NaN',
  '-1',
  '9'.repeat(40),
  'x'.repeat(10_000),
  '\u001B'.repeat(400),
];

/** JSON texts of values of every type, including the extremes of each. */
export const HOSTILE_JSON: readonly string[] = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '0',
  '-0',
  '-1',
  '0.5',
  '1e-320',
  '1e308',
  '-1e308',
  '1e999',
  '9007199254740993',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":-1}',
  '[{"toString":1,"valueOf":1}]',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  `[${'1,'.repeat(300)}1]`,
  ...HOSTILE_TEXTS.map((text) => JSON.stringify(text)),
];

/** Characters that must never reach a terminal unescaped: control, bidi and other invisible characters, and half characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** Characters as Go counts them, while JavaScript counts some as two. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Throws if something was added to the prototype of all objects. */
export function assertNothingPolluted(): void {
  const added = Object.keys(Object.prototype);
  if (added.length > 0 || 'polluted' in {}) {
    throw new Error(`Object.prototype was changed: ${added.join(', ')}`);
  }
}
