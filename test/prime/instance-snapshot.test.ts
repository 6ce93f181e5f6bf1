import { describe, expect, it } from '@jest/globals';
import { snapshotFromStatus } from '../../src/prime/instance-snapshot.ts';
import { PodStatusRow } from '../../src/prime/schemas/pod.ts';
import type { InstanceSnapshot } from '../../src/lifecycle/provider.ts';

function snapshot(row: object): InstanceSnapshot {
  return snapshotFromStatus(PodStatusRow.parse({ podId: 'p1', status: 'ACTIVE', ...row }));
}

describe('a failure text', () => {
  it.each([
    { said: 'image pull failed', read: 'image pull failed' },
    { said: { message: 'x' }, read: '{"message":"x"}' },
    { said: ['out of disk'], read: '["out of disk"]' },
    { said: true, read: 'true' },
    { said: 3, read: '3' },
    { said: null, read: undefined },
    { said: undefined, read: undefined },
    { said: '', read: undefined },
    { said: '  ', read: undefined },
    { said: 'None', read: undefined },
    { said: 'null', read: undefined },
    { said: 'n/a', read: undefined },
    { said: '-', read: undefined },
    { said: false, read: undefined },
    { said: 0, read: undefined },
    { said: {}, read: undefined },
    { said: [], read: undefined },
    { said: 'no space left on device', read: 'no space left on device' },
  ])('reads $said as $read', ({ said, read }) => {
    expect(snapshot({ installationFailure: said }).installationFailure).toBe(read);
  });
});

it.each([
  { status: 'active', installationStatus: 'finished' },
  { status: ' Active ', installationStatus: 'Finished' },
])('accepts $status and $installationStatus in any case', (row) => {
  expect(snapshot(row)).toMatchObject({ status: 'ACTIVE', installationStatus: 'FINISHED' });
});
