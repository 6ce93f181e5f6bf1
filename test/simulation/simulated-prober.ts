import { createHash } from 'node:crypto';
import type { Clock } from '../../src/clock.ts';
import type { ProbeAnswer, Prober, ProbeTarget } from '../../src/lifecycle/reachability.ts';
import { connectionOf } from '../../src/simulator/world/connection.ts';
import type { Pod } from '../../src/simulator/world/pod.ts';
import { podStateAt } from '../../src/simulator/world/pod-state.ts';
import { welcomeAt } from '../../src/simulator/world/ssh-welcome.ts';
import type { World } from '../../src/simulator/world/world.ts';

const ROUND_TRIP_MS = 120;
const TIMEOUT_MS = 10_000;

/** Probes the SSH servers of the simulated world, in virtual time. */
export class SimulatedProber implements Prober {
  readonly #world: World;
  readonly #clock: Clock;

  constructor(world: World, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
  }

  async probe({ host, port }: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
    await this.#clock.sleep(ROUND_TRIP_MS, signal);
    const nowMs = this.#world.clock.nowMs();
    const pod = this.#world.pods.live().find((live) => isAt(live, { host, port }, nowMs));
    const welcome = pod === undefined ? 'Closes' : welcomeAt(pod, nowMs);
    if (welcome === 'Silent') {
      await this.#clock.sleep(TIMEOUT_MS, signal);
      return { kind: 'failed', reason: 'TimedOut' };
    }
    return pod === undefined || welcome === 'Closes'
      ? { kind: 'failed', reason: 'Unreachable' }
      : { kind: 'answered', hostKey: simulatedHostKey(pod) };
  }
}

/** The host key of an instance. It differs after each change of it. */
export function simulatedHostKey({ id, hostKeyChanges }: Pod): string {
  const hash = createHash('sha256')
    .update(`${id}-${String(hostKeyChanges)}`)
    .digest('base64');
  return `ssh-ed25519 ${hash}`;
}

function isAt(pod: Pod, { host, port }: ProbeTarget, nowMs: number): boolean {
  const { primePortMapping } = connectionOf(pod, podStateAt(pod, nowMs));
  return pod.host === host && primePortMapping.some(({ external }) => external === String(port));
}
