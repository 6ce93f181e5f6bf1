import { parseGpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { API_VERSION, KIND } from '../../src/api/common/names.ts';
import type { GpuPodSpecInput } from '../../src/api/gpupod/spec.ts';
import { startOperator } from '../../src/composition/operator.ts';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/start-simulator.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { createNamespace } from './bench.ts';
import type { SceneBench } from './bench.ts';
import { createCanaries, leaks, SECRETIVE } from './canaries.ts';
import type { OperatorProcess } from './operator-process.ts';
import { operatorArgs, unscaledArgs } from './operator-settings.ts';
import type { Flags, OperatorPlace } from './operator-settings.ts';
import { until } from './until.ts';

/** Durations of instance states, just long enough for a test to observe each state. */
const SHORT_LIFE = { provisioningMs: 200, installingMs: 150, deletingMs: 150 };

export interface SceneOptions {
  readonly simulator?: SimulatorOptions;
  readonly flags?: Flags;
  /** The environment of the operator. @default the first key of the simulator */
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment of one test on the bench: a namespace, a provider and, once started, an operator. */
export class Scene {
  readonly bench: SceneBench;
  readonly namespace: string;
  readonly simulator: Simulator;
  readonly log = new RecordingLog();
  readonly #options: SceneOptions;
  readonly #operators = new Set<RunningOperator>();
  readonly #processes: OperatorProcess[] = [];

  constructor(bench: SceneBench, namespace: string, simulator: Simulator, options: SceneOptions) {
    this.bench = bench;
    this.namespace = namespace;
    this.simulator = simulator;
    this.#options = options;
  }

  /** Starts an operator in this process, which watches only this namespace. */
  async startOperator(flags: Flags = {}): Promise<RunningOperator> {
    return await this.#start(this.operatorArgs({ 'leader-elect': 'false', ...flags }));
  }

  /** The same with the timings of production. */
  async startUnscaledOperator(flags: Flags = {}): Promise<RunningOperator> {
    return await this.#start(this.unscaledArgs({ 'leader-elect': 'false', ...flags }));
  }

  async #start(args: readonly string[]): Promise<RunningOperator> {
    const { env = { PRIME_API_KEY: this.simulator.apiKey } } = this.#options;
    const loaded = loadConfig(args, env);
    if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
    const operator = await startOperator(loaded.config, this.log);
    this.#operators.add(operator);
    return operator;
  }

  /** Shows the output of the process when a wait fails, and searches it for secrets at the end. */
  watchLogOf(process: OperatorProcess): void {
    this.#processes.push(process);
  }

  /** The arguments for an operator of this scene, in any process. */
  operatorArgs(flags: Flags = {}): string[] {
    return operatorArgs(this.#place(), { ...this.#options.flags, ...flags });
  }

  /** The same with the timings of production. */
  unscaledArgs(flags: Flags = {}): string[] {
    return unscaledArgs(this.#place(), { ...this.#options.flags, ...flags });
  }

  #place(): OperatorPlace {
    const { kubeconfigPath } = this.bench.controlPlane;
    return { kubeconfigPath, namespace: this.namespace, primeUrl: this.simulator.url };
  }

  async stopOperators(): Promise<void> {
    for (const operator of this.#operators) await operator.stop();
    this.#operators.clear();
  }

  /**
   * Ends the scene, and searches all readable places for its secrets.
   *
   * @throws if it finds a secret.
   */
  async stop(): Promise<void> {
    await this.stopOperators();
    const found = await leaks({
      bench: this.bench,
      namespace: this.namespace,
      apiKeys: this.simulator.settings.accounts.map(({ key }) => key),
      lines: this.log.lines,
      texts: await this.#processTexts(),
    });
    await this.simulator.stop();
    if (found.length > 0) throw new Error(`secrets that anybody can read: ${found.join(', ')}`);
  }

  async #processTexts(): Promise<string[]> {
    return await Promise.all(
      this.#processes.map(async (process) => `${process.args.join(' ')}\n${await process.log()}`),
    );
  }

  async kubectl(args: readonly string[], input?: string): Promise<KubectlResult> {
    return await this.bench.controlPlane.kubectl(
      ['-n', this.namespace, ...args],
      input === undefined ? {} : { input },
    );
  }

  /** Creates a GpuPod. The API server must accept it. */
  async create(name: string, spec: GpuPodSpecInput, annotations: Record<string, string> = {}): Promise<void> {
    await this.bench.gpuPods.create(this.namespace, {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name, annotations },
      spec: { ...SECRETIVE, ...spec },
    });
  }

  /** Merges fields into a GpuPod. The API server must accept them. */
  async patch(name: string, fields: object): Promise<void> {
    await this.bench.gpuPods.mergePatch({ namespace: this.namespace, name }, fields);
  }

  async annotate(name: string, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    await this.patch(name, { metadata: { annotations } });
  }

  async delete(name: string): Promise<void> {
    await this.bench.gpuPods.delete({ namespace: this.namespace, name });
  }

  /** The stored object, or undefined if it does not exist. */
  async find(name: string): Promise<GpuPod | undefined> {
    const raw = await this.bench.gpuPods.get({ namespace: this.namespace, name });
    if (raw === undefined) return undefined;
    const parsed = parseGpuPod(raw);
    if (parsed.kind === 'invalid') throw new Error(parsed.problems);
    return parsed.gpuPod;
  }

  /** Waits until the object meets the condition, and returns it. */
  async until(name: string, what: string, isSo: (gpuPod: GpuPod) => boolean): Promise<GpuPod> {
    return await until(
      what,
      async () => {
        const gpuPod = await this.find(name);
        return gpuPod !== undefined && isSo(gpuPod) ? gpuPod : undefined;
      },
      async () =>
        JSON.stringify({ status: (await this.find(name))?.status, log: await this.#lastLog() }, undefined, 1),
    );
  }

  async untilReady(name: string): Promise<GpuPod> {
    return await this.until(name, `${name} is ready`, (gpuPod) =>
      conditionText(gpuPod, 'Ready').startsWith('True '),
    );
  }

  /** Waits for a condition written as `Ready=False NoMatchingOffer`, and returns the object. */
  async untilCondition(name: string, wanted: string): Promise<GpuPod> {
    const [type = '', state = ''] = wanted.split('=');
    return await this.until(name, wanted, (gpuPod) => conditionText(gpuPod, type) === state);
  }

  async untilGone(name: string): Promise<void> {
    await until(
      `${name} is gone`,
      async () => ((await this.find(name)) === undefined ? true : undefined),
      async () => JSON.stringify({ object: await this.find(name), log: await this.#lastLog() }, undefined, 1),
    );
  }

  /** Polls any other condition until it holds. */
  async untilTrue(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    await until(
      what,
      async () => ((await isSo()) ? true : undefined),
      () =>
        JSON.stringify({ log: this.#lastLog(), requests: this.simulator.requests.counts() }, undefined, 1),
    );
  }

  /** Waits until the provider has received this many quiet polls of the operator. */
  async quietRounds(count: number): Promise<void> {
    const before = this.#polls();
    await this.untilTrue(`${count} quiet polls`, () => this.#polls() >= before + count);
  }

  /** Events about an object, as `reason: message`. */
  async events(name: string): Promise<string[]> {
    const events = await this.bench.events.list({
      namespace: this.namespace,
      fieldSelector: `involvedObject.name=${name}`,
    });
    return events.map(({ reason, message }) => `${String(reason)}: ${String(message)}`);
  }

  /** Waits for an event about an object, written as `reason: message`. The status may be written before the event. */
  async untilEvent(name: string, pattern: RegExp): Promise<void> {
    await until(
      `an event ${String(pattern)}`,
      async () => (await this.events(name)).find((event) => pattern.test(event)),
      async () => JSON.stringify(await this.events(name)),
    );
  }

  #polls(): number {
    return this.simulator.requests.count({ method: 'GET', path: '/pods/status' });
  }

  async #lastLog(): Promise<unknown[]> {
    const here = this.log.lines
      .slice(-20)
      .map(({ level, message, fields }) => ({ level, message, ...fields }));
    const there = await Promise.all(
      this.#processes.map(async (process) => (await process.log()).split('\n').slice(-20)),
    );
    return [...here, ...there.flat()];
  }
}

/** Opens a scene. Stop it in afterEach. */
export async function openScene(bench: SceneBench, options: SceneOptions = {}): Promise<Scene> {
  const settings = { ...SHORT_LIFE, ...options.simulator?.settings };
  const simulator = await startSimulator({ ...options.simulator, settings });
  const namespace = await createNamespace(bench);
  await createCanaries(bench, namespace);
  return new Scene(bench, namespace, simulator, options);
}

/** Status and reason of a condition: `False NoMatchingOffer`. Empty without the condition. */
export function conditionText({ status }: GpuPod, type: string): string {
  const condition = status.conditions?.find((one) => one.type === type);
  return condition === undefined ? '' : `${condition.status} ${condition.reason}`;
}
