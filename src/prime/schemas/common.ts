import { z } from 'zod';

const NUMERIC_TEXT = /^-?\d{1,18}(\.\d{1,18})?$/;
/** Ids and names longer than this are none. */
const MAX_WORD_LENGTH = 256;

/** A number, or a text that is one; null and absent become undefined. Anything else does not fit. */
export const NumberLike = z
  .union([z.number(), z.string().regex(NUMERIC_TEXT).transform(Number)])
  .nullish()
  .transform((value) => value ?? undefined);

/** A number of things: whole and not negative; null and absent become undefined. */
export const CountLike = NumberLike.pipe(z.number().int().nonnegative().optional());

/** A text that names something. */
export const Word = z.string().min(1).max(MAX_WORD_LENGTH);

/** A word, or undefined for null, absent and empty. */
export const OptionalWord = z
  .string()
  .max(MAX_WORD_LENGTH)
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

/** One page of pods or history. Its rows are checked one by one. */
export const OffsetPage = z.object({
  data: z.array(z.unknown()),
  total_count: z.number().int().nonnegative(),
});
export type OffsetPage = z.infer<typeof OffsetPage>;
