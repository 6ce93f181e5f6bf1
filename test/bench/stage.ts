import path from 'node:path';
import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { systemClock } from '../../src/clock.ts';
import type { SimulatorOptions } from '../../src/simulator/start-simulator.ts';
import { shippedOperator } from '../faults/support/bundle.ts';
import type { Audit } from '../support/audit.ts';
import type { Bench } from '../support/bench.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { scrape } from './scrape.ts';
import type { Scrape } from './scrape.ts';

const PARALLEL = 32;
const TOO_LONG_MS = 20 * 60_000;
const METRICS_PORT = 18_081;

/** The durations of an instance's states in all scenarios. An instance takes two seconds to become ready. */
export const LIFE = { provisioningMs: 1_500, installingMs: 500, deletingMs: 500 };
export const PROVIDER_MS = LIFE.provisioningMs + LIFE.installingMs;

const SPEC = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

/** A namespace, a simulated provider, and the shipped operator with production timings in a process of its own. */
export class Stage {
  readonly bench: Bench;
  readonly scene: Scene;
  readonly audit: Audit;
  readonly #program: string;
  #operator: OperatorProcess | undefined;

  private constructor(bench: Bench, scene: Scene, audit: Audit, program: string) {
    this.bench = bench;
    this.scene = scene;
    this.audit = audit;
    this.#program = program;
  }

  static async open(bench: Bench, audit: Audit, settings: SimulatorOptions['settings'] = {}): Promise<Stage> {
    const program = await shippedOperator();
    const scene = await openScene(bench, { simulator: { settings: { ...LIFE, ...settings } } });
    const stage = new Stage(bench, scene, audit, program);
    await stage.startOperator();
    return stage;
  }

  async close(): Promise<void> {
    await this.#operator?.stop();
    await this.scene.stop();
  }

  async startOperator(): Promise<void> {
    const { simulator } = this.scene;
    const before = simulator.requests.count({ path: '/user/whoami' });
    this.#operator = startOperatorProcess({
      program: this.#program,
      args: this.scene.unscaledArgs({ 'http-address': `127.0.0.1:${String(METRICS_PORT)}` }),
      env: { PRIME_API_KEY: simulator.apiKey },
      logFile: path.join(this.bench.directory, 'operator.log'),
    });
    await this.scene.untilTrue(
      'the operator works',
      () => simulator.requests.count({ path: '/user/whoami' }) > before,
    );
  }

  async killOperator(): Promise<void> {
    await this.#operator?.stop('SIGKILL');
  }

  async scrape(): Promise<Scrape> {
    return await scrape(METRICS_PORT);
  }

  /** Writes of the operator to GpuPods, Secrets and events so far. Leases and the operator's own records do not count. */
  async writes(): Promise<readonly string[]> {
    const all = await this.audit.writes(this.scene.namespace);
    return all.filter((write) => !/ (configmaps|leases)/.test(write));
  }

  async createAll(names: readonly string[]): Promise<void> {
    await inParallel(PARALLEL, names, async (name) => {
      await this.scene.create(name, SPEC);
    });
  }

  async deleteAll(names: readonly string[]): Promise<void> {
    await inParallel(PARALLEL, names, async (name) => {
      await this.scene.delete(name);
    });
  }

  /** Waits until so many GpuPods are in the phase, and returns the last scrape with the worst lag of all. */
  async untilCounted(phase: string, count: number): Promise<Scrape> {
    const deadlineMs = systemClock.monotonicMs() + TOO_LONG_MS;
    let worstSeconds = 0;
    while (systemClock.monotonicMs() < deadlineMs) {
      const seen = await this.scrape();
      worstSeconds = Math.max(worstSeconds, seen.eventLoopLagP99Seconds);
      const all = Object.values(seen.phases).reduce((sum, number) => sum + number, 0);
      if ((phase === 'any' ? all : (seen.phases[phase] ?? 0)) === count) {
        return { ...seen, eventLoopLagP99Seconds: worstSeconds };
      }
      await systemClock.sleep(200);
    }
    throw new Error(
      `after ${String(TOO_LONG_MS / 60_000)} minutes there are still not ${String(count)} GpuPods in phase ${phase}`,
    );
  }
}

export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `pod-${String(index)}`);
}

export async function timedMs(run: () => Promise<unknown>): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  await run();
  return systemClock.monotonicMs() - startedMs;
}
