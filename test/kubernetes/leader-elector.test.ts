import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiTransport } from '../../src/kubernetes/api-transport.ts';
import {
  LeaderElector,
  type LeaderElectorOptions,
  type LeadingEnd,
} from '../../src/kubernetes/leader-elector.ts';
import { FakeApiServer, type Fault, type SeenRequest } from './support/fake-api-server.ts';
import { statusAnswer } from './support/fake-objects.ts';
import { RecordingLog } from './support/recording-log.ts';
import { transportTo } from './support/runtime.ts';
import { turn, until } from './support/until.ts';
import { VirtualClock } from './support/virtual-clock.ts';

const LEASES = '/apis/coordination.k8s.io/v1/leases';
const KEY = 'operators/gpupod-operator';

/** A process that stands for election, on a machine with a clock of its own. */
interface Candidate {
  identity: string;
  clock: VirtualClock;
  elector: LeaderElector;
  transport: ApiTransport;
  log: RecordingLog;
  started: number;
  ends: LeadingEnd[];
}

let server: FakeApiServer;
let candidates: Candidate[];

beforeEach(async () => {
  server = await FakeApiServer.start();
  candidates = [];
});

afterEach(async () => {
  for (const { elector } of candidates) await elector.stop();
  for (const { transport, clock } of candidates) {
    transport.close();
    expect(clock.sleepers).toBe(0);
  }
  await server.close();
});

function candidate(
  identity: string,
  { wallStartMs, ...options }: Partial<LeaderElectorOptions> & { wallStartMs?: number } = {},
): Candidate {
  const clock = new VirtualClock(wallStartMs);
  const transport = transportTo(server, clock);
  const log = new RecordingLog();
  const elector = new LeaderElector({
    transport,
    clock,
    log,
    namespace: 'operators',
    name: 'gpupod-operator',
    identity,
    onStartedLeading: () => {
      created.started += 1;
    },
    onStoppedLeading: (end) => {
      created.ends.push(end);
    },
    ...options,
  });
  const created: Candidate = { identity, clock, elector, transport, log, started: 0, ends: [] };
  candidates.push(created);
  return created;
}

/** Starts to stand, and waits until it leads. */
async function leader(identity: string, options?: Parameters<typeof candidate>[1]): Promise<Candidate> {
  const created = candidate(identity, options);
  created.elector.start();
  await until(() => created.elector.isLeader(), `${identity} leads`);
  return created;
}

/** Starts to stand while another leads, and waits until it has looked. */
async function standby(identity: string, options?: Parameters<typeof candidate>[1]): Promise<Candidate> {
  const created = candidate(identity, options);
  const before = server.requests.length;
  created.elector.start();
  await until(() => server.requests.length > before);
  await settle();
  return created;
}

/** Lets requests to the loopback server come back. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 60; turns += 1) await turn();
}

/** Time passes on these machines alike, and stands still on the others. */
async function pass(ms: number, on: readonly Candidate[] = candidates): Promise<void> {
  const stepMs = 250;
  for (let passed = 0; passed < ms; passed += stepMs) {
    for (const { clock } of on) await clock.advance(Math.min(stepMs, ms - passed));
    await settle();
  }
}

function holder(): unknown {
  return lease()['holderIdentity'];
}

function lease(): Record<string, unknown> {
  const spec = server.objects.get(LEASES, KEY)?.['spec'];
  return { ...(typeof spec === 'object' ? spec : {}) };
}

function breakFor(who: Candidate, fault: Fault): void {
  // Each candidate is recognised by what it writes; reads are broken for everybody else's sake not at all.
  server.plan((request) => (isWriteOf(request, who.identity) ? fault : undefined));
}

function isWriteOf({ method, body }: SeenRequest, identity: string): boolean {
  return method !== 'GET' && body.includes(`"holderIdentity":"${identity}"`);
}

