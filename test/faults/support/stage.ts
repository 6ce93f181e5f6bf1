import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import { ApiProxy } from '../../support/api-proxy.ts';
import type { Bench } from '../../support/bench.ts';
import { startOperatorProcess } from '../../support/operator-process.ts';
import type { OperatorProcess, ProcessEnd } from '../../support/operator-process.ts';
import { operatorArgs, unscaledArgs } from '../../support/operator-settings.ts';
import type { Flags, OperatorPlace } from '../../support/operator-settings.ts';
import { openScene } from '../../support/scene.ts';
import type { Scene, SceneOptions } from '../../support/scene.ts';
import { TcpLink } from '../../support/tcp-link.ts';
import type { Expectation } from '../../simulation/oracles.ts';
import { FOREIGN_NAMES, INSTALLATION } from '../../simulation/shared-provider.ts';
import { shippedOperator } from './bundle.ts';
import { Evidence } from './evidence.ts';

/** Even shorter than the scaled settings, because these tests interrupt many life cycles and wait for each recovery. */
const FLAGS: Flags = {
  'leader-elect': 'false',
  // The most verbose log is searched for secrets.
  'log-level': 'trace',
  'installation-id': INSTALLATION,
  'create-timeout': '2s',
  'window-create-fence': '1s',
  'window-foreign-request': '3s',
  'window-sweep': '700ms',
};

/** Rounds of two sweeps in which all actions must complete. */
const ROUNDS_UNTIL_SILENCE = 15;

/**
 * A scene with real processes. The bundled operator uses the API server through a TCP link and a proxy, and the
 * provider through another link. The provider has instances of others all the time.
 */
export class Stage {
  readonly scene: Scene;
  readonly proxy: ApiProxy;
  readonly toCluster: TcpLink;
  readonly toProvider: TcpLink;
  readonly evidence: Evidence;
  /** The violations and writes of the operator. */
  readonly kubeconfigPath: string;
  readonly #pidDirectory: string;
  readonly #program: string;
  readonly #processes: OperatorProcess[] = [];
  #isStopping = false;
  /** Counted on arrival, because the log of a thousand instances is too long to be searched at every poll. */
  #lists = 0;

  constructor(scene: Scene, links: Links, program: string) {
    this.scene = scene;
    this.proxy = links.proxy;
    this.toCluster = links.toCluster;
    this.toProvider = links.toProvider;
    this.kubeconfigPath = links.kubeconfigPath;
    this.#pidDirectory = links.pidDirectory;
    this.#program = program;
    const foreignIds = FOREIGN_NAMES.map((name) => plantPod(scene.simulator.world, { name }).id);
    this.evidence = new Evidence(scene.simulator, links.proxy, foreignIds);
    scene.simulator.requests.onArrival(({ method, route, query }) => {
      const isFirstPage = !/offset=[1-9]/.test(query);
      if (method === 'GET' && route === '/pods/' && isFirstPage) this.#lists += 1;
    });
  }

  /** Starts another process of the operator. */
  start(flags: Flags = {}, env: Readonly<Record<string, string>> = this.environment()): OperatorProcess {
    return this.#start(operatorArgs(this.#place(), { ...FLAGS, ...flags }), env);
  }

