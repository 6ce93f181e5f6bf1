import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** The result of a `kubectl` command. A refusal is a result, not an exception. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or -1 after a signal. */
  readonly code: number;
}

/** Options of one call. */
export interface KubectlCall {
  /** The standard input, for `-f -`. */
  readonly input?: string;
  /** Path of a kubeconfig other than the administrator's. */
  readonly kubeconfig?: string;
}

/** The `kubectl` to call, and its defaults. */
export interface KubectlSetting {
  readonly executable: string;
  readonly kubeconfigPath: string;
  /** For discovery data. All servers that ever had this port would share the default folder. */
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
      // A person's own defaults and aliases must not apply here.
      KUBECTL_KUBERC: 'false',
    },
  });
  // A kubectl that exits without reading its input closes the pipe. Its exit code says enough.
  child.stdin.on('error', () => undefined);
  child.stdin.end(call.input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, code: child.exitCode ?? -1 };
}
