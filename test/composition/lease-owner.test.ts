import { describe, expect, it } from '@jest/globals';
import { LeaseOwnerWatch, ownerAnnotations } from '../../src/composition/lease-owner.ts';
import type { LeaseOwner } from '../../src/composition/lease-owner.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';

function owner(name?: string, ...watchNamespaces: string[]): LeaseOwner {
  return { owner: name, watchNamespaces };
}

function watching(self: LeaseOwner) {
  const log = new RecordingLog();
  return { log, watch: new LeaseOwnerWatch(self, 'gpu-system/gpupod-operator', log) };
}

interface Row {
  readonly name: string;
  readonly self: LeaseOwner;
  readonly holder: Readonly<Record<string, string>>;
  readonly isTold: boolean;
  readonly isReady: boolean;
  readonly why: string;
}

describe('a standby that waits behind another process', () => {
  it.each<Row>([
    {
      name: 'of the same release',
      self: owner('prod'),
      holder: ownerAnnotations(owner('prod')),
      isTold: false,
      isReady: true,
      why: 'it is the second replica',
    },
    {
      name: 'of the same release, which watched another namespace before an upgrade',
      self: owner('prod', 'team-b'),
      holder: ownerAnnotations(owner('prod', 'team-a')),
      isTold: false,
      isReady: true,
      why: 'the rolling update must go on',
    },
    {
      name: 'of another release with the same scope',
      self: owner('prod'),
      holder: ownerAnnotations(owner('staging')),
      isTold: true,
      isReady: false,
      why: 'it would wait forever, with another key and other limits',
    },
    {
      name: 'of another release with another scope',
      self: owner('team-b', 'team-b'),
      holder: ownerAnnotations(owner('team-a', 'team-a')),
      isTold: true,
      isReady: false,
      why: 'nobody serves team-b',
    },
    {
      name: 'that watches another namespace, where nobody gave an owner',
      self: owner(undefined, 'team-b'),
      holder: ownerAnnotations(owner(undefined, 'team-a')),
      isTold: true,
      isReady: true,
      why: 'it may be the same installation in the middle of a change',
    },
    {
      name: 'that watches the same namespaces in another sequence, where nobody gave an owner',
      self: owner(undefined, 'team-a', 'team-b'),
      holder: ownerAnnotations(owner(undefined, 'team-b', 'team-a')),
      isTold: false,
      isReady: true,
      why: 'the sequence means nothing',
    },
    {
      name: 'that watches one namespace fewer, where nobody gave an owner',
      self: owner(undefined, 'team-a', 'team-b'),
      holder: ownerAnnotations(owner(undefined, 'team-a')),
      isTold: true,
      isReady: true,
      why: 'nobody serves team-b',
    },
    {
      name: 'that watches the same, where one gave no owner',
      self: owner('prod'),
      holder: ownerAnnotations(owner()),
      isTold: false,
      isReady: true,
      why: 'nothing tells the two apart',
    },
    {
      name: 'from before holders said who they are',
      self: owner('prod', 'team-a'),
      holder: {},
      isTold: false,
      isReady: true,
      why: 'an upgrade must go on',
    },
  ])('$name: reported $isTold, ready $isReady, because $why', ({ self, holder, isTold, isReady }) => {
    const { log, watch } = watching(self);
    watch.onHeldByOther(holder);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(isTold ? 1 : 0);
    expect(watch.problem === undefined).toBe(isReady);
  });

  it('logs once for each holder whose lease it is, what is not served, and what to do', () => {
    const { log, watch } = watching(owner('team-b', 'team-b'));
    watch.onHeldByOther(ownerAnnotations(owner('team-a', 'team-a')));
    watch.onHeldByOther(ownerAnnotations(owner('team-a', 'team-a')));
    expect(log.lines.map(({ message }) => message)).toEqual([
      'The Lease gpu-system/gpupod-operator is held by the installation team-a that watches namespace team-a. ' +
        'This process waits and serves no GpuPod. Install each operator in a namespace of its own.',
    ]);
    expect(watch.problem).toBe(log.lines[0]?.message);
  });

  it('is ready again once the lease is free and this process leads', () => {
    const { watch } = watching(owner('team-b'));
    watch.onHeldByOther(ownerAnnotations(owner('team-a')));
    watch.onTaken();
    expect(watch.problem).toBeUndefined();
  });
});
