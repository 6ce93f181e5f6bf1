import * as z from 'zod';

const NUMERIC_TEXT = /^-?\d{1,18}(\.\d{1,18})?$/;
/** Longer texts are neither IDs nor names. */
const MAX_WORD_LENGTH = 256;
/** The limit for the rows of one answer: five times the largest page that the operator requests. */
const MAX_ROWS = 2500;
/** Control, bidi and other invisible characters: a terminal interprets them, and a person cannot see them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** A number, or a string that holds one. Null and absent become undefined. Anything else does not fit. */
export const NumberLike = z
  .union([z.number(), z.string().regex(NUMERIC_TEXT).transform(Number)])
  .nullish()
  .transform((value) => value ?? undefined);

/** A count: a whole number, not negative. Null and absent become undefined. */
export const CountLike = NumberLike.pipe(z.number().int().nonnegative().optional());

/** A boolean, or what other languages write for one. Null and absent become undefined. Anything else does not fit. */
export const BooleanLike = z
  .union([
    z.boolean(),
    z.stringbool({ truthy: ['true'], falsy: ['false'] }),
    z.literal([0, 1]).transform((digit) => digit === 1),
  ])
  .nullish()
  .transform((value) => value ?? undefined);

/** A text that is fit to be shown. */
export const Word = z.string().refine(isWord);

/**
 * A name that somebody chose. Unprintable characters are replaced and a long name is cut, because the start
 * of the name says whose instance it is.
 */
export const AnyName = z
  .string()
  .min(1)
  .transform((name) => name.slice(0, MAX_WORD_LENGTH).replaceAll(new RegExp(UNPRINTABLE, 'gu'), '?'));

/** The ID of an instance. A server that writes it as a number means the same. */
export const Id = z.union([z.string(), z.int().transform(String)]).pipe(z.string().refine(isWord));

/** A word, or undefined for null, absent and empty. */
export const OptionalWord = z
  .string()
  .refine(isShown)
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

/** Rows of an answer, which are checked one by one. */
export const Rows = z.array(z.unknown()).max(MAX_ROWS);

/**
 * One page of instances or history. An unreadable total counts as absent: the pages themselves then show
 * where the list ends.
 */
export const OffsetPage = z.object({
  data: Rows,
  total_count: CountLike.catch(undefined),
  /** The server's own page limit. */
  limit: CountLike.catch(undefined),
});
export type OffsetPage = z.infer<typeof OffsetPage>;

export function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isShown(value);
}

/** True if the text is short and printable. */
function isShown(text: string): boolean {
  return text.length <= MAX_WORD_LENGTH && !UNPRINTABLE.test(text);
}

/** Drops the keys whose value is undefined, because exactOptionalPropertyTypes forbids them. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // Object.fromEntries loses the type of each key. The entries are those of T.
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
