import type { ApiTransport } from '../../../src/kubernetes/client/api-transport.ts';
import type { LeadershipHandlers, LeadingEnd } from '../../../src/kubernetes/election/election.ts';
import { LeaderElector } from '../../../src/kubernetes/election/leader-elector.ts';
import type { LeaderElectorOptions } from '../../../src/kubernetes/election/leader-elector-options.ts';
import { FakeApiServer } from './fake-api-server.ts';
import type { Fault } from './fake-api-server.ts';
import { RecordingLog } from './recording-log.ts';
import { transportTo } from './runtime.ts';
import type { SeenRequest } from './seen-request.ts';
import { turn, until } from './until.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The path of the Lease of the election. */
export const LEASES = '/apis/coordination.k8s.io/v1/leases';
export const LEASE_KEY = 'operators/gpupod-operator';

/** A candidate process, with a clock of its own. */
export interface Candidate {
  identity: string;
  clock: VirtualClock;
  elector: LeaderElector;
  /** Starts the candidacy. */
  start: () => void;
  transport: ApiTransport;
  log: RecordingLog;
  started: number;
  ends: LeadingEnd[];
}

/** The options of a candidate. */
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

  /** Stops all candidates, and fails if one leaves a timer behind. */
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

  /** Starts a candidate, and waits until it leads. */
  async leader(identity: string, options?: CandidateOptions): Promise<Candidate> {
    const created = this.candidate(identity, options);
    created.start();
    await until(() => created.elector.isLeader(), `${identity} leads`);
    return created;
  }

  /** Starts a candidate while another one leads, and waits until it has read the Lease. */
  async standby(identity: string, options?: CandidateOptions): Promise<Candidate> {
    const created = this.candidate(identity, options);
    const before = this.server.requests.length;
    created.start();
    await until(() => this.server.requests.length > before);
    await settle();
    return created;
  }

  /** Advances the clocks of these candidates together. The other clocks do not move. */
  async pass(ms: number, on: readonly Candidate[] = this.candidates): Promise<void> {
    const stepMs = 250;
    for (let passed = 0; passed < ms; passed += stepMs) {
      for (const { clock } of on) await clock.advance(Math.min(stepMs, ms - passed));
      await settle();
    }
  }

  /** The spec of the Lease. */
  lease(): Record<string, unknown> {
    const spec = this.server.objects.get(LEASES, LEASE_KEY)?.['spec'];
    return { ...(typeof spec === 'object' ? spec : {}) };
  }

  holder(): unknown {
    return this.lease()['holderIdentity'];
  }

  /** Overwrites the Lease without any candidate. */
  overwrite(spec: Readonly<Record<string, unknown>>): void {
    this.server.objects.put(LEASES, LEASE_KEY, { spec: { ...this.lease(), ...spec } });
  }

  /** Answers the writes of this candidate with the fault. Reads and other candidates work. */
  breakFor(who: Candidate, fault: Fault): void {
    this.server.plan((request) => (isWriteOf(request, who.identity) ? fault : undefined));
  }
}

/** Whether the request is a write of the Lease by this candidate. */
export function isWriteOf({ method, body }: SeenRequest, identity: string): boolean {
  return method !== 'GET' && body.includes(`"holderIdentity":"${identity}"`);
}

/** Waits until requests to the loopback server are answered. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 60; turns += 1) await turn();
}
