/**
 * Control, bidi and other invisible characters, lone surrogates, and line ends: a terminal obeys them, and a person
 * cannot see them.
 */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]`;
const ANY = new RegExp(UNPRINTABLE, 'u');
const RUNS = new RegExp(`${UNPRINTABLE}+`, 'gu');

/** Whether a person sees everything in the text. */
export function isPlainText(text: string): boolean {
  return !ANY.test(text);
}

/** Replaces invisible characters with spaces. */
export function plainText(text: string): string {
  return isPlainText(text) ? text : text.replaceAll(RUNS, ' ');
}
