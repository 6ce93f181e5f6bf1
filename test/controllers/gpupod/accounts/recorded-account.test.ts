import { describe, expect, it } from '@jest/globals';
import { LocalStates } from '../../../../src/controllers/gpupod/local-states.ts';
import { recordedAccount } from '../../../../src/controllers/gpupod/accounts/recorded-account.ts';
import type { RawObject } from '../../../../src/kubernetes/objects.ts';
import { freshLocalState } from '../../../../src/lifecycle/local-state.ts';
import { rawGpuPod } from '../../../support/builders/gpu-pod.ts';
import { intent } from '../../../support/builders/intent.ts';

const KEY = 'team-a/train-1';
const STATED = { origin: 'https://api.test', userId: 'of-the-instance' };
const INTENDED = { origin: 'https://api.test', userId: 'of-the-intent' };
const VANISHED = { origin: 'https://api.test', userId: 'of-the-vanished' };
const WRITTEN = intent({ account: INTENDED.userId, origin: INTENDED.origin });

/** Local states in which a GpuPod with this UID had an instance that its status does not name. */
function unboundOf(uid: string): LocalStates {
  const localStates = new LocalStates();
  const unbound = { podId: 'pod-9', podName: 'n', account: VANISHED };
  localStates.set(KEY, uid, { ...freshLocalState(0, false), unbound });
  return localStates;
}

describe('the recorded account of a GpuPod', () => {
  it.each<{
    name: string;
    given: RawObject | undefined;
    states?: LocalStates;
    recorded: object | undefined;
  }>([
    { name: 'none for a new GpuPod', given: rawGpuPod(), recorded: undefined },
    { name: 'that of its create intent', given: rawGpuPod({ intent: WRITTEN }), recorded: INTENDED },
    {
      name: 'that of its instance, whatever its create intent says',
      given: rawGpuPod({ intent: WRITTEN, status: { podId: 'pod-1', account: STATED } }),
      recorded: STATED,
    },
    {
      name: 'that of the create intent, where the status of its instance names none',
      given: rawGpuPod({ intent: WRITTEN, status: { podId: 'pod-1' } }),
      recorded: INTENDED,
    },
    {
      name: 'none for a create intent that nobody can read',
      given: rawGpuPod({ intent: '{' }),
      recorded: undefined,
    },
    {
      name: 'that of a GpuPod that no longer exists',
      given: undefined,
      states: unboundOf('gone'),
      recorded: VANISHED,
    },
    {
      name: 'that of a vanished GpuPod of the same name, which is settled first',
      given: rawGpuPod({ intent: WRITTEN }),
      states: unboundOf('gone'),
      recorded: VANISHED,
    },
    { name: 'none for a key without a GpuPod', given: undefined, recorded: undefined },
    {
      name: 'none for a GpuPod that this version cannot read',
      given: { ...rawGpuPod(), spec: { gpu: { types: 'H100_80GB' } } },
      recorded: undefined,
    },
  ])('is $name', ({ given, states = new LocalStates(), recorded }) => {
    expect(recordedAccount(KEY, given, states)).toEqual(recorded);
  });
});
