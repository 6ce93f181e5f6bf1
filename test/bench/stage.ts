import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inParallel } from '../../scripts/checks/in-parallel.ts';
import { systemClock } from '../../src/clock.ts';
import type { SimulatorOptions } from '../../src/simulator/start-simulator.ts';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { shippedOperator } from '../faults/support/bundle.ts';
import { kubeconfig } from '../faults/support/stage.ts';
import { ApiProxy } from '../support/api-proxy.ts';
import type { RequestRecord } from '../support/audit.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { SceneBench } from '../support/bench.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import type { Flags } from '../support/operator-settings.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { scrape } from './scrape.ts';
import type { Scrape } from './scrape.ts';

const PARALLEL = 32;
const TOO_LONG_MS = 20 * 60_000;
/** Two benches on one host must not read each other's metrics. */
const METRICS_PORT = 20_000 + 4 * (process.pid % 3_000);
const METRICS_PORTS = 4;
const MIN_SCRAPE_MS = 200;
let portsTaken = 0;

/** The durations of an instance's states in all scenarios. An instance takes two seconds to become ready. */
export const LIFE = { provisioningMs: 1_500, installingMs: 500, deletingMs: 500 };
export const PROVIDER_MS = LIFE.provisioningMs + LIFE.installingMs;

const SPEC = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

export interface StageOptions {
  readonly settings?: SimulatorOptions['settings'];
  readonly flags?: Flags;
  /** The operator reaches this API server through a proxy, which can cut watches. */
  readonly proxied?: ControlPlane;
}

/** A namespace, a simulated provider, and the shipped operator with production timings in a process of its own. */
export class Stage {
  readonly bench: SceneBench;
  readonly scene: Scene;
  readonly audit: RequestRecord;
  readonly proxy: ApiProxy | undefined;
  readonly #program: string;
  readonly #flags: Flags;
  readonly #operators: OperatorProcess[] = [];
  /** Of the last process. */
  #metricsPort = METRICS_PORT;

  private constructor(
    bench: SceneBench,
    audit: RequestRecord,
    parts: Pick<Stage, 'scene' | 'proxy'> & { readonly program: string; readonly flags: Flags },
  ) {
    this.bench = bench;
    this.audit = audit;
    this.scene = parts.scene;
    this.proxy = parts.proxy;
    this.#program = parts.program;
    this.#flags = parts.flags;
  }

  static async open(bench: SceneBench, audit: RequestRecord, options: StageOptions = {}): Promise<Stage> {
    const { settings = {}, flags = {}, proxied } = options;
    const program = await shippedOperator();
    const scene = await openScene(bench, { simulator: { settings: { ...LIFE, ...settings } } });
    const proxy = proxied === undefined ? undefined : await ApiProxy.open(proxied);
    const through =
      proxy === undefined ? {} : { kubeconfig: await proxiedKubeconfig(bench.directory, proxy, proxied) };
    const stage = new Stage(bench, audit, { scene, proxy, program, flags: { ...flags, ...through } });
    await stage.startOperator();
    return stage;
  }

  async close(): Promise<void> {
    await Promise.all(this.#operators.map(async (operator) => await operator.stop()));
    await this.proxy?.close();
    await this.scene.stop();
  }

  /** Starts another process, and waits until it works. The metrics of the last one are read. */
  async startOperator(): Promise<void> {
    const { simulator } = this.scene;
    const before = simulator.requests.count({ path: '/user/whoami' });
    this.startStandby();
    await this.scene.untilTrue(
      'the operator works',
      () => simulator.requests.count({ path: '/user/whoami' }) > before,
    );
  }

  /** Starts another process, and does not wait for anything. */
  startStandby(): void {
    const { simulator } = this.scene;
    this.#metricsPort = takePort();
    this.#operators.push(
      startOperatorProcess({
        program: this.#program,
        args: this.scene.unscaledArgs({
          'http-address': `127.0.0.1:${String(this.#metricsPort)}`,
          ...this.#flags,
        }),
        env: { PRIME_API_KEY: simulator.apiKey },
        logFile: path.join(this.bench.directory, 'operator.log'),
      }),
    );
  }

  /** Kills the process that was started first of those that run. */
  async killOperator(): Promise<void> {
    await this.#operators.find((operator) => operator.isRunning())?.stop('SIGKILL');
  }

  async scrape(): Promise<Scrape> {
    return await scrape(this.#metricsPort);
  }

  /** Writes of the operator to GpuPods, Secrets and events so far. Leases and the operator's own records do not count. */
  async writes(): Promise<readonly string[]> {
    const all = await this.audit.writes(this.scene.namespace);
    return all.filter((write) => !/ (configmaps|leases)/.test(write));
  }

  /** @param specOf more of the spec of each GpuPod */
  async createAll(
    names: readonly string[],
    specOf: (index: number) => Partial<GpuPodSpecInput> = () => ({}),
  ): Promise<void> {
    await inParallel(PARALLEL, [...names.entries()], async ([index, name]) => {
      await this.scene.create(name, { ...SPEC, ...specOf(index) });
    });
  }

  async deleteAll(names: readonly string[]): Promise<void> {
    await inParallel(PARALLEL, names, async (name) => {
      await this.scene.delete(name);
    });
  }

  /** Waits until the metrics of the last process are as wanted. They are not served before it has started. */
  async untilScraped(isSo: (seen: Scrape) => boolean, everyMs: number): Promise<Scrape> {
    const deadlineMs = systemClock.monotonicMs() + TOO_LONG_MS;
    while (systemClock.monotonicMs() < deadlineMs) {
      const seen = await this.scrape().catch(() => undefined);
      if (seen !== undefined && isSo(seen)) return seen;
      await systemClock.sleep(everyMs);
    }
    throw new Error(`after ${String(TOO_LONG_MS / 60_000)} minutes the metrics are not as wanted`);
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
      // Each scrape costs the operator time for each GpuPod, which must not be what is measured.
      await systemClock.sleep(Math.max(MIN_SCRAPE_MS, count));
    }
    throw new Error(
      `after ${String(TOO_LONG_MS / 60_000)} minutes there are still not ${String(count)} GpuPods in phase ${phase}`,
    );
  }
}

/** Few processes run at a time, so that the first of them has ended when its port comes round again. */
function takePort(): number {
  const port = METRICS_PORT + (portsTaken % METRICS_PORTS);
  portsTaken += 1;
  return port;
}

async function proxiedKubeconfig(
  directory: string,
  { port }: ApiProxy,
  proxied: ControlPlane | undefined,
): Promise<string> {
  const file = path.join(directory, 'proxied.kubeconfig');
  await writeFile(file, kubeconfig(port, proxied?.caData ?? ''));
  return file;
}

export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `pod-${String(index)}`);
}

export async function timedMs(run: () => Promise<unknown>): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  await run();
  return systemClock.monotonicMs() - startedMs;
}
