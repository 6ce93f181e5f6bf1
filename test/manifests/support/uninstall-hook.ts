import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { ControlPlane } from '../../control-plane/control-plane.ts';
import { until } from '../../support/until.ts';
import { helm, kubectl } from './helm.ts';

/** What the tests read of the Job that runs before an uninstallation. */
export const HookJob = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        serviceAccountName: z.string(),
        containers: z.tuple([z.object({ args: z.array(z.string()) })]),
      }),
    }),
  }),
});
export type HookJob = z.output<typeof HookJob>;

/** How a process or a helm ended. */
export interface Ended {
  readonly isSuccess: boolean;
  readonly output: string;
}

const program = path.resolve(import.meta.dirname, '../../../src/main.ts');

/** Runs the command of the Job as its service account, with no other variable than a kubeconfig. */
export async function runHookJob(
  controlPlane: ControlPlane,
  namespace: string,
  { spec }: HookJob,
): Promise<Ended> {
  const { serviceAccountName, containers } = spec.template.spec;
  const kubeconfig = await controlPlane.kubeconfigForServiceAccount(namespace, serviceAccountName);
  const env = { PATH: process.env['PATH'], KUBECONFIG: kubeconfig };
  return await ended(promisify(execFile)(process.execPath, [program, ...containers[0].args], { env }));
}

/** What `helm uninstall` and the check printed. */
export interface Uninstalled extends Ended {
  /** Undefined where no Job ran. */
  readonly check: string | undefined;
}

/** Runs `helm uninstall`, and does for its Job what the Job controller and a kubelet do in a cluster with nodes. */
export async function uninstall(
  controlPlane: ControlPlane,
  release: string,
  namespace: string,
  ...args: readonly string[]
): Promise<Uninstalled> {
  let isOver = false;
  const uninstalled = ended(
    helm(controlPlane, 'uninstall', release, '-n', namespace, ...args).then((stdout) => ({ stdout })),
  ).finally(() => {
    isOver = true;
  });
  const job = await until(
    'the Job exists, or helm has ended',
    async () => (isOver ? 'none' : await unfinishedJob(controlPlane, namespace)),
    () => 'neither',
  );
  const check = job === 'none' ? undefined : await runHookJob(controlPlane, namespace, job);
  if (job !== 'none' && check !== undefined) {
    await finishJob(controlPlane, namespace, job, check.isSuccess);
  }
  return { ...(await uninstalled), check: check?.output };
}

async function unfinishedJob(controlPlane: ControlPlane, namespace: string): Promise<HookJob | undefined> {
  const listed = await kubectl(controlPlane, '-n', namespace, 'get', 'jobs', '-o', 'json');
  const { items } = z.object({ items: z.array(z.unknown()) }).parse(JSON.parse(listed));
  const open = items.find((item) => !JSON.stringify(item).includes('"completionTime"') && !isFailed(item));
  return open === undefined ? undefined : HookJob.parse(open);
}

function isFailed(item: unknown): boolean {
  return JSON.stringify(item).includes('"type":"Failed"');
}

async function finishJob(
  controlPlane: ControlPlane,
  namespace: string,
  { metadata }: HookJob,
  isSuccess: boolean,
): Promise<void> {
  const time = '2030-01-01T00:00:00Z';
  const types = isSuccess ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed'];
  const conditions = types.map((type) => ({
    type,
    status: 'True',
    reason: isSuccess ? 'CompletionsReached' : 'BackoffLimitExceeded',
    lastProbeTime: time,
    lastTransitionTime: time,
  }));
  const counts = isSuccess ? { succeeded: 1, completionTime: time } : { failed: 1 };
  const status = { startTime: time, ...counts, conditions };
  const patch = ['patch', 'job', metadata.name, '--subresource=status', '--type=merge'];
  await kubectl(controlPlane, '-n', namespace, ...patch, '-p', JSON.stringify({ status }));
}

const Failure = z.object({ stdout: z.string().catch(''), stderr: z.string().catch('') });

async function ended(running: Promise<{ readonly stdout: string }>): Promise<Ended> {
  try {
    return { isSuccess: true, output: (await running).stdout };
  } catch (error) {
    const { stdout, stderr } = Failure.parse(error);
    return { isSuccess: false, output: stdout + stderr };
  }
}
