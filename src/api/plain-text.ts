/** Control, bidi and other invisible characters, halves of characters, and line ends: a terminal obeys them, a person cannot see them. */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]`;
const ANY = new RegExp(UNPRINTABLE, 'u');
const RUNS = new RegExp(`${UNPRINTABLE}+`, 'gu');

/** True if nothing in the text is hidden from a person who reads it. */
export function isPlainText(text: string): boolean {
  return !ANY.test(text);
}

/** The text with a space for what a person could not see. */
export function plainText(text: string): string {
  return isPlainText(text) ? text : text.replaceAll(RUNS, ' ');
}
