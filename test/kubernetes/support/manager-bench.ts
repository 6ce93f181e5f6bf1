import { Controller } from '../../../src/kubernetes/controller.ts';
import type { ControllerOptions } from '../../../src/kubernetes/controller.ts';
import type { Election } from '../../../src/kubernetes/election/election.ts';
import { Manager } from '../../../src/kubernetes/manager.ts';
import type { Parts, WatchedResource } from '../../../src/kubernetes/manager.ts';
import { Reflector } from '../../../src/kubernetes/cache/reflector.ts';
import type { Runnable } from '../../../src/kubernetes/runnable.ts';
import type { SharedSource } from '../../../src/kubernetes/cache/source.ts';
import type { ownKey } from './controller-bench.ts';
import { FakeElection } from './fake-election.ts';
import { startRuntime } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import { until } from './until.ts';

export const BOXES = '/apis/example.dev/v1/boxes';
export const OWNERS = '/apis/example.dev/v1/owners';

/** A resource of the group of the test. */
export function resource(plural: string, ...namespaces: string[]): WatchedResource {
  return { group: 'example.dev', version: 'v1', plural, namespaces, decode: (raw) => raw };
}

/** A manager with real reflectors, a fake API server, and an election that the test controls. */
export class ManagerBench {
  readonly runtime: Runtime;
  /** What happened, in order. */
  readonly steps: string[] = [];
  /** The paths of the created reflectors. */
  readonly opened: string[] = [];
  readonly election = new FakeElection(this.steps);
  readonly manager: Manager;

  private constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.manager = this.newManager(this.election);
  }

  static async open(): Promise<ManagerBench> {
    return new ManagerBench(await startRuntime());
  }

  get server(): Runtime['server'] {
    return this.runtime.server;
  }

  newManager(election: Election): Manager {
    const { server, transport, clock, log } = this.runtime;
    const manager = new Manager({
      kubeConfig: server.kubeConfig(),
      log,
      election,
      openInformer: (path, { decode }) => {
        this.opened.push(path);
        return new Reflector({ transport, clock, log, path, decode, random: () => 0 });
      },
    });
    this.runtime.onClose(async () => {
      await manager.stop();
    });
    return manager;
  }

  /** A controller that records what it reconciles. */
  controller(
    name: string,
    watches: readonly (readonly [SharedSource, typeof ownKey])[],
    options: Partial<ControllerOptions> = {},
  ): Controller {
    const { clock, log } = this.runtime;
    return new Controller({
      name,
      clock,
      log,
      watches: watches.map(([source, toKeys]) => ({ source, toKeys })),
      reconcile: async (key) => {
        this.steps.push(`${name} ${key}`);
        return await Promise.resolve({ kind: 'done' });
      },
      workers: { concurrency: 1 },
      ...options,
    });
  }

  /** A part that records when it starts and stops. */
  part(name: string): Runnable {
    return {
      start: () => {
        this.steps.push(`${name} starts`);
      },
      stop: () => {
        this.steps.push(`${name} stops`);
      },
    };
  }

  /** Starts the manager with parts of the leader, or with further options. */
  async start(leaderBound: readonly Runnable[], parts: Partial<Parts> = {}): Promise<void> {
    await this.manager.start({
      services: [],
      lead: async () => await Promise.resolve(leaderBound),
      ...parts,
    });
  }

  async whenWatched(count: number): Promise<void> {
    await until(() => this.server.watches.openCount === count, `${String(count)} watches are open`);
  }
}
