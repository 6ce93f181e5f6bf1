import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { startControlPlane } from '../../test/control-plane/control-plane.ts';
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import { watchOver } from '../../test/control-plane/watchdog.ts';
import { startOperatorProcess } from '../../test/support/operator-process.ts';
import type { OperatorProcess } from '../../test/support/operator-process.ts';
import { createKey } from './key.ts';
import type { DemoKey } from './key.ts';
import type { Terminal } from './terminal.ts';

const root = path.resolve(import.meta.dirname, '../..');
const NAMESPACE = 'gpupod-system';
/** The operator releases its Lease and exits within a second. After this time it is killed. */
const STOP_TIMEOUT_MS = 15_000;

/** Short, but long enough to be visible. */
const LIFE = { provisioningMs: 5_000, installingMs: 4_000, deletingMs: 3_000 };
/** An instance lives for seconds here, so the operator polls every second. */
const OPERATOR_ARGS = [
  ...['--window-busy-poll', '1s'],
  ...['--http-address', 'off'],
  ...['--namespace', NAMESPACE],
  // The simulated instances have SSH servers on this computer.
  ...['--ssh-probe', '--ssh-probe-allowed-cidrs', '127.0.0.1/32'],
];

/** Everything that the demo starts. */
export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly simulator: Simulator;
  readonly operator: OperatorProcess;
  /** Opens the instance; undefined if this computer has no OpenSSH. */
  readonly key: DemoKey | undefined;
}

/** Everything that was started, in order, and how to stop it. */
export class DemoProcesses {
  readonly #releases: (() => Promise<void>)[] = [];
  readonly #saves: (() => Promise<void>)[] = [];
  #logDirectory: string | undefined;

  /** The folder with the logs of all processes. */
  get logDirectory(): string | undefined {
    return this.#logDirectory;
  }

  /** Starts the control plane, the simulated provider and the operator, and reports that. */
  async start(terminal: Terminal): Promise<Stage> {
    const logDirectory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-demo-'));
    this.#logDirectory = logDirectory;
    const controlPlane = await this.#startControlPlane(terminal, logDirectory);
    terminal.fact('Kubernetes', `${await serverVersion(controlPlane)} at ${controlPlane.serverUrl}`);
    const simulator = await this.#startSimulator(logDirectory);
    const key = await this.#createKey(simulator);
    terminal.fact('Provider', `simulated Prime Intellect API at ${simulator.url}`);
    await mustSucceed(controlPlane, ['create', 'namespace', NAMESPACE]);
    const operator = await this.#startOperator(controlPlane, simulator, logDirectory);
    terminal.fact('Operator', 'node src/main.ts, a process of its own');
    return { controlPlane, simulator, operator, key };
  }

  /** Stops everything in reverse order. Keeps the logs on request. */
  async stop({ keepLogs }: { readonly keepLogs: boolean }): Promise<void> {
    if (keepLogs) for (const save of this.#saves.splice(0)) await save();
    for (const release of this.#releases.splice(0).reverse()) await release();
    if (!keepLogs && this.#logDirectory !== undefined) await rm(this.#logDirectory, { recursive: true });
  }

  async #startControlPlane(terminal: Terminal, logDirectory: string): Promise<ControlPlane> {
    terminal.progress('starting etcd and kube-apiserver');
    const controlPlane = await startControlPlane({
      crdPaths: [path.join(root, 'crds')],
      controllerManager: false,
      onProgress: ({ message }) => terminal.progress(message),
    });
    this.#releases.push(async () => {
      await controlPlane.stop();
    });
    this.#saves.push(async () => {
      const logs = (await readdir(controlPlane.directory)).filter((name) => name.endsWith('.log'));
      for (const name of logs) {
        await copyFile(path.join(controlPlane.directory, name), path.join(logDirectory, name));
      }
    });
    return controlPlane;
  }

  async #startSimulator(logDirectory: string): Promise<Simulator> {
    const simulator = await startSimulator({ settings: LIFE, ssh: { runsCommands: true } });
    this.#releases.push(async () => {
      await simulator.stop();
    });
    this.#saves.push(async () => {
      const requests = simulator.requests.all().map((request) => `${JSON.stringify(request)}\n`);
      await writeFile(path.join(logDirectory, 'simulator.log'), requests);
    });
    return simulator;
  }

  async #createKey(simulator: Simulator): Promise<DemoKey | undefined> {
    const key = await createKey(simulator);
    this.#releases.push(async () => {
      await key?.remove();
    });
    return key;
  }

  async #startOperator(
    { kubeconfigPath }: ControlPlane,
    { url, apiKey }: Simulator,
    logDirectory: string,
  ): Promise<OperatorProcess> {
    // Removed with its contents when this process exits, however it exits, after the operator was killed.
    const runDirectory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-demo-run-'));
    const watchdog = watchOver(runDirectory);
    const operator = startOperatorProcess({
      args: OPERATOR_ARGS,
      env: { KUBECONFIG: kubeconfigPath, PRIME_API_BASE_URL: url, PRIME_API_KEY: apiKey },
      logFile: path.join(logDirectory, 'operator.log'),
      pidFile: path.join(runDirectory, 'operator.pid'),
    });
    this.#releases.push(async () => {
      const killTimer = setTimeout(() => void operator.stop('SIGKILL'), STOP_TIMEOUT_MS);
      await (operator.isRunning() ? operator.stop() : operator.ended);
      clearTimeout(killTimer);
      await watchdog.release();
    });
    return operator;
  }
}

/** Output of a kubectl command. The command must succeed. */
export async function mustSucceed(controlPlane: ControlPlane, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await controlPlane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}

async function serverVersion(controlPlane: ControlPlane): Promise<string> {
  const version: unknown = JSON.parse(await mustSucceed(controlPlane, ['get', '--raw', '/version']));
  const hasVersion = typeof version === 'object' && version !== null && 'gitVersion' in version;
  return hasVersion ? String(version.gitVersion) : 'unknown version';
}
