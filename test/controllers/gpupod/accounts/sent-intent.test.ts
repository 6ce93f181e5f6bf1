import { expect, it } from '@jest/globals';
import { withSentIntent } from '../../../../src/controllers/gpupod/accounts/sent-intent.ts';
import { readIntent, writingOf } from '../../../../src/lifecycle/intent.ts';
import type { Intent } from '../../../../src/lifecycle/intent.ts';
import { gpuPod } from '../../../support/builders/gpu-pod.ts';
import { intent, nameOfAttempt } from '../../../support/builders/intent.ts';

const SENT = intent();
const EDITED: Intent = { ...SENT, account: 'user-2', teamId: 'team-2' };
const OF_ANOTHER_PROCESS: Intent = { ...EDITED, writtenBy: 'operator-2' };
const PENDING = { podName: SENT.name, writing: writingOf(SENT), sent: SENT, firstSeenAtMs: 0, absences: 0 };
const UNBOUND = { podId: 'pod-1', podName: SENT.name };

it.each<{ name: string; found: Intent; remembered: Parameters<typeof withSentIntent>[1]; is: Intent }>([
  { name: 'what it sent', found: SENT, remembered: { pendingCreate: PENDING }, is: SENT },
  {
    name: 'what it sent, if that was edited',
    found: EDITED,
    remembered: { pendingCreate: PENDING },
    is: SENT,
  },
  {
    name: 'what another process may have written',
    found: OF_ANOTHER_PROCESS,
    remembered: { pendingCreate: PENDING },
    is: OF_ANOTHER_PROCESS,
  },
  {
    name: 'what it sent, once the response named the instance',
    found: OF_ANOTHER_PROCESS,
    remembered: { pendingCreate: PENDING, unbound: UNBOUND },
    is: SENT,
  },
  {
    name: 'a later attempt, although the response to an earlier one named an instance',
    found: { ...EDITED, name: nameOfAttempt(2), attempt: 2 },
    remembered: { pendingCreate: PENDING, unbound: UNBOUND },
    is: { ...EDITED, name: nameOfAttempt(2), attempt: 2 },
  },
  { name: 'what it finds after a restart', found: EDITED, remembered: {}, is: EDITED },
])('goes by $name', ({ found, remembered, is }) => {
  expect(readIntent(withSentIntent(gpuPod({ intent: found }), remembered))).toEqual({
    kind: 'read',
    intent: is,
  });
});
