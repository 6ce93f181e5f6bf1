import { describe, expect, it } from '@jest/globals';
import { readinessOf } from '../../src/lifecycle/readiness.ts';
import type { Readiness } from '../../src/lifecycle/readiness.ts';
import type { InstanceSnapshot, PodStatus } from '../../src/lifecycle/provider.ts';
import { aSnapshot, SSH } from '../support/builders/snapshots.ts';

const CODES: Readonly<Record<string, Readiness>> = {
  U: 'usable',
  E: 'lacksEndpoint',
  S: 'starting',
  P: 'podFailed',
  I: 'installFailed',
};

/**
 * Every combination of what the provider says about an instance. Each row has a status, an installation status (`-`
 * for none), and six pairs: for no progress, 40 % and 100 %, first without and then with a failure text. The first letter
 * of a pair is without an SSH endpoint, the second one with it.
 */
const TABLE = `
  status        installation   no failure text   a failure text   why
  ACTIVE        -              EU SS EU          II II II         without a status the progress decides, and absent means done
  ACTIVE        PENDING        SS SS SS          II II II         a progress of 100 % is not the end
  ACTIVE        ACTIVE         SS SS SS          II II II         a failure text counts before the status says ERROR
  ACTIVE        FINISHED       EU EU EU          IU IU IU         done; a text beside an endpoint is left from an earlier try
  ACTIVE        ERROR          II II II          II II II         failed
  ACTIVE        FAILED         II II II          II II II         another word for ERROR
  ACTIVE        TERMINATED     SS SS SS          II II II         not done
  ACTIVE        NEW_WORD       SS SS SS          II II II         a word that nobody knows does not mean done
  PROVISIONING  -              SS SS SS          II II II         not active yet, whatever else is set
  PROVISIONING  PENDING        SS SS SS          II II II
  PROVISIONING  ACTIVE         SS SS SS          II II II
  PROVISIONING  FINISHED       SS SS SS          IS IS IS         the text may be left from an earlier try
  PROVISIONING  ERROR          II II II          II II II         it will not become ready
  PROVISIONING  FAILED         II II II          II II II
  PROVISIONING  TERMINATED     SS SS SS          II II II
  PROVISIONING  NEW_WORD       SS SS SS          II II II
  PENDING       -              SS SS SS          II II II         as PROVISIONING
  PENDING       PENDING        SS SS SS          II II II
  PENDING       ACTIVE         SS SS SS          II II II
  PENDING       FINISHED       SS SS SS          IS IS IS
  PENDING       ERROR          II II II          II II II
  PENDING       FAILED         II II II          II II II
  PENDING       TERMINATED     SS SS SS          II II II
  PENDING       NEW_WORD       SS SS SS          II II II
  STOPPED       -              SS SS SS          II II II         not usable, and the rules say that it is stopped
  STOPPED       PENDING        SS SS SS          II II II
  STOPPED       ACTIVE         SS SS SS          II II II
  STOPPED       FINISHED       SS SS SS          IS IS IS
  STOPPED       ERROR          II II II          II II II
  STOPPED       FAILED         II II II          II II II
  STOPPED       TERMINATED     SS SS SS          II II II
  STOPPED       NEW_WORD       SS SS SS          II II II
  UNKNOWN       -              SS SS SS          SS SS SS         no news, so a text may be old
  UNKNOWN       PENDING        SS SS SS          SS SS SS
  UNKNOWN       ACTIVE         SS SS SS          SS SS SS
  UNKNOWN       FINISHED       SS SS SS          SS SS SS
  UNKNOWN       ERROR          II II II          II II II         an explicit ERROR is news
  UNKNOWN       FAILED         II II II          II II II
  UNKNOWN       TERMINATED     SS SS SS          SS SS SS
  UNKNOWN       NEW_WORD       SS SS SS          SS SS SS
  ERROR         -              PP PP PP          PP PP PP         the instance has failed, whatever else is set
  ERROR         PENDING        PP PP PP          PP PP PP
  ERROR         ACTIVE         PP PP PP          PP PP PP
  ERROR         FINISHED       PP PP PP          PP PP PP
  ERROR         ERROR          PP PP PP          PP PP PP
  ERROR         FAILED         PP PP PP          PP PP PP
  ERROR         TERMINATED     PP PP PP          PP PP PP
  ERROR         NEW_WORD       PP PP PP          PP PP PP
  DELETING      -              SS SS SS          SS SS SS         it ends, so the installation fields may be stale
  DELETING      PENDING        SS SS SS          SS SS SS
  DELETING      ACTIVE         SS SS SS          SS SS SS
  DELETING      FINISHED       SS SS SS          SS SS SS
  DELETING      ERROR          SS SS SS          SS SS SS
  DELETING      FAILED         SS SS SS          SS SS SS
  DELETING      TERMINATED     SS SS SS          SS SS SS
  DELETING      NEW_WORD       SS SS SS          SS SS SS
  TERMINATED    -              SS SS SS          SS SS SS         as DELETING
  TERMINATED    PENDING        SS SS SS          SS SS SS
  TERMINATED    ACTIVE         SS SS SS          SS SS SS
  TERMINATED    FINISHED       SS SS SS          SS SS SS
  TERMINATED    ERROR          SS SS SS          SS SS SS
  TERMINATED    FAILED         SS SS SS          SS SS SS
  TERMINATED    TERMINATED     SS SS SS          SS SS SS
  TERMINATED    NEW_WORD       SS SS SS          SS SS SS
`;

