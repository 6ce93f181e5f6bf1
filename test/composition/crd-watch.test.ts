import { describe, expect, it } from '@jest/globals';
import { markedGpuPodCrd } from '../../src/api/gpupod/crd.ts';
import { CrdWatch } from '../../src/composition/crd-watch.ts';
import { OPERATOR_VERSION } from '../../src/config/version.ts';
import { ApiStatusError } from '../../src/kubernetes/client/api-errors.ts';
import type { KubernetesObject } from '../../src/kubernetes/objects.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../kubernetes/support/virtual-clock.ts';

const OWN = markedGpuPodCrd(OPERATOR_VERSION);
const ASK_AGAIN_MS = 60_000;
const UNAVAILABLE = new ApiStatusError(
  503,
  'ServiceUnavailable',
  'the server is currently unable to handle the request',
);
const FORBIDDEN = new ApiStatusError(403, 'Forbidden', 'cannot get customresourcedefinitions');

function crd(change: (text: string) => string = (text) => text): KubernetesObject {
  return JSON.parse(change(JSON.stringify(OWN))) as KubernetesObject;
}

const right = crd();
const older = crd((text) => text.replaceAll('"refusedAttempts"', '"formerAttempts"'));

/** A watch that gets these answers in turn, and the last one from then on. */
function watching(...answers: readonly (KubernetesObject | Error | undefined)[]) {
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const seen = { reads: 0, events: 0, isHealed: false };
  const watch = new CrdWatch({
    own: OWN,
    crds: {
      get: () => {
        const answer = answers[Math.min(seen.reads, answers.length - 1)];
        seen.reads += 1;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    clock,
    log,
    events: {
      record: () => {
        seen.events += 1;
      },
    },
    askAgainMs: ASK_AGAIN_MS,
  });
  void watch.healed.then(() => {
    seen.isHealed = true;
  });
  return { watch, clock, log, seen };
}

describe('CrdWatch', () => {
  it('finds nothing wrong with the CRD of this version, and reads it once', async () => {
    const { watch, clock, seen } = watching(right);
    await watch.whenCompared();
    await clock.advance(10 * ASK_AGAIN_MS);
    expect([watch.problem, seen]).toEqual([undefined, { reads: 1, events: 0, isHealed: false }]);
  });

  it('names an older CRD once, and heals when the right one is applied', async () => {
    const { watch, clock, log, seen } = watching(older, older, right);
    await watch.whenCompared();
    expect(watch.problem).toContain('status.refusedAttempts');
    await clock.advance(ASK_AGAIN_MS);
    expect([seen.events, log.messages('error').length, seen.isHealed]).toEqual([1, 1, false]);
    await clock.advance(ASK_AGAIN_MS);
    expect([watch.problem, seen.isHealed]).toEqual([undefined, true]);
    await clock.advance(10 * ASK_AGAIN_MS);
    expect(seen.reads).toBe(3);
  });

  it('warns once and finds nothing wrong if it may not read the CRD', async () => {
    const { watch, clock, log, seen } = watching(FORBIDDEN);
    await watch.whenCompared();
    await clock.advance(10 * ASK_AGAIN_MS);
    expect([watch.problem, seen.reads, log.messages('warn').length]).toEqual([undefined, 1, 1]);
  });

  it('keeps what it found while it may no longer read the CRD, and heals once it may again', async () => {
    const { watch, clock, seen } = watching(older, FORBIDDEN, right);
    await watch.whenCompared();
    await clock.advance(ASK_AGAIN_MS);
    expect(watch.problem).toBeDefined();
    expect(seen.isHealed).toBe(false);
    await clock.advance(ASK_AGAIN_MS);
    expect([watch.problem, seen.isHealed]).toEqual([undefined, true]);
  });

  it('compares a CRD that did not exist yet when it is asked the next time', async () => {
    const { watch, clock, seen } = watching(undefined, older);
    await watch.whenCompared();
    await clock.advance(10 * ASK_AGAIN_MS);
    expect([watch.problem, seen.reads]).toEqual([undefined, 1]);
    await watch.whenCompared();
    expect(watch.problem).toContain('status.refusedAttempts');
  });

  it('waits until a CRD that cannot be read for a moment is compared', async () => {
    const { watch, clock, seen } = watching(UNAVAILABLE, UNAVAILABLE, older);
    const compared = watch.whenCompared();
    await clock.advance(0);
    await clock.advance(1_000);
    expect([watch.problem, seen.reads]).toEqual([undefined, 2]);
    await clock.advance(2_000);
    await compared;
    expect(watch.problem).toContain('status.refusedAttempts');
  });

  it('names a CRD that stays unreadable, without an event, and heals once it is read', async () => {
    const { watch, clock, seen } = watching(...Array.from({ length: 6 }, () => UNAVAILABLE), right);
    const compared = watch.whenCompared();
    await clock.advance(0);
    await clock.advance(30_000);
    await compared;
    expect(watch.problem).toContain('could not be read');
    await clock.advance(30_000);
    expect([watch.problem, seen]).toEqual([undefined, { reads: 7, events: 0, isHealed: true }]);
  });

  it('trusts an unreadable CRD again when it may no longer read it', async () => {
    const { watch, clock } = watching(...Array.from({ length: 6 }, () => UNAVAILABLE), FORBIDDEN);
    const compared = watch.whenCompared();
    await clock.advance(0);
    await clock.advance(30_000);
    await compared;
    await clock.advance(30_000);
    expect(watch.problem).toBeUndefined();
  });

  it('notices an older CRD that comes back after it was deleted', async () => {
    const { watch, clock, seen } = watching(older, undefined, older, right);
    await watch.whenCompared();
    await clock.advance(ASK_AGAIN_MS);
    expect([watch.problem, seen.isHealed]).toEqual([undefined, false]);
    await clock.advance(ASK_AGAIN_MS);
    expect(watch.problem).toContain('status.refusedAttempts');
    await clock.advance(ASK_AGAIN_MS);
    expect([watch.problem, seen.isHealed]).toEqual([undefined, true]);
  });

  it('sends no request after a stop', async () => {
    const { watch, clock, seen } = watching(older);
    await watch.whenCompared();
    watch.stop();
    await clock.advance(10 * ASK_AGAIN_MS);
    expect(seen.reads).toBe(1);
  });
});
