import { describe, expect, it } from '@jest/globals';
import { readinessOf } from '../../src/lifecycle/readiness.ts';
import type { Readiness } from '../../src/lifecycle/readiness.ts';
import type { InstanceSnapshot, PodStatus } from '../../src/lifecycle/provider.ts';
import { aSnapshot, SSH } from '../support/builders/snapshots.ts';

const FAILURE = 'image pull failed';

interface Row {
  readonly status: PodStatus;
  readonly installation?: string;
  readonly failure?: string;
  readonly progress?: number;
  readonly endpoint: boolean;
  readonly expected: Readiness;
}

function snapshotOf({ status, installation, failure, progress, endpoint }: Row): InstanceSnapshot {
  const { installationStatus: _status, ssh: _ssh, ...rest } = aSnapshot({ status });
  return {
    ...rest,
    ...(installation === undefined ? {} : { installationStatus: installation }),
    ...(failure === undefined ? {} : { installationFailure: failure }),
    ...(progress === undefined ? {} : { installationProgress: progress }),
    ...(endpoint ? { ssh: SSH } : {}),
  };
}

const active = { status: 'ACTIVE' } as const;

describe('readinessOf', () => {
  it.each<Row>([
    // A missing field counts as done.
    { ...active, endpoint: true, expected: 'usable' },
    { ...active, endpoint: false, expected: 'lacksEndpoint' },
    { ...active, installation: 'FINISHED', endpoint: true, expected: 'usable' },
    { ...active, installation: 'FINISHED', endpoint: false, expected: 'lacksEndpoint' },
    { ...active, progress: 100, endpoint: true, expected: 'usable' },
    // A present field counts.
    { ...active, progress: 40, endpoint: true, expected: 'starting' },
    { ...active, installation: 'FINISHED', progress: 40, endpoint: true, expected: 'usable' },
    { ...active, installation: 'ACTIVE', progress: 100, endpoint: true, expected: 'starting' },
    { ...active, installation: 'PENDING', endpoint: true, expected: 'starting' },
    { ...active, installation: 'TERMINATED', endpoint: true, expected: 'starting' },
    { ...active, installation: 'NEW_WORD', endpoint: true, expected: 'starting' },
    { ...active, installation: 'ERROR', endpoint: true, expected: 'installFailed' },
    { ...active, installation: 'FAILED', endpoint: false, expected: 'installFailed' },
    // A failure text without ERROR.
    { ...active, installation: 'ACTIVE', failure: FAILURE, endpoint: false, expected: 'installFailed' },
    { ...active, installation: 'ACTIVE', failure: FAILURE, endpoint: true, expected: 'installFailed' },
    { ...active, installation: 'PENDING', failure: FAILURE, endpoint: true, expected: 'installFailed' },
    { ...active, failure: FAILURE, endpoint: true, expected: 'installFailed' },
    { ...active, failure: FAILURE, endpoint: false, expected: 'installFailed' },
    { ...active, failure: FAILURE, progress: 100, endpoint: true, expected: 'installFailed' },
    { ...active, installation: 'FINISHED', failure: FAILURE, endpoint: true, expected: 'usable' },
    { ...active, installation: 'FINISHED', failure: FAILURE, endpoint: false, expected: 'installFailed' },
    { status: 'PROVISIONING', failure: FAILURE, endpoint: false, expected: 'installFailed' },
    { status: 'PENDING', failure: FAILURE, endpoint: false, expected: 'installFailed' },
    { status: 'STOPPED', failure: FAILURE, endpoint: false, expected: 'installFailed' },
    // UNKNOWN is no news; an explicit ERROR is.
    { status: 'UNKNOWN', failure: FAILURE, endpoint: false, expected: 'starting' },
    { status: 'UNKNOWN', installation: 'ERROR', endpoint: false, expected: 'installFailed' },
    { status: 'PROVISIONING', endpoint: false, expected: 'starting' },
    { status: 'PENDING', installation: 'FINISHED', endpoint: true, expected: 'starting' },
    { status: 'STOPPED', installation: 'FINISHED', endpoint: true, expected: 'starting' },
    { status: 'ERROR', installation: 'FINISHED', endpoint: true, expected: 'podFailed' },
    { status: 'ERROR', failure: FAILURE, endpoint: false, expected: 'podFailed' },
    { status: 'DELETING', failure: FAILURE, endpoint: false, expected: 'starting' },
    { status: 'TERMINATED', installation: 'ERROR', endpoint: false, expected: 'starting' },
  ])(
    'is $expected for status $status, installation $installation, failure $failure, progress $progress, endpoint $endpoint',
    (row) => {
      expect(readinessOf(snapshotOf(row))).toBe(row.expected);
    },
  );
});
