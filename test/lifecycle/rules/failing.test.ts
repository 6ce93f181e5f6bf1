import { describe, expect, it } from '@jest/globals';
import { restFailing } from '../../../src/lifecycle/rules/failing.ts';
import type { Hindrance } from '../../../src/lifecycle/rules/failing.ts';
import { gpuPod } from '../../support/builders/gpu-pod.ts';
import { NOW_MS, observed } from '../../support/builders/observation.ts';
import { reasonsOf } from '../support/outline.ts';

const DRAFTS = { Ready: ['Pending', 'Nothing is rented yet.'] } as const;
const seen = gpuPod({ status: { observedGeneration: 1 } });
const unavailable: Hindrance = { reason: 'ApiUnavailable', message: 'HTTP status 503.' };

function failing(reason: string, sinceMs: number, count = 1) {
  return { failure: { reason, message: '', sinceMs, count } };
}

describe('restFailing', () => {
  it.each<{ name: string; hindrance: Hindrance; sinceMs: number; isTold: boolean; why: string }>([
    {
      name: 'no connection, just now',
      hindrance: unavailable,
      sinceMs: NOW_MS,
      isTold: false,
      why: 'a short outage must not cost a write for each GpuPod',
    },
    {
      name: 'no connection for 59.999 s',
      hindrance: unavailable,
      sinceMs: NOW_MS - 59_999,
      isTold: false,
      why: 'it is still a short outage',
    },
    {
      name: 'no connection for a minute',
      hindrance: unavailable,
      sinceMs: NOW_MS - 60_000,
      isTold: true,
      why: 'now it needs attention',
    },
    {
      name: 'a rate limit, just now',
      hindrance: { reason: 'RateLimited', message: '' },
      sinceMs: NOW_MS,
      isTold: false,
      why: 'it passes',
    },
    {
      name: 'an unexpected answer, just now',
      hindrance: { reason: 'UnexpectedResponse', message: '' },
      sinceMs: NOW_MS,
      isTold: false,
      why: 'it passes',
    },
    {
      name: 'a missing Secret, just now',
      hindrance: { reason: 'ReferenceNotFound', message: '' },
      sinceMs: NOW_MS,
      isTold: true,
      why: 'a person must act',
    },
    {
      name: 'an empty wallet, just now',
      hindrance: { reason: 'PaymentRequired', message: '' },
      sinceMs: NOW_MS,
      isTold: true,
      why: 'a person must act',
    },
    {
      name: 'a missing key, just now',
      hindrance: { reason: 'CredentialsMissing', message: '' },
      sinceMs: NOW_MS,
      isTold: true,
      why: 'a person must act',
    },
  ])('reports $name: $isTold, because $why', ({ hindrance, sinceMs, isTold }) => {
    const known = observed({ gpuPod: seen, localState: failing(hindrance.reason, sinceMs) });
    const { status } = restFailing(known, hindrance, DRAFTS);
    expect(reasonsOf(status).Synced).toBe(isTold ? hindrance.reason : null);
    expect(isTold || status === seen.status).toBe(true);
  });

  it('reports it at once for a GpuPod without a status, which would look forgotten', () => {
    expect(reasonsOf(restFailing(observed(), unavailable, DRAFTS).status).Synced).toBe('ApiUnavailable');
  });

  it.each([
    { count: 0, requeueAfterMs: 1_000, why: 'soon at first' },
    { count: 1, requeueAfterMs: 2_000, why: 'then later' },
    { count: 5, requeueAfterMs: 32_000, why: 'and later' },
    { count: 6, requeueAfterMs: 60_000, why: 'at most a minute' },
    { count: 5_000, requeueAfterMs: 60_000, why: 'however long it lasts' },
  ])('retries after $count failures in $requeueAfterMs ms: $why', ({ count, requeueAfterMs }) => {
    const localState = count === 0 ? {} : failing('ApiUnavailable', NOW_MS, count);
    expect(restFailing(observed({ localState }), unavailable, DRAFTS).requeueAfterMs).toBe(requeueAfterMs);
  });

  it('waits as long as the provider asked', () => {
    expect(restFailing(observed(), { ...unavailable, retryAfterMs: 7_500 }, DRAFTS).requeueAfterMs).toBe(
      7_500,
    );
  });

  it('counts failures of one kind from the first one, and another kind separately', () => {
    const localState = failing('ApiUnavailable', 5, 3);
    const again = restFailing(observed({ localState }), unavailable, DRAFTS);
    const other = restFailing(observed({ localState }), { reason: 'RateLimited', message: 'm' }, DRAFTS);
    expect(again.remember?.failure).toMatchObject({ sinceMs: 5, count: 4 });
    expect(other.remember?.failure).toMatchObject({ reason: 'RateLimited', sinceMs: NOW_MS, count: 1 });
  });
});
