import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** How a `kubectl` ended; a refusal is an outcome, not an exception. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or -1 where a signal ended it. */
  readonly code: number;
}

/** What may differ from call to call. */
export interface KubectlCall {
  /** For `-f -`. */
  readonly input?: string;
  /** Path of another kubeconfig than the administrator's. */
  readonly kubeconfig?: string;
}

/** Which `kubectl` is called, and how. */
export interface KubectlSetting {
  readonly executable: string;
  readonly kubeconfigPath: string;
  /** For what it learned about the API: the usual place is shared by all servers that ever had this port. */
  readonly cacheDirectory: string;
}

/** Runs `kubectl` with these arguments. */
export async function runKubectl(
  setting: KubectlSetting,
  args: readonly string[],
  call: KubectlCall = {},
): Promise<KubectlResult> {
  const child = spawn(setting.executable, [...args], {
    env: {
      ...process.env,
      KUBECONFIG: call.kubeconfig ?? setting.kubeconfigPath,
      KUBECACHEDIR: setting.cacheDirectory,
      // A person's own defaults and aliases have no place here.
      KUBECTL_KUBERC: 'false',
    },
  });
  // A kubectl that ends without reading its input closes the pipe; its exit code says all there is to say.
  child.stdin.on('error', () => undefined);
  child.stdin.end(call.input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, code: child.exitCode ?? -1 };
}
