import * as z from 'zod';
import type { ApiRequest, InvalidParam } from './answer.ts';

type Issue = z.core.$ZodIssue;

function describe(issue: Issue): string {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') {
    return 'field required';
  }
  if (issue.code === 'invalid_value') {
    return `Input should be ${issue.values.map((value) => `'${String(value)}'`).join(', ')}`;
  }
  return issue.message;
}

function toErrors(issue: Issue, root: string): InvalidParam[] {
  const at = [root, ...issue.path.map(String)].join('.');
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ param: `${at}.${key}`, details: 'Extra inputs are not permitted' }))
    : [{ param: at, details: describe(issue) }];
}

type Checked<T> = { ok: true; value: T; raw: unknown } | { ok: false; errors: InvalidParam[] };

function check<T>(schema: z.ZodType<T>, raw: unknown, root: string): Checked<T> {
  const result = schema.safeParse(raw, { reportInput: true });
  return result.success
    ? { ok: true, value: result.data, raw }
    : { ok: false, errors: result.error.issues.flatMap((issue) => toErrors(issue, root)) };
}

/** Checks the body against a schema and reports problems in the API's own words. */
export function checkBody<T>(request: ApiRequest, schema: z.ZodType<T>): Checked<T> {
  try {
    return check(schema, JSON.parse(request.bodyText), 'body');
  } catch {
    return { ok: false, errors: [{ param: 'body', details: 'JSON decode error' }] };
  }
}

/** Checks the query against a schema. A repeated key becomes a list only if it is in `lists`. */
export function checkQuery<T>(
  request: ApiRequest,
  schema: z.ZodType<T>,
  lists: readonly string[] = [],
): Checked<T> {
  const raw: Record<string, unknown> = {};
  for (const key of request.query.keys()) {
    raw[key] = lists.includes(key) ? request.query.getAll(key) : request.query.get(key);
  }
  return check(schema, raw, 'query');
}

const wholeNumber = z.coerce.number<string>().int();

/** `offset` and `limit`. */
export const offsetQuery = z.object({
  offset: wholeNumber.min(0).default(0),
  limit: wholeNumber.min(1).max(1000).default(100),
});

/** `page` and `page_size`. */
export function pageQuery(largest: number): z.ZodObject<{
  page: z.ZodDefault<typeof wholeNumber>;
  page_size: z.ZodDefault<typeof wholeNumber>;
}> {
  return z.object({
    page: wholeNumber.min(1).default(1),
    page_size: wholeNumber.min(1).max(largest).default(largest),
  });
}

interface OffsetPage {
  total_count: number;
  offset: number;
  limit: number;
  data: unknown[];
  status: null;
}

/** The page format of instances, disks, keys, history and teams. */
export function offsetPage<T>(
  rows: readonly T[],
  { offset, limit }: { offset: number; limit: number },
  view: (row: T) => unknown,
): OffsetPage {
  const data = rows.slice(offset, offset + limit).map(view);
  return { total_count: rows.length, offset, limit, data, status: null };
}
