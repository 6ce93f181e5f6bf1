import { describe, expect, it } from '@jest/globals';
import { readinessOf } from '../../src/lifecycle/readiness.ts';
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

describe('spot', () => {
  it.each([
    { said: true, read: true },
    { said: 'true', read: true },
    { said: 'FALSE', read: false },
    { said: 1, read: true },
    { said: 0, read: false },
    { said: null, read: undefined },
    { said: 'maybe', read: undefined },
    { said: 2, read: undefined },
  ])('reads $said as $read', ({ said, read }) => {
    expect(snapshot({ isSpot: said }).isSpot).toBe(read);
  });
});

describe('the readiness of an ACTIVE row as it is sent', () => {
  const REACHED = { sshConnection: 'root@203.0.113.7 -p 22022' };
  const MAPPED = {
    ip: '203.0.113.7',
    primePortMapping: [{ internal: '22', external: '22022', protocol: 'TCP', usedBy: 'SSH' }],
  };

  it.each<[why: string, row: object, expected: string]>([
    [
      'everything is said',
      { ...REACHED, installationStatus: 'FINISHED', installationProgress: 100 },
      'usable',
    ],
    ['an older server leaves the installation out', REACHED, 'usable'],
    ['it is null', { ...REACHED, installationStatus: null, installationProgress: null }, 'usable'],
    ['it is empty', { ...REACHED, installationStatus: '' }, 'usable'],
    ['it is blank', { ...REACHED, installationStatus: '  ' }, 'usable'],
    ['it is the word none', { ...REACHED, installationStatus: 'None' }, 'usable'],
    ['it is the word null', { ...REACHED, installationStatus: 'null' }, 'usable'],
    ['it is in lower case', { ...REACHED, installationStatus: 'finished' }, 'usable'],
    ['it is a number, which nobody can read', { ...REACHED, installationStatus: 3 }, 'starting'],
    [
      'it is an object, which nobody can read',
      { ...REACHED, installationStatus: { state: 'FINISHED' } },
      'starting',
    ],
    ['it is a list, which nobody can read', { ...REACHED, installationStatus: ['FINISHED'] }, 'starting'],
    ['it is false', { ...REACHED, installationStatus: false }, 'starting'],
    ['it is a sentence', { ...REACHED, installationStatus: 'Pulling image 3/7…' }, 'starting'],
    ['it is far too long', { ...REACHED, installationStatus: 'X'.repeat(5_000) }, 'starting'],
    ['it has control characters', { ...REACHED, installationStatus: 'FINISHED\u0007' }, 'starting'],
    ['the progress is a text', { ...REACHED, installationProgress: '40' }, 'starting'],
    ['the progress has a sign', { ...REACHED, installationProgress: '40 %' }, 'starting'],
    ['the progress is full, with a sign', { ...REACHED, installationProgress: '100%' }, 'usable'],
    [
      'the failure text alone is set',
      { ...REACHED, installationFailure: 'image pull failed' },
      'installFailed',
    ],
    [
      'the failure is an object',
      { installationStatus: 'ACTIVE', installationFailure: { message: 'image pull failed' } },
      'installFailed',
    ],
    ['the failure is the word none', { ...REACHED, installationFailure: 'None' }, 'usable'],
    ['the address is null', { installationStatus: 'FINISHED', sshConnection: null }, 'lacksEndpoint'],
    ['the address is [null]', { installationStatus: 'FINISHED', sshConnection: [null] }, 'lacksEndpoint'],
    ['the address is empty', { installationStatus: 'FINISHED', sshConnection: '' }, 'lacksEndpoint'],
    [
      'the host is missing',
      { installationStatus: 'FINISHED', sshConnection: 'ubuntu@ -p 22' },
      'lacksEndpoint',
    ],
    [
      'the host is 0.0.0.0',
      { installationStatus: 'FINISHED', sshConnection: 'root@0.0.0.0 -p 22' },
      'lacksEndpoint',
    ],
    ['ip and mapping fill in for it', { ...MAPPED, sshConnection: 'ubuntu@ -p 22' }, 'usable'],
    ['ip and mapping are all there is', { ...MAPPED, sshConnection: null }, 'usable'],
    ['ip alone names no port', { ip: '203.0.113.7', sshConnection: null }, 'lacksEndpoint'],
    ['one node of several has an address', { sshConnection: [null, 'root@203.0.113.7 -p 22'] }, 'usable'],
    ['the address is a command', { sshConnection: 'ssh ubuntu@203.0.113.7 -p 2222' }, 'usable'],
    ['the address would run something', { sshConnection: 'root@203.0.113.7;id -p 22' }, 'lacksEndpoint'],
  ])('where %s', (_why, row, expected) => {
    expect(readinessOf(snapshot(row))).toBe(expected);
  });
});
