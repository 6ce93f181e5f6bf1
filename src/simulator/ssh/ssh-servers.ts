import type { Clock } from '../../clock.ts';
import type { Pod } from '../world/pod.ts';
import { podStateAt } from '../world/pod-state.ts';
import { welcomeAt } from '../world/ssh-welcome.ts';
import type { Welcome } from '../world/ssh-welcome.ts';
import type { World } from '../world/world.ts';
import type { InstanceServer } from './instance-server.ts';

/** How often servers of ended instances are looked for while no request arrives. */
const SWEEP_MS = 250;

export interface SshOptions {
  /** Whether the servers run commands on this computer. */
  readonly runsCommands: boolean;
}

/** The SSH servers of all ACTIVE instances. They start and end with their instances. */
export class SshServers {
  readonly #world: World;
  readonly #runsCommands: boolean;
  readonly #servers = new Map<string, InstanceServer>();
  readonly #stopping = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(world: World, { runsCommands }: SshOptions) {
    this.#world = world;
    this.#runsCommands = runsCommands;
  }

  /** The server of an instance, or undefined while it is not ACTIVE. */
  of(podId: string): InstanceServer | undefined {
    return this.#servers.get(podId);
  }

  /** Starts and stops servers, so that they are those of the instances that are ACTIVE now. */
  async settle(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await this.#settleOnce();
    });
    await this.#turn;
  }

  /** Settles until `stop`. An instance may end without any request. */
  async watch(clock: Clock): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.settle();
      await clock.sleep(SWEEP_MS, signal).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.settle();
  }

  async #settleOnce(): Promise<void> {
    const wanted = new Set(this.#stopping.signal.aborted ? [] : this.#active().map(({ id }) => id));
    for (const [podId, server] of this.#servers) {
      if (!wanted.has(podId)) {
        this.#servers.delete(podId);
        this.#world.pods.get(podId).sshPort = null;
        await server.stop();
      }
    }
    for (const podId of wanted) {
      if (!this.#servers.has(podId)) {
        await this.#start(this.#world.pods.get(podId));
      }
    }
  }

  async #start(pod: Pod): Promise<void> {
    // Loaded here, because a simulator without --ssh does not need it.
    const { InstanceServer: Server } = await import('./instance-server.ts');
    const welcome = (): Welcome => welcomeAt(pod, this.#world.clock.nowMs());
    const server = await Server.start({ pod, runsCommands: this.#runsCommands, welcome });
    this.#servers.set(pod.id, server);
    pod.sshPort = server.port;
  }

  #active(): Pod[] {
    const nowMs = this.#world.clock.nowMs();
    return this.#world.pods.live().filter((pod) => podStateAt(pod, nowMs).status === 'ACTIVE');
  }
}