  /** The same with the timings of production and leader election. */
  startUnscaled(): OperatorProcess {
    const args = unscaledArgs(this.#place(), { 'installation-id': INSTALLATION });
    return this.#start(args, this.environment());
  }

  /** Starts the operator, and restarts it whenever it exits, as a kubelet does. Collects the exit statuses. */
  keepRunning(flags: Flags = {}): readonly ProcessEnd[] {
    const ends: ProcessEnd[] = [];
    const run = (): void => {
      void this.start(flags).ended.then((end) => {
        ends.push(end);
        if (!this.#isStopping) run();
      });
    };
    run();
    return ends;
  }

  environment(): Record<string, string> {
    return { PRIME_API_KEY: this.scene.simulator.apiKey };
  }

  /** The number of create requests that the provider received. */
  posts(): number {
    return this.scene.simulator.requests.count({ method: 'POST', path: '/pods/' });
  }

  /** The number of started complete lists. */
  lists(): number {
    return this.#lists;
  }

  /** The number of instances that create requests made. */
  createdInstanceCount(): number {
    return this.scene.simulator.ledger.entries().filter(({ origin }) => origin === 'Api').length;
  }

  /** Waits until the operator writes nothing more, and returns all violations. */
  async judge(expected: Expectation = {}): Promise<readonly string[]> {
    await this.#untilSilent();
    return await this.verdict(expected);
  }

  /** The same without waiting. */
  async verdict(expected: Expectation = {}): Promise<readonly string[]> {
    const { bench, namespace } = this.scene;
    return this.evidence.violations(await bench.gpuPods.list({ namespace }), expected);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#processes.map(async (process) => await process.stop('SIGKILL')));
    await this.toCluster.close();
    await this.toProvider.close();
    await this.proxy.close();
    await this.scene.stop();
  }

  #start(args: readonly string[], env: Readonly<Record<string, string>>): OperatorProcess {
    const { bench, namespace } = this.scene;
    const name = `${namespace}-${this.#processes.length}`;
    const process = startOperatorProcess({
      program: this.#program,
      args,
      env,
      logFile: path.join(bench.directory, `${name}.log`),
      // If this process is killed, the watchdog of the control plane ends the operator.
      pidFile: path.join(this.#pidDirectory, `${name}.pid`),
    });
    this.#processes.push(process);
    this.scene.watchLogOf(process);
    return process;
  }

  #place(): OperatorPlace {
    return {
      kubeconfigPath: this.kubeconfigPath,
      namespace: this.scene.namespace,
      primeUrl: `http://127.0.0.1:${this.toProvider.port}`,
    };
  }

  /** Waits until there is no write during two sweeps. */
  async #untilSilent(): Promise<void> {
    for (let round = 0; round < ROUNDS_UNTIL_SILENCE; round += 1) {
      const writes = this.evidence.writes().length;
      const lists = this.lists();
      await this.scene.untilTrue('two sweeps', () => this.lists() >= lists + 2);
      if (this.evidence.writes().length === writes) return;
    }
    this.evidence.addViolation('silence', `still writes: ${this.evidence.writes().slice(-3).join(', ')}`);
  }
}

interface Links {
  readonly proxy: ApiProxy;
  readonly toCluster: TcpLink;
  readonly toProvider: TcpLink;
  readonly kubeconfigPath: string;
  /** Where the watchdog of the control plane looks for process IDs. */
  readonly pidDirectory: string;
}

/** Opens a stage. Stop it in afterEach. */
export async function openStage(bench: Bench, options: SceneOptions = {}): Promise<Stage> {
  const program = await shippedOperator();
  const scene = await openScene(bench, options);
  const proxy = await ApiProxy.open(bench.controlPlane);
  const toCluster = await TcpLink.open(proxy.port);
  const toProvider = await TcpLink.open(Number(new URL(scene.simulator.url).port));
  const kubeconfigPath = path.join(bench.directory, `${scene.namespace}.kubeconfig`);
  await writeFile(kubeconfigPath, kubeconfig(toCluster.port, bench.controlPlane.caData));
  const pidDirectory = bench.controlPlane.directory;
  return new Stage(scene, { proxy, toCluster, toProvider, kubeconfigPath, pidDirectory }, program);
}

/** A kubeconfig for the operator. A client without a token acts as the administrator. */
export function kubeconfig(port: number, caData: string, user: object = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'stage',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': caData },
      },
    ],
    users: [{ name: 'operator', user }],
    contexts: [{ name: 'stage', context: { cluster: 'stage', user: 'operator' } }],
    'current-context': 'stage',
  });
}