describe('taking the lease', () => {
  it('makes it when there is none', async () => {
    const a = await leader('a');

    expect(a.started).toBe(1);
    expect(lease()).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(lease()['renewTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('is done by one of several that come at once', async () => {
    const all = ['a', 'b', 'c'].map((identity) => candidate(identity));
    for (const { elector } of all) elector.start();
    await settle();
    await pass(20_000);

    expect(all.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
    expect(all.reduce((sum, { started }) => sum + started, 0)).toBe(1);
  });

  it('waits as long as the holder renews, however long', async () => {
    const a = await leader('a');
    const b = await standby('b');

    await pass(60_000);

    expect(a.elector.isLeader()).toBe(true);
    expect(b.started).toBe(0);
  });

  it('happens 15 s after the last renewal that was seen, and not before, when the holder dies', async () => {
    const a = await leader('a');
    const b = await standby('b');
    await pass(4000);

    await pass(13_750, [b]);
    expect(b.elector.isLeader()).toBe(false);
    await pass(1500, [b]);

    expect(b.elector.isLeader()).toBe(true);
    expect(lease()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(a.started).toBe(1);
  });

  it.each([
    { name: 'ahead', wallStartMs: Date.UTC(2035, 0, 1) },
    { name: 'behind', wallStartMs: Date.UTC(2001, 0, 1) },
  ])(
    'does not depend on clocks: one that is years $name neither steals nor is kept out',
    async ({ wallStartMs }) => {
      const a = await leader('a');
      const b = await standby('b', { wallStartMs });

      await pass(40_000);
      expect(b.elector.isLeader()).toBe(false);

      await a.elector.stop();
      await pass(1000, [b]);
      expect(b.elector.isLeader()).toBe(true);
    },
  );

  it('does not take an old record for a dead holder at first sight', async () => {
    server.objects.put(LEASES, KEY, {
      spec: { holderIdentity: 'old', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' },
    });
    const b = await standby('b');

    await pass(14_750);
    expect(b.elector.isLeader()).toBe(false);
    await pass(500);

    expect(b.elector.isLeader()).toBe(true);
  });

  it('respects a holder whose lease is longer than ours', async () => {
    server.objects.put(LEASES, KEY, { spec: { holderIdentity: 'old', leaseDurationSeconds: 60 } });
    const b = await standby('b');

    await pass(59_000);
    expect(b.elector.isLeader()).toBe(false);
    await pass(1500);

    expect(b.elector.isLeader()).toBe(true);
  });

  it('is kept trying while the server is in trouble', async () => {
    server.plan(() => statusAnswer(500, 'InternalError'));
    const a = candidate('a');
    a.elector.start();
    await settle();
    await pass(5000);
    server.plan(() => undefined);
    await pass(1000);

    expect(a.elector.isLeader()).toBe(true);
  });
});

describe('giving it back', () => {
  it('lets a standby lead within its next look', async () => {
    const a = await leader('a');
    const b = await standby('b');

    await a.elector.stop();
    expect(holder()).toBe('');
    await pass(1000, [b]);

    expect(b.elector.isLeader()).toBe(true);
    expect(a.ends).toEqual(['released']);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('waits until the work is finished, and goes on renewing meanwhile', async () => {
    const finished = Promise.withResolvers<undefined>();
    const a = await leader('a', {
      onStoppedLeading: async () => {
        await finished.promise;
      },
    });
    const b = await standby('b');

    const stopped = a.elector.stop();
    await pass(40_000);
    expect(holder()).toBe('a');
    expect(b.elector.isLeader()).toBe(false);
    finished.resolve(undefined);
    await stopped;
    await pass(1000, [b]);

    expect(b.elector.isLeader()).toBe(true);
  });

  it('does not empty a lease that another holds by now', async () => {
    const a = await leader('a');
    server.objects.put(LEASES, KEY, { spec: { ...lease(), holderIdentity: 'b' } });

    await a.elector.stop();

    expect(holder()).toBe('b');
  });

  it('includes a claim whose answer never came', async () => {
    server.plan((request) => {
      if (!isWriteOf(request, 'a')) return undefined;
      server.objects.put(LEASES, KEY, JSON.parse(request.body));
      return 'hang';
    });
    const a = candidate('a');
    a.elector.start();
    await until(() => holder() === 'a');
    server.plan(() => undefined);

    await a.elector.stop();

    expect(holder()).toBe('');
    expect(a.started).toBe(0);
  });

  it('while standing by just ends', async () => {
    await leader('a');
    const b = await standby('b');

    await b.elector.stop();

    expect(b.ends).toEqual([]);
    expect(holder()).toBe('a');
  });
});

describe('losing it', () => {
  it.each([
    { name: 'answers 500', fault: statusAnswer(500, 'InternalError') },
    { name: 'does not answer', fault: 'hang' as const },
    { name: 'breaks the connection', fault: 'cut' as const },
  ])(
    'happens 10 s after the last renewal when the server $name, before anybody else may lead',
    async ({ fault }) => {
      const a = await leader('a');
      const b = await standby('b');
      await pass(2000);
      breakFor(a, fault);

      await pass(9500);
      expect(a.ends).toEqual([]);
      await pass(1000);

      expect(a.ends).toEqual(['lost']);
      expect(b.started).toBe(0);
      await pass(6000);
      expect(b.elector.isLeader()).toBe(true);
      expect(a.ends).toEqual(['lost']);
    },
  );

  it('does not happen for a trouble shorter than that', async () => {
    const a = await leader('a');
    breakFor(a, statusAnswer(503, 'ServiceUnavailable'));
    await pass(8000);
    server.plan(() => undefined);
    await pass(10_000);

    expect(a.elector.isLeader()).toBe(true);
    expect(a.ends).toEqual([]);
  });

  it('happens at the next renewal when another is seen to hold it', async () => {
    const a = await leader('a');
    server.objects.put(LEASES, KEY, { spec: { ...lease(), holderIdentity: 'b' } });

    await pass(2250);

    expect(a.ends).toEqual(['lost']);
    expect(holder()).toBe('b');
  });

  it('happens to a process that was frozen, and isLeader() says no even before it notices', async () => {
    const a = await leader('a');
    const b = await standby('b');
    await pass(17_000, [b]);
    expect(b.elector.isLeader()).toBe(true);

    a.clock.jump(17_000);
    expect(a.elector.isLeader()).toBe(false);
    await pass(1000);

    expect(a.ends).toEqual(['lost']);
    expect(holder()).toBe('b');
  });

  it('does not happen when somebody only annotates the lease, or deletes it', async () => {
    const a = await leader('a');
    server.objects.put(LEASES, KEY, { metadata: { annotations: { touched: 'yes' } } });
    await pass(4000);
    server.objects.remove(LEASES, KEY);
    await pass(4000);

    expect(a.elector.isLeader()).toBe(true);
    expect(holder()).toBe('a');
    expect(a.ends).toEqual([]);
  });

  it('is the end: the process does not stand again, and does not empty what it lost', async () => {
    const a = await leader('a');
    server.objects.put(LEASES, KEY, { spec: { ...lease(), holderIdentity: 'b' } });
    await pass(3000);
    server.objects.remove(LEASES, KEY);
    await pass(30_000);
    await a.elector.stop();

    expect(a.started).toBe(1);
    expect(server.objects.get(LEASES, KEY)).toBeUndefined();
  });
});

describe('the fence', () => {
  it('is the time at which the last good renewal was sent', async () => {
    const a = await leader('a');
    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(1000);

    await pass(2000);
    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(3000);
    breakFor(a, statusAnswer(500, 'InternalError'));
    await pass(6000);

    expect(a.elector.lastRenewedAtMonotonicMs()).toBe(3000);
    expect(a.elector.isLeader()).toBe(true);
  });

  it('is never older than 5 s while all is well', async () => {
    const a = await leader('a');
    let oldestMs = 0;

    for (let step = 0; step < 80; step += 1) {
      await pass(250);
      oldestMs = Math.max(oldestMs, a.clock.monotonicMs() - (a.elector.lastRenewedAtMonotonicMs() ?? 0));
    }

    expect(oldestMs).toBeLessThan(5000);
  });
});

it('outlives callbacks that throw', async () => {
  const fail = (): void => {
    throw new Error('bug');
  };
  const a = await leader('a', { onStartedLeading: fail, onStoppedLeading: fail });

  await a.elector.stop();

  expect(holder()).toBe('');
  expect(a.log.messages('error')).toHaveLength(2);
});
