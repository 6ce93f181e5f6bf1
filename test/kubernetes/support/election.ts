import type { ApiTransport } from '../../../src/kubernetes/api-transport.ts';
import type { LeadershipHandlers, LeadingEnd } from '../../../src/kubernetes/election.ts';
import { LeaderElector } from '../../../src/kubernetes/leader-elector.ts';
import type { LeaderElectorOptions } from '../../../src/kubernetes/leader-elector-options.ts';
import { FakeApiServer, type Fault } from './fake-api-server.ts';
import { RecordingLog } from './recording-log.ts';
import { transportTo } from './runtime.ts';
import type { SeenRequest } from './seen-request.ts';
import { turn, until } from './until.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Where the Lease of the election is. */
export const LEASES = '/apis/coordination.k8s.io/v1/leases';
export const LEASE_KEY = 'operators/gpupod-operator';

/** A process that stands for election, on a machine with a clock of its own. */
export interface Candidate {
  identity: string;
  clock: VirtualClock;
  elector: LeaderElector;
  /** Begins to stand. */
  start: () => void;
  transport: ApiTransport;
  log: RecordingLog;
  started: number;
  ends: LeadingEnd[];
}

/** What may be different about a candidate. */
export type CandidateOptions = Partial<LeaderElectorOptions> &
  Partial<LeadershipHandlers> & { wallStartMs?: number };

/** Several processes and one API server. */
export class Election {
  readonly server: FakeApiServer;
  readonly candidates: Candidate[] = [];

  private constructor(server: FakeApiServer) {
    this.server = server;
  }

  static async start(): Promise<Election> {
    return new Election(await FakeApiServer.start());
  }

  /** Stops everybody; fails if somebody left a timer behind. */
  async close(): Promise<void> {
    for (const { elector } of this.candidates) await elector.stop();
    const timers = this.candidates.reduce((sum, { clock }) => sum + clock.sleepers, 0);
    for (const { transport } of this.candidates) transport.close();
    await this.server.close();
    if (timers > 0) throw new Error(`${String(timers)} timers were left behind`);
  }

  candidate(identity: string, { wallStartMs, ...given }: CandidateOptions = {}): Candidate {
    const { onStartedLeading, onStoppedLeading, ...options } = given;
    const clock = new VirtualClock(wallStartMs);
    const transport = transportTo(this.server, clock);
    const log = new RecordingLog();
    const elector = new LeaderElector({
      transport,
      clock,
      log,
      namespace: 'operators',
      name: 'gpupod-operator',
      identity,
      ...options,
    });
    const start = (): void => {
      elector.start({
        onStartedLeading:
          onStartedLeading ??
          (() => {
            created.started += 1;
          }),
        onStoppedLeading:
          onStoppedLeading ??
          ((end) => {
            created.ends.push(end);
          }),
      });
    };
    const created: Candidate = { identity, clock, elector, start, transport, log, started: 0, ends: [] };
    this.candidates.push(created);
    return created;
  }

  /** Starts to stand, and waits until it leads. */
  async leader(identity: string, options?: CandidateOptions): Promise<Candidate> {
    const created = this.candidate(identity, options);
    created.start();
    await until(() => created.elector.isLeader(), `${identity} leads`);
    return created;
  }

  /** Starts to stand while another leads, and waits until it has looked. */
  async standby(identity: string, options?: CandidateOptions): Promise<Candidate> {
    const created = this.candidate(identity, options);
    const before = this.server.requests.length;
    created.start();
    await until(() => this.server.requests.length > before);
    await settle();
    return created;
  }

  /** Time passes on these machines alike, and stands still on the others. */
  async pass(ms: number, on: readonly Candidate[] = this.candidates): Promise<void> {
    const stepMs = 250;
    for (let passed = 0; passed < ms; passed += stepMs) {
      for (const { clock } of on) await clock.advance(Math.min(stepMs, ms - passed));
      await settle();
    }
  }

  /** What the lease says. */
  lease(): Record<string, unknown> {
    const spec = this.server.objects.get(LEASES, LEASE_KEY)?.['spec'];
    return { ...(typeof spec === 'object' ? spec : {}) };
  }

  holder(): unknown {
    return this.lease()['holderIdentity'];
  }

  /** Somebody else writes the lease, behind everybody's back. */
  overwrite(spec: Readonly<Record<string, unknown>>): void {
    this.server.objects.put(LEASES, LEASE_KEY, { spec: { ...this.lease(), ...spec } });
  }

  /** What this candidate writes is answered with the fault; reads and the others are not touched. */
  breakFor(who: Candidate, fault: Fault): void {
    this.server.plan((request) => (isWriteOf(request, who.identity) ? fault : undefined));
  }
}

/** True for a claim of the lease by this candidate. */
export function isWriteOf({ method, body }: SeenRequest, identity: string): boolean {
  return method !== 'GET' && body.includes(`"holderIdentity":"${identity}"`);
}

/** Lets requests to the loopback server come back. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 60; turns += 1) await turn();
}
