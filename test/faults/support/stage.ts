import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { plantPod } from '../../../src/simulator/world/plant-pod.ts';
import { ApiProxy } from '../../support/api-proxy.ts';
import type { Bench } from '../../support/bench.ts';
import {
  startOperatorProcess,
  type OperatorProcess,
  type ProcessEnd,
} from '../../support/operator-process.ts';
import {
  operatorArgs,
  unscaledArgs,
  type Flags,
  type OperatorPlace,
} from '../../support/operator-settings.ts';
import { openScene, type Scene, type SceneOptions } from '../../support/scene.ts';
import { TcpLink } from '../../support/tcp-link.ts';
import type { Expectation } from '../../simulation/oracles.ts';
import { FOREIGN_NAMES, INSTALLATION } from '../../simulation/shared-world.ts';
import { shippedOperator } from './bundle.ts';
import { Evidence } from './evidence.ts';

/** Shorter still than the scaled settings: here many lives are cut in the middle, and each time that is waited for. */
const FLAGS: Flags = {
  'leader-elect': 'false',
  // All that there is to be said is searched for secrets.
  'log-level': 'trace',
  'installation-id': INSTALLATION,
  'create-timeout': '2s',
  'window-create-fence': '1s',
  'window-foreign-request': '3s',
  'window-sweep': '700ms',
};

/** Sweeps, two each, in which what was begun must have come to its end. */
const ROUNDS_UNTIL_SILENCE = 15;

/**
 * A scene with real processes: the shipped operator talks to the API server over a TCP link and a proxy, and to the
 * provider over another link. Pods of others live at the provider from the beginning to the end.
 */
export class Stage {
  readonly scene: Scene;
  readonly proxy: ApiProxy;
  readonly toCluster: TcpLink;
  readonly toProvider: TcpLink;
  readonly evidence: Evidence;
  /** Of the operator. */
  readonly kubeconfigPath: string;
  readonly #program: string;
  readonly #processes: OperatorProcess[] = [];
  #isStopping = false;
  /** Counted as they come: the log of a thousand rentals is too long to be gone through at every look. */
  #lists = 0;

  constructor(scene: Scene, roads: Roads, program: string) {
    this.scene = scene;
    this.proxy = roads.proxy;
    this.toCluster = roads.toCluster;
    this.toProvider = roads.toProvider;
    this.kubeconfigPath = roads.kubeconfigPath;
    this.#program = program;
    const foreignIds = FOREIGN_NAMES.map((name) => plantPod(scene.simulator.world, { name }).id);
    this.evidence = new Evidence(scene.simulator, roads.proxy, foreignIds);
    scene.simulator.requests.onArrival(({ method, route, query }) => {
      const isFirstPage = !/offset=[1-9]/.test(query);
      if (method === 'GET' && route === '/pods/' && isFirstPage) this.#lists += 1;
    });
  }

  /** Starts one more process of the operator. */
  start(flags: Flags = {}, env: Readonly<Record<string, string>> = this.environment()): OperatorProcess {
    return this.#start(operatorArgs(this.#place(), { ...FLAGS, ...flags }), env);
  }

  /** The same with the times of production, and leader election. */
  startUnscaled(): OperatorProcess {
    const args = unscaledArgs(this.#place(), { 'installation-id': INSTALLATION });
    return this.#start(args, this.environment());
  }

  /** Starts the operator, and another one whenever it ends, as a kubelet does; collects how they ended. */
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

  /** Orders that the provider heard of. */
  posts(): number {
    return this.scene.simulator.requests.count({ method: 'POST', path: '/pods/' });
  }

  /** Complete lists that were begun. */
  lists(): number {
    return this.#lists;
  }

  /** Pods that were ever made by an order. */
  podsMade(): number {
    return this.scene.simulator.ledger.entries().filter(({ origin }) => origin === 'Api').length;
  }

  /** Waits for silence, and says what is or was not as it must be; empty if all is well. */
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
      // The control plane's watchdog ends it too, should this process be killed.
      pidFile: path.join(bench.controlPlane.directory, `${name}.pid`),
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

  /** At rest nothing is written: from one sweep to the next but one. */
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

interface Roads {
  readonly proxy: ApiProxy;
  readonly toCluster: TcpLink;
  readonly toProvider: TcpLink;
  readonly kubeconfigPath: string;
}

/** Opens a stage; stop it in afterEach. */
export async function openStage(bench: Bench, options: SceneOptions = {}): Promise<Stage> {
  const program = await shippedOperator();
  const scene = await openScene(bench, options);
  const proxy = await ApiProxy.open(bench.controlPlane);
  const toCluster = await TcpLink.open(proxy.port);
  const toProvider = await TcpLink.open(Number(new URL(scene.simulator.url).port));
  const kubeconfigPath = path.join(bench.directory, `${scene.namespace}.kubeconfig`);
  await writeFile(kubeconfigPath, kubeconfig(toCluster.port, bench.controlPlane.caData));
  return new Stage(scene, { proxy, toCluster, toProvider, kubeconfigPath }, program);
}

/** Where to find the operator's API server; whoever brings no token is the administrator there. */
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
