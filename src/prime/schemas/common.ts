import { z } from 'zod';

const NUMERIC_TEXT = /^-?\d{1,18}(\.\d{1,18})?$/;
/** Ids and names longer than this are none. */
const MAX_WORD_LENGTH = 256;
/** The most rows of one answer: five times the largest page that is asked for. */
const MAX_ROWS = 2500;
/** Control, bidi and other invisible characters: a terminal obeys them, and a person cannot see them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** A number, or a text that is one; null and absent become undefined. Anything else does not fit. */
export const NumberLike = z
  .union([z.number(), z.string().regex(NUMERIC_TEXT).transform(Number)])
  .nullish()
  .transform((value) => value ?? undefined);

/** A number of things: whole and not negative; null and absent become undefined. */
export const CountLike = NumberLike.pipe(z.number().int().nonnegative().optional());

/** A text that names something, fit to be shown. */
export const Word = z.string().refine(isWord);

/**
 * A name that somebody chose. One that is not fit to be shown is still a name, with marks in it, and one that is too long is
 * cut: whose instance it is stands at its start.
 */
export const AnyName = z
  .string()
  .min(1)
  .transform((name) => name.slice(0, MAX_WORD_LENGTH).replaceAll(new RegExp(UNPRINTABLE, 'gu'), '?'));

/** The id of an instance; a server that writes it as a number means the same. */
export const Id = z.union([z.string(), z.int().transform(String)]).pipe(z.string().refine(isWord));

/** A word, or undefined for null, absent and empty. */
export const OptionalWord = z
  .string()
  .refine(isShown)
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

/** Rows of an answer, to be checked one by one. */
export const Rows = z.array(z.unknown()).max(MAX_ROWS);

/** One page of pods or history. A total that is none says nothing: where the list ends the pages tell. */
export const OffsetPage = z.object({
  data: Rows,
  total_count: CountLike.catch(undefined),
  /** At how many rows the server says that it cuts. */
  limit: CountLike.catch(undefined),
});
export type OffsetPage = z.infer<typeof OffsetPage>;

export function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isShown(value);
}

/** Not too long, and nothing in it that cannot be shown. */
function isShown(text: string): boolean {
  return text.length <= MAX_WORD_LENGTH && !UNPRINTABLE.test(text);
}
