import { describe, expect, it } from '@jest/globals';
import { indexLiving, isNewer } from '../../../../src/controllers/gpupod/sweeps/living.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { attemptKey, objectHashes, podName, podNamePrefix } from '../../../../src/lifecycle/pod-name.ts';
import { rawGpuPod, rentedStatus } from '../../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../../support/builders/gpu-pod.ts';
import { IDENTITY, INSTALLATION, intent, nameOfAttempt } from '../../../support/builders/intent.ts';
import { aSnapshot } from '../../../support/builders/snapshots.ts';

const OLD = { ...IDENTITY, uid: 'old-uid' };
const [OWN_HASH = '', EARLIER_HASH = ''] = objectHashes(IDENTITY);
const OWN = podNamePrefix(INSTALLATION, IDENTITY);
const OF_OLD = podNamePrefix(INSTALLATION, OLD);
/** The create intent of another UID, as a restored GpuPod carries it. */
const RESTORED = intent({ uid: OLD.uid, name: podName(INSTALLATION, OLD, 2), attempt: 2 });
const UNREADABLE: RawObject = { ...rawGpuPod({ status: { podId: 'p' } }), spec: 'none' };

/** What one GpuPod says, with sets and maps as lists. */
function said(overrides: GpuPodOverrides) {
  const { podIds, intended, podNames, lastAttempts } = indexLiving([rawGpuPod(overrides)]);
  return {
    podIds: [...podIds],
    intended: [...intended],
    podNames: [...podNames],
    lastAttempts: [...lastAttempts],
  };
}

const NOTHING: ReturnType<typeof said> = { podIds: [], intended: [], podNames: [], lastAttempts: [] };

describe('indexLiving', () => {
  it.each<{ name: string; gpuPod: GpuPodOverrides; says: Partial<ReturnType<typeof said>> }>([
    { name: 'nothing for a new GpuPod', gpuPod: {}, says: {} },
    {
      name: 'the pending create for a create intent whose outcome is not recorded',
      gpuPod: { intent: intent() },
      says: { intended: [`${OWN}-1`], podNames: [`${OWN}-1`], lastAttempts: [[OWN, 1]] },
    },
    {
      name: 'only the name for a create intent whose attempt was refused',
      gpuPod: {
        intent: intent(),
        status: {
          attempts: [{ number: 1, startedAt: '2026-11-23T09:59:50Z', outcome: 'Refused' }],
        },
      },
      says: { podNames: [`${OWN}-1`], lastAttempts: [[OWN, 1]] },
    },
    {
      name: 'the instance, and no name, for a GpuPod that has one',
      gpuPod: { intent: intent(), status: rentedStatus({ podId: 'p' }) },
      says: { podIds: ['p'], lastAttempts: [[OWN, 1]] },
    },
    {
      name: 'the name in a status without an instance',
      gpuPod: { status: { podName: nameOfAttempt(3) } },
      says: { podNames: [`${OWN}-3`], lastAttempts: [[OWN, 3]] },
    },
    {
      name: 'the highest attempt in the status',
      gpuPod: {
        status: {
          podId: 'p',
          podName: nameOfAttempt(2),
          attempts: [7, 1].map((number) => ({
            number,
            podName: nameOfAttempt(number),
            startedAt: '2026-11-23T09:59:50Z',
          })),
        },
      },
      says: { podIds: ['p'], lastAttempts: [[OWN, 7]] },
    },
    {
      name: 'the attempts of another UID for a restored create intent',
      gpuPod: { intent: RESTORED },
      says: { intended: [`${OF_OLD}-2`], podNames: [`${OF_OLD}-2`], lastAttempts: [[OF_OLD, 2]] },
    },
    {
      name: 'nothing for a create intent whose name is of another UID than it says',
      gpuPod: { intent: { ...RESTORED, uid: 'somebody' } },
      says: {},
    },
    {
      name: 'nothing for a create intent of another namespace, which this GpuPod cannot adopt',
      gpuPod: { namespace: 'team-z', intent: RESTORED },
      says: {},
    },
    { name: 'nothing for a create intent that cannot be read', gpuPod: { intent: '{' }, says: {} },
  ])('returns $name', ({ gpuPod, says }) => {
    expect(said(gpuPod)).toEqual({ ...NOTHING, ...says });
  });

  it('knows each GpuPod by both hashes, including one that cannot be read, whose status does not count', () => {
    const living = indexLiving([UNREADABLE, rawGpuPod({ uid: 'b', name: 'b' })]);

    expect(living.hasUnreadable).toBe(true);
    expect(living.keyByHash.get(OWN_HASH)).toBe('team-a/train-1');
    expect(living.keyByHash.get(EARLIER_HASH)).toBe('team-a/train-1');
    expect([...living.keyByHash.values()]).toEqual([
      'team-a/train-1',
      'team-a/train-1',
      'team-a/b',
      'team-a/b',
    ]);
    expect([...living.podIds]).toEqual([]);
  });

  it('returns the highest attempt of several GpuPods, and no doubt if it can read them all', () => {
    const copies = [5, 9, 2].map((attempt) =>
      rawGpuPod({ uid: `copy-${String(attempt)}`, intent: intent({ attempt }) }),
    );

    const { lastAttempts, hasUnreadable } = indexLiving(copies);

    expect([...lastAttempts]).toEqual([[OWN, 9]]);
    expect(hasUnreadable).toBe(false);
  });
});

