import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../../src/cli/run-cli.ts';
import { FakeApiServer } from '../../kubernetes/support/fake-api-server.ts';
import { statusAnswer } from '../../kubernetes/support/fake-objects.ts';
import type { Answer } from '../../kubernetes/support/fake-objects.ts';
import type { SeenRequest } from '../../kubernetes/support/seen-request.ts';
import { rawGpuPod } from '../../support/builders/gpu-pod.ts';
import type { GpuPodOverrides } from '../../support/builders/gpu-pod.ts';
import { WALL_MS } from '../../support/builders/observation.ts';

const GPU_PODS = '/apis/gpupod.dev/v1alpha1/gpupods';
const SECRETS = '/api/v1/secrets';

/** Sleeps up to this long are pauses, longer ones are deadlines. */
const LONGEST_PAUSE_MS = 5_000;

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly calledAs?: string;
  /** Called for each pause, which passes at once. */
  readonly onSleep?: () => void;
}

/** A loopback API server, a kubeconfig for it, and commands that run in this process. */
export class CliBench {
  readonly server: FakeApiServer;
  readonly directory: string;
  #answers: (request: SeenRequest) => Answer | undefined = () => undefined;

  private constructor(server: FakeApiServer, directory: string) {
    this.server = server;
    this.directory = directory;
    server.plan((request) => this.#answers(request) ?? discovery(request));
  }

  static async open(): Promise<CliBench> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-cli-'));
    const bench = new CliBench(await FakeApiServer.start(), directory);
    await bench.writeKubeConfig(bench.server.url);
    return bench;
  }

  get kubeConfig(): string {
    return path.join(this.directory, 'kubeconfig');
  }

  /** Two contexts for the same server: `main` in the namespace team-a, and `other` without a namespace. */
  async writeKubeConfig(server: string, user: object = { token: 't' }): Promise<void> {
    const config = {
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user }],
      contexts: [
        { name: 'main', context: { cluster: 'c', user: 'u', namespace: 'team-a' } },
        { name: 'other', context: { cluster: 'c', user: 'u' } },
      ],
      'current-context': 'main',
    };
    await writeFile(this.kubeConfig, JSON.stringify(config));
  }

  put(overrides: GpuPodOverrides = {}): void {
    const { metadata, ...fields } = rawGpuPod(overrides);
    const { namespace = '', name } = metadata;
    this.server.objects.put(GPU_PODS, `${namespace}/${name}`, { ...fields, metadata });
  }

  putSecret(key: string, values: Readonly<Record<string, string>>): void {
    const data = Object.entries(values).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
    this.server.objects.put(SECRETS, key, { data: Object.fromEntries(data) as unknown });
  }

  /** Answers requests for this resource with an error from now on. */
  refuse(resource: 'gpupods' | 'secrets', status: number, reason = ''): void {
    this.answer(resource, statusAnswer(status, reason));
  }

  /** Answers all requests for this resource like this from now on. */
  answer(resource: 'gpupods' | 'secrets', answer: Answer): void {
    this.#answers = ({ path: asked }) => (asked.includes(`/${resource}`) ? answer : undefined);
  }

  /** The server has no CRD. */
  withoutCrd(): void {
    this.#answers = ({ path: asked }) =>
      asked.startsWith('/apis/gpupod.dev') ? statusAnswer(404, '') : undefined;
  }

  /** Runs a command at {@link WALL_MS}, with this kubeconfig. */
  async run(argv: readonly string[], { env, calledAs = 'gpupod', onSleep }: RunOptions = {}): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    let elapsedMs = 0;
    const code = await runCli({
      calledAs,
      argv,
      env: { KUBECONFIG: this.kubeConfig, PATH: process.env['PATH'] ?? '', ...env },
      clock: {
        nowMs: () => WALL_MS + elapsedMs,
        monotonicMs: () => elapsedMs,
        sleep: async (ms, signal) => {
          if (ms > LONGEST_PAUSE_MS) {
            await aborted(signal);
          }
          elapsedMs += ms;
          onSleep?.();
        },
      },
      print: (text) => out.push(text),
      warn: (text) => err.push(text),
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.directory, { recursive: true });
  }
}

function discovery({ path: asked }: SeenRequest): Answer | undefined {
  return asked === '/apis/gpupod.dev' ? { status: 200, body: { kind: 'APIGroup' } } : undefined;
}

/** A deadline, which the request that it limits calls off. */
async function aborted(signal: AbortSignal | undefined): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => reject(new Error('the deadline was called off')));
  await promise;
}
