import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  MAX_MESSAGE_LENGTH,
  REASONS,
  statusOfReason,
  truncateMessage,
} from '../../../src/api/gpupod/conditions.ts';
import type { TypedDraft } from '../../../src/api/gpupod/conditions.ts';

const DECIDERS = ['lifecycle', 'offers', 'prime', 'accounts', 'controllers'].flatMap((folder) =>
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

  it.each(ALL_REASONS)('$type $reason has a sentence that says when it is set', ({ meaning }) => {
    expect(meaning).toMatch(/^[A-Z`].*\.$/);
  });

  it.each(ALL_REASONS)('sets $type $reason somewhere: what is documented must happen', ({ reason }) => {
    expect(DECIDERS.some((source) => source.includes(`'${reason}'`))).toBe(true);
  });

  it.each(ALL_REASONS.filter(({ type }) => type === 'Reconciling' || type === 'Stalled'))(
    '$type $reason has status True, because kstatus takes its presence for truth',
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
      why: 'the only way to be ready',
    },
    { draft: { type: 'Ready', reason: 'Stale', message: '' }, status: 'Unknown', why: 'no snapshot' },
    { draft: { type: 'Ready', reason: 'Pending', message: '' }, status: 'False', why: 'nothing is rented' },
    {
      draft: { type: 'Synced', reason: 'Paused', message: '' },
      status: 'False',
      why: 'the operator does nothing',
    },
  ])('is $status for $draft.type $draft.reason: $why', ({ draft, status }) => {
    expect(statusOfReason(draft)).toBe(status);
  });
});

describe('truncateMessage', () => {
  it.each([
    { name: 'a short one', message: 'It waits.', expected: 'It waits.', why: 'it stays the same' },
    { name: 'line breaks', message: ' a\r\nb\u0007c ', expected: 'a b c', why: 'kubectl prints one line' },
    {
      name: 'characters that reverse the text',
      message: 'a\u202Eb\u2066c\u2028d\uD800e',
      expected: 'a b c d e',
      why: 'a person must see what is there',
    },
    { name: 'the limit', message: 'x'.repeat(300), expected: 'x'.repeat(300), why: '300 fit' },
    {
      name: 'one more',
      message: 'x'.repeat(301),
      expected: `${'x'.repeat(299)}…`,
      why: 'the schema rejects 301, including the ellipsis',
    },
  ])('truncates $name: $why', ({ message, expected }) => {
    expect(truncateMessage(message)).toBe(expected);
  });

  it('never cuts a surrogate pair in two, because the API server rejects broken text', () => {
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