describe('isNewer', () => {
  const living = indexLiving([rawGpuPod({ uid: 'new', intent: RESTORED })]);
  const { name: _name, ...NAMELESS } = aSnapshot();

  it.each([
    {
      name: 'a later attempt than the last one',
      instance: { name: podName(INSTALLATION, OLD, 3) },
      newer: true,
    },
    {
      name: 'a later attempt in order of numbers',
      instance: { name: podName(INSTALLATION, OLD, 10) },
      newer: true,
    },
    { name: 'the last attempt itself', instance: { name: podName(INSTALLATION, OLD, 2) }, newer: false },
    { name: 'an earlier attempt', instance: { name: podName(INSTALLATION, OLD, 1) }, newer: false },
    { name: 'an instance that no GpuPod names', instance: { name: nameOfAttempt(3) }, newer: false },
    { name: 'an instance of other people', instance: { name: 'mine' }, newer: false },
  ])('returns $newer for $name', ({ instance, newer }) => {
    expect(isNewer(living, aSnapshot(instance))).toBe(newer);
  });

  it('returns false for an instance without a name', () => {
    expect(isNewer(living, NAMELESS)).toBe(false);
  });
});

describe('attemptKey', () => {
  const name = nameOfAttempt(12);

  it.each<{ name: string; shown: string | undefined; key: string }>([
    { name: 'a name as the operator gave it', shown: name, key: `${OWN}-12` },
    { name: 'a name in capitals', shown: name.toUpperCase(), key: `${OWN}-12` },
    { name: 'a name with text before it', shown: `vm-${name}`, key: `${OWN}-12` },
    { name: 'a name that is cut after the attempt', shown: `${OWN}-12`, key: `${OWN}-12` },
    { name: 'a name with other separators', shown: name.replaceAll('-', '_'), key: `${OWN}-12` },
    { name: 'a name that the operator did not give, in lower case', shown: 'My Box', key: 'my box' },
    { name: 'no name', shown: undefined, key: '' },
  ])('returns one key for $name', ({ shown, key }) => {
    expect(attemptKey(shown)).toBe(key);
  });

  it('distinguishes attempts, GpuPods and installations', () => {
    const names = [name, nameOfAttempt(1), podName(INSTALLATION, OLD, 12), podName('xyz789', IDENTITY, 12)];

    expect(new Set(names.map((each) => attemptKey(each))).size).toBe(4);
  });
});
