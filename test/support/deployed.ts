import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { startOperator } from '../../src/composition/operator.ts';
import type { RunningOperator } from '../../src/composition/operator.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/start-simulator.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { chart, helm, kubectl as runKubectl, SOME_IMAGE } from '../manifests/support/helm.ts';
import { operatorArgs } from './operator-settings.ts';
import type { Flags } from './operator-settings.ts';
import { until } from './until.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** The namespace of deploy/. */
export const OPERATOR_NAMESPACE = 'gpupod-system';
/** The name of the release, and of its service account. */
const SERVICE_ACCOUNT = 'gpupod-operator';

/** A cluster with deploy/ or a release of the chart, and an operator that runs as their service account. */
export class Deployed {
  readonly controlPlane: ControlPlane;
  readonly simulator: Simulator;
  readonly log = new RecordingLog();
  #operator: RunningOperator | undefined;

  constructor(controlPlane: ControlPlane, simulator: Simulator) {
    this.controlPlane = controlPlane;
    this.simulator = simulator;
  }

  /** Runs kubectl as the administrator. It must succeed. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return await runKubectl(this.controlPlane, ...args);
  }

  /** Runs kubectl as this user, with these groups. A refusal is a valid result. */
  async as(user: string, args: readonly string[], input?: string): Promise<KubectlResult> {
    const who = [`--as=${user}`, '--as-group=system:authenticated'];
    return await this.controlPlane.kubectl([...who, ...args], input === undefined ? {} : { input });
  }

  /** Applies manifests as the administrator. */
  async apply(...manifests: readonly object[]): Promise<void> {
    const input = manifests.map((one) => stringify(one)).join('---\n');
    const { code, stderr } = await this.controlPlane.kubectl(['apply', '-f', '-'], { input });
    if (code !== 0) throw new Error(stderr);
  }

  /** Starts the operator in this process, for all namespaces and with the rights that were installed. */
  async start(flags: Flags = {}): Promise<void> {
    const { simulator, controlPlane } = this;
    const kubeconfigPath = await controlPlane.kubeconfigForServiceAccount(
      OPERATOR_NAMESPACE,
      SERVICE_ACCOUNT,
    );
    const place = { kubeconfigPath, namespace: OPERATOR_NAMESPACE, primeUrl: simulator.url };
    const args = operatorArgs(place, { 'leader-elect': 'false', 'gpu-accounts': 'true', ...flags });
    const loaded = loadConfig(
      args.filter((arg) => !arg.startsWith('--watch-namespace=')),
      { PRIME_API_KEY: simulator.apiKey },
    );
    if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded));
    this.#operator = await startOperator(loaded.config, this.log);
  }

  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  /** Waits until a request is refused by a policy: one takes effect some seconds after it was written. */
  async untilRefused(args: readonly string[], input?: string): Promise<void> {
    await until(
      `a policy refuses ${args.join(' ')}`,
      async () => {
        const call = input === undefined ? {} : { input };
        const { stderr } = await this.controlPlane.kubectl([...args, '--dry-run=server'], call);
        return stderr.includes('ValidatingAdmissionPolicy') ? true : undefined;
      },
      () => 'it was not refused',
    );
  }

  /** Waits until a `jsonpath` of an object has this value. */
  async untilValue(
    object: readonly string[],
    jsonPath: string,
    isWanted: (value: string) => boolean,
  ): Promise<void> {
    const read = async (): Promise<string> =>
      (await this.controlPlane.kubectl(['get', ...object, '-o', `jsonpath=${jsonPath}`])).stdout;
    await until(
      `${object.join(' ')} ${jsonPath}`,
      async () => (isWanted(await read()) ? true : undefined),
      async () =>
        JSON.stringify({
          object: await this.controlPlane.kubectl(['get', ...object, '-o', 'yaml']),
          log: this.log.lines.slice(-20),
        }),
    );
  }

  async stop(): Promise<void> {
    await this.stopOperator();
    await this.simulator.stop();
    await this.controlPlane.stop();
  }
}

/** Opens a cluster with deploy/ and these components. Stop it in afterAll. */
export async function openDeployed(
  components: readonly string[],
  simulator: SimulatorOptions = {},
): Promise<Deployed> {
  return await open(simulator, async ({ controlPlane, kubectl }) => {
    const overlay = path.join(controlPlane.directory, 'overlay');
    await mkdir(overlay);
    const relative = (to: string): string => path.relative(overlay, path.join(root, to));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [relative('deploy')],
      components: components.map((component) => relative(`deploy/components/${component}`)),
    };
    await writeFile(path.join(overlay, 'kustomization.yaml'), stringify(kustomization));
    await kubectl('apply', '-k', overlay);
  });
}

/** Opens a cluster with a release of the chart with these values. Stop it in afterAll. */
export async function openReleased(
  values: readonly string[],
  simulator: SimulatorOptions = {},
): Promise<Deployed> {
  return await open(simulator, async ({ controlPlane }) => {
    const where = ['-n', OPERATOR_NAMESPACE, '--create-namespace'];
    const sets = values.flatMap((value) => ['--set', value]);
    await helm(controlPlane, 'install', SERVICE_ACCOUNT, chart, ...where, ...SOME_IMAGE, ...sets);
  });
}

interface Opening {
  readonly controlPlane: ControlPlane;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
}

async function open(
  simulator: SimulatorOptions,
  install: (opening: Opening) => Promise<void>,
): Promise<Deployed> {
  const controlPlane = await startControlPlane({ controllerManager: true });
  const settings = { provisioningMs: 100, installingMs: 100, deletingMs: 100, ...simulator.settings };
  const deployed = new Deployed(controlPlane, await startSimulator({ ...simulator, settings }));
  const kubectl = async (...args: readonly string[]): Promise<string> => await deployed.kubectl(...args);
  try {
    await install({ controlPlane, kubectl });
    await kubectl('wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s');
    return deployed;
  } catch (error) {
    await deployed.stop();
    throw error;
  }
}
