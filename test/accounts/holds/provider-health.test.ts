import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../../src/lifecycle/provider.ts';
import { KeyFailures } from '../../../src/accounts/identity/key-failures.ts';
import { ProviderHealth } from '../../../src/accounts/holds/provider-health.ts';
import { RecordingLog } from '../../kubernetes/support/recording-log.ts';
import { VirtualClock } from '../../kubernetes/support/virtual-clock.ts';
import { failure } from '../../support/builders/snapshots.ts';

const QUIET_MS = 60_000;
const DOWN = failure({ reason: 'ApiUnavailable' });
const ODD = failure({ reason: 'UnexpectedResponse' });
const REFUSED = failure({ reason: 'Unauthorized' });

/** The result of a shared read, some milliseconds after the one before. */
type Read = readonly [afterMs: number, source: string, failure: Failure | undefined];

function healthAt(keyFailures?: KeyFailures) {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const health: ProviderHealth = new ProviderHealth(
    clock,
    QUIET_MS,
    () => changes.push(health.failure?.reason ?? 'healthy'),
    keyFailures,
  );
  const take = async (reads: readonly Read[]): Promise<void> => {
    for (const [afterMs, source, failed] of reads) {
      await clock.advance(afterMs);
      health.report(source, failed);
    }
  };
  return { changes, health, take };
}

describe('the health of the provider', () => {
  it.each<{ name: string; reads: readonly Read[]; changes: readonly string[] }>([
    {
      name: 'is no news while every read succeeds',
      reads: [
        [0, 'poll', undefined],
        [QUIET_MS, 'list', undefined],
      ],
      changes: [],
    },
    {
      name: 'is no news when a failure ends within the quiet time, because nobody needs to act',
      reads: [
        [0, 'poll', DOWN],
        [QUIET_MS - 1, 'poll', DOWN],
        [1, 'poll', undefined],
      ],
      changes: [],
    },
    {
      name: 'is news once when a failure lasts, however often it is reported',
      reads: [
        [0, 'poll', DOWN],
        [QUIET_MS, 'poll', DOWN],
        [1, 'poll', DOWN],
        [QUIET_MS, 'poll', DOWN],
      ],
      changes: ['ApiUnavailable'],
    },
    {
      name: 'is news once more when the failure ends',
      reads: [
        [0, 'poll', DOWN],
        [QUIET_MS, 'poll', DOWN],
        [1, 'poll', undefined],
        [1, 'poll', undefined],
      ],
      changes: ['ApiUnavailable', 'healthy'],
    },
    {
      name: 'is news again when the reason changes, without another quiet time',
      reads: [
        [0, 'poll', DOWN],
        [QUIET_MS, 'poll', DOWN],
        [1, 'poll', ODD],
      ],
      changes: ['ApiUnavailable', 'UnexpectedResponse'],
    },
    {
      name: 'needs another quiet time after a success, because a new failure may be short',
      reads: [
        [0, 'poll', DOWN],
        [QUIET_MS - 1, 'poll', undefined],
        [1, 'poll', DOWN],
        [QUIET_MS - 1, 'poll', DOWN],
      ],
      changes: [],
    },
    {
      name: 'does not add up the failures of two kinds of reads',
      reads: [
        [0, 'poll', DOWN],
        [QUIET_MS - 1, 'list', DOWN],
        [0, 'poll', undefined],
        [1, 'list', DOWN],
      ],
      changes: [],
    },
    {
      name: 'stays bad when another kind of read succeeds',
      reads: [
        [0, 'list', DOWN],
        [QUIET_MS, 'list', DOWN],
        [1, 'poll', undefined],
      ],
      changes: ['ApiUnavailable'],
    },
    {
      name: 'stays bad until the last of two lasting failures ends',
      reads: [
        [0, 'list', DOWN],
        [0, 'poll', DOWN],
        [QUIET_MS, 'list', DOWN],
        [1, 'list', undefined],
        [1, 'poll', undefined],
      ],
      changes: ['ApiUnavailable', 'healthy'],
    },
  ])('$name', async ({ reads, changes: expected }) => {
    const { changes, take } = healthAt();
    await take(reads);
    expect(changes).toEqual(expected);
  });

  it('shows the latest text of a lasting failure', async () => {
    const { health, take } = healthAt();
    const later = failure({ message: 'GET /pods/: HTTP status 502.' });
    await take([
      [0, 'poll', DOWN],
      [QUIET_MS, 'poll', DOWN],
      [1, 'poll', later],
    ]);
    expect(health.failure).toEqual(later);
  });

  it('names a key problem at once, because it does not pass by itself', async () => {
    const { changes, health, take } = healthAt(new KeyFailures(new RecordingLog()));
    await take([[0, 'poll', REFUSED]]);
    expect([changes, health.keyProblems]).toEqual([[], ['Unauthorized']]);
    await take([[0, 'poll', undefined]]);
    expect(health.keyProblems).toEqual([]);
  });

  it('names a key problem of the account request, and leaves the rest to the account state', async () => {
    const { changes, health, take } = healthAt(new KeyFailures(new RecordingLog()));
    health.reportAccount(REFUSED);
    await take([[2 * QUIET_MS, 'poll', undefined]]);
    health.reportAccount(REFUSED);
    expect([changes, health.failure, health.keyProblems]).toEqual([[], undefined, ['Unauthorized']]);
  });
});
