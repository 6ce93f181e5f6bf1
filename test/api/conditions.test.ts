import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_LENGTH, REASONS, statusOfReason, truncateMessage } from '../../src/api/conditions.ts';
import type { TypedDraft } from '../../src/api/conditions.ts';

const DECIDERS = ['lifecycle', 'offers', 'prime', 'reconciler'].flatMap((folder) =>
  sourcesIn(`src/${folder}`),
);
const TABLE: Readonly<Record<string, Readonly<Record<string, { status: string; meaning: string }>>>> =
  REASONS;
const ALL_REASONS = Object.entries(TABLE).flatMap(([type, reasons]) =>
  Object.entries(reasons).map(([reason, entry]) => ({ type, reason, ...entry })),
);

describe('the list of reasons', () => {
  it.each(ALL_REASONS)('$type $reason is one CamelCase word', ({ reason }) => {
    expect(reason).toMatch(/^[A-Z][A-Za-z]{1,63}$/);
  });

  it.each(ALL_REASONS)('$type $reason has a sentence that says when it is given', ({ meaning }) => {
    expect(meaning).toMatch(/^[A-Z`].*\.$/);
  });

  it.each(ALL_REASONS)('$type $reason is given somewhere: what is documented must happen', ({ reason }) => {
    expect(DECIDERS.some((source) => source.includes(`'${reason}'`))).toBe(true);
  });

  it.each(ALL_REASONS.filter(({ type }) => type === 'Reconciling' || type === 'Stalled'))(
    '$type $reason is true: kstatus takes presence for truth',
    ({ status }) => {
      expect(status).toBe('True');
    },
  );
});

describe('statusOfReason', () => {
  it.each<{ draft: TypedDraft; status: string; why: string }>([
    {
      draft: { type: 'Ready', reason: 'Available', message: '' },
      status: 'True',
      why: 'the one way to be ready',
    },
    { draft: { type: 'Ready', reason: 'Stale', message: '' }, status: 'Unknown', why: 'nobody looked' },
    { draft: { type: 'Ready', reason: 'Pending', message: '' }, status: 'False', why: 'nothing is rented' },
    { draft: { type: 'Synced', reason: 'Paused', message: '' }, status: 'False', why: 'nothing is done' },
  ])('$claim.type $claim.reason is $status: $why', ({ draft, status }) => {
    expect(statusOfReason(draft)).toBe(status);
  });
});

describe('truncateMessage', () => {
  it.each([
    { name: 'a short one', message: 'It waits.', expected: 'It waits.', why: 'it stays as it is' },
    { name: 'line breaks', message: ' a\r\nb\u0007c ', expected: 'a b c', why: 'kubectl prints one line' },
    {
      name: 'what turns the text around',
      message: 'a\u202Eb\u2066c\u2028d\uD800e',
      expected: 'a b c d e',
      why: 'a person must see what is there',
    },
    { name: 'the limit', message: 'x'.repeat(300), expected: 'x'.repeat(300), why: '300 fit' },
    {
      name: 'one more',
      message: 'x'.repeat(301),
      expected: `${'x'.repeat(299)}…`,
      why: 'the schema refuses 301, the ellipsis included',
    },
  ])('of $name: $why', ({ message, expected }) => {
    expect(truncateMessage(message)).toBe(expected);
  });

  it('never cuts a surrogate pair in two: the API server takes no broken text', () => {
    const cut = truncateMessage(`${'x'.repeat(MAX_MESSAGE_LENGTH - 2)}😀😀`);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
  });
});

function sourcesIn(folder: string): readonly string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(`${folder}/${path}`, 'utf8'));
}