const STATUSES: readonly PodStatus[] = [
  'ACTIVE',
  'PROVISIONING',
  'PENDING',
  'STOPPED',
  'UNKNOWN',
  'ERROR',
  'DELETING',
  'TERMINATED',
];
/** The documented words, another one for ERROR that was seen, and one that stands for all others. */
const INSTALLATIONS = ['-', 'PENDING', 'ACTIVE', 'FINISHED', 'ERROR', 'FAILED', 'TERMINATED', 'NEW_WORD'];
const PROGRESSES = [undefined, 40, 100];
const FAILURES = [undefined, 'image pull failed'];

interface Row {
  readonly status: PodStatus;
  readonly installation: string;
  /** One letter for each combination: failure, then progress, then endpoint. */
  readonly letters: string;
}

const ROWS: readonly Row[] = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [, status = '', installation = '', letters = ''] =
      /^\s*(\S+)\s+(\S+)\s+((?:[A-Z]{2}\s+){5}[A-Z]{2})(?:\s|$)/.exec(line) ?? [];
    const known = STATUSES.find((one) => one === status);
    if (known === undefined) throw new Error(`a row that cannot be read: ${line}`);
    return { status: known, installation, letters: letters.replaceAll(/\s/g, '') };
  });

const COMBINATIONS = FAILURES.flatMap((failure) =>
  PROGRESSES.flatMap((progress) => [false, true].map((endpoint) => ({ failure, progress, endpoint }))),
);

function snapshotOf(
  { status, installation }: Row,
  { failure, progress, endpoint }: (typeof COMBINATIONS)[number],
): InstanceSnapshot {
  const { installationStatus: _status, ssh: _ssh, ...rest } = aSnapshot({ status });
  return {
    ...rest,
    ...(installation === '-' ? {} : { installationStatus: installation }),
    ...(failure === undefined ? {} : { installationFailure: failure }),
    ...(progress === undefined ? {} : { installationProgress: progress }),
    ...(endpoint ? { ssh: SSH } : {}),
  };
}

describe('readinessOf', () => {
  it('has a row for each status and installation status, once', () => {
    const wanted = STATUSES.flatMap((status) => INSTALLATIONS.map((word) => `${status} ${word}`));
    expect(ROWS.map(({ status, installation }) => `${status} ${installation}`)).toEqual(wanted);
  });

  it.each(ROWS)('decides about status $status with installation $installation', (row) => {
    const found = COMBINATIONS.map((combination) => ({
      ...combination,
      readiness: readinessOf(snapshotOf(row, combination)),
    }));
    expect(found).toEqual(
      COMBINATIONS.map((combination, index) => ({
        ...combination,
        readiness: CODES[row.letters[index] ?? ''],
      })),
    );
  });

  it.each([
    { progress: 99.9, expected: 'starting' },
    { progress: 100, expected: 'usable' },
    { progress: 101, expected: 'usable' },
    { progress: 0, expected: 'starting' },
    { progress: -1, expected: 'starting' },
  ])('takes a progress of $progress without a status for $expected', ({ progress, expected }) => {
    const row = { status: 'ACTIVE', installation: '-', letters: '' } as const;
    expect(readinessOf(snapshotOf(row, { failure: undefined, progress, endpoint: true }))).toBe(expected);
  });
});
