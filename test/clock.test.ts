import { describe, expect, it } from '@jest/globals';
import { monotonicTime, systemClock } from '../src/clock.ts';

const HOUR_MS = 3_600_000;

/** A host whose times a test moves. */
class Host {
  wallMs = Date.UTC(2026, 10, 23, 10);
  runningMs = 5_000;
  uptimeMs: number | undefined = 90_000;
  readonly monotonicMs = monotonicTime({
    nowMs: () => this.wallMs,
    runningMs: () => this.runningMs,
    uptimeMs: () => this.uptimeMs,
  });

  pass(ms: number): void {
    this.runningMs += ms;
    this.suspend(ms);
  }

  /** A laptop sleeps: the time of the running system stands still. */
  suspend(ms: number): void {
    this.wallMs += ms;
    this.uptimeMs = this.uptimeMs === undefined ? undefined : this.uptimeMs + ms;
  }
}

/** What the monotonic time of a host says of this. */
function elapsedMs(happen: (host: Host) => void): number {
  const host = new Host();
  const beforeMs = host.monotonicMs();
  happen(host);
  return host.monotonicMs() - beforeMs;
}

describe('monotonic time', () => {
  it.each<{ what: string; happen: (host: Host) => void; ms: number }>([
    {
      what: 'the time that passes',
      happen: (host) => {
        host.pass(1_500);
      },
      ms: 1_500,
    },
    {
      what: 'the time in which the host is suspended, so that lifetimes and leases end meanwhile',
      happen: (host) => {
        host.suspend(8 * HOUR_MS);
      },
      ms: 8 * HOUR_MS,
    },
    {
      what: 'each of several suspensions',
      happen: (host) => {
        host.suspend(HOUR_MS);
        host.monotonicMs();
        host.pass(1_000);
        host.suspend(2 * HOUR_MS);
      },
      ms: 3 * HOUR_MS + 1_000,
    },
    {
      what: 'a suspension once the wall clock shows it, which may be corrected late',
      happen: (host) => {
        host.suspend(HOUR_MS);
        host.wallMs -= HOUR_MS;
        host.pass(60_000);
        host.monotonicMs();
        host.wallMs += HOUR_MS;
      },
      ms: HOUR_MS + 60_000,
    },
    {
      what: 'no jump of the uptime alone, as when a container begins to see that of its host',
      happen: (host) => {
        host.uptimeMs = (host.uptimeMs ?? 0) + 720 * HOUR_MS;
        host.pass(60_000);
        host.monotonicMs();
        host.pass(60_000);
      },
      ms: 120_000,
    },
    {
      what: 'no jump of the wall clock ahead',
      happen: (host) => {
        host.wallMs += HOUR_MS;
      },
      ms: 0,
    },
    {
      what: 'no jump of the wall clock back',
      happen: (host) => {
        host.wallMs -= HOUR_MS;
      },
      ms: 0,
    },
    {
      what: 'no coarse step of an uptime in whole seconds',
      happen: (host) => {
        host.wallMs += HOUR_MS;
        host.uptimeMs = (host.uptimeMs ?? 0) + 1_000;
      },
      ms: 0,
    },
    {
      what: 'the time that passes, on a host that tells no uptime',
      happen: (host) => {
        host.uptimeMs = undefined;
        host.pass(1_000);
        host.suspend(HOUR_MS);
      },
      ms: 1_000,
    },
  ])('counts $what', ({ happen, ms }) => {
    expect(elapsedMs(happen)).toBe(ms);
  });

  it('of this host never goes back', () => {
    const times = Array.from({ length: 100 }, () => systemClock.monotonicMs());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
