import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from '../../api/common/duration.ts';
import { withCluster } from '../cluster/cluster.ts';
import type { ClusterOptions } from '../cluster/cluster-options.ts';
import type { CliParts } from '../parts.ts';
import { awaitReady } from './await-ready.ts';
import type { ReadyInstance } from './await-ready.ts';
import { copyOf } from './copy-sides.ts';
import { withKeyFiles } from './key-files.ts';
import type { KeyFiles } from './key-files.ts';
import { runProgram } from './run-program.ts';
import { readSecretKeys } from './secret-keys.ts';
import { scpArguments, sshArguments } from './ssh-arguments.ts';
import type { SshOptions } from './ssh-arguments.ts';

interface ConnectOptions extends ClusterOptions, SshOptions {
  readonly wait?: boolean;
  readonly timeout: number;
  readonly secret?: boolean;
}

/** How to report the exit code of ssh or scp, which becomes that of this process. */
type ExitWith = (code: number) => void;

const HOST_KEYS =
  'The host key: if the connection Secret holds known_hosts, only those keys are accepted. Otherwise the first key of each instance is trusted, ' +
  'and from then on no other (StrictHostKeyChecking=accept-new, under the ID of the instance).\n\n' +
  'Your key: if the connection Secret holds ssh-privatekey, that is used too; otherwise ssh finds your keys as always.';

/** `gpupod ssh`. */
export function sshCommand(parts: CliParts, exitWith: ExitWith): Command {
  const command = new Command('ssh')
    .summary('Log in to the instance of a GpuPod, or run a command there')
    .description(
      `Runs the ssh of this computer for the address in status.ssh. The exit code is that of ssh.\n\n${HOST_KEYS}`,
    )
    .argument('<gpupod>', 'Name of the GpuPod')
    .argument('[command...]', 'Command to run there, after --; without one, a shell')
    .option('-L, --forward <rule>', 'Forward a port, as with ssh -L: 8888:localhost:8888', add);
  return addConnectOptions(command).action(
    async (name: string, words: readonly string[], _options: unknown, self: Command) => {
      const options = self.optsWithGlobals<ConnectOptions>();
      const toArguments: ToArguments = (instance, files) => sshArguments(instance, files, options, words);
      exitWith(await connect(parts, { name, options, program: 'ssh', toArguments }));
    },
  );
}

/** `gpupod cp`. */
export function copyCommand(parts: CliParts, exitWith: ExitWith): Command {
  const command = new Command('cp')
    .summary('Copy files to or from the instance of a GpuPod')
    .description(
      'Runs the scp of this computer. SOURCE or DESTINATION is NAME:path or NAMESPACE/NAME:path; directories are copied with everything in them. ' +
        `The exit code is that of scp.\n\n${HOST_KEYS}`,
    )
    .argument('<source>', 'What to copy')
    .argument('<destination>', 'Where to');
  return addConnectOptions(command).action(
    async (source: string, destination: string, _options: unknown, self: Command) => {
      const options = self.optsWithGlobals<ConnectOptions>();
      const { name, namespace, sides } = copyOf(source, destination);
      const where = namespace === undefined ? options : { ...options, namespace };
      const toArguments: ToArguments = (instance, files) => scpArguments(instance, files, options, sides);
      exitWith(await connect(parts, { name, options: where, program: 'scp', toArguments }));
    },
  );
}

type ToArguments = (instance: ReadyInstance, files: KeyFiles) => readonly string[];

interface Connecting {
  readonly name: string;
  readonly options: ConnectOptions;
  readonly program: 'ssh' | 'scp';
  readonly toArguments: ToArguments;
}

/** Finds the instance and its keys, and runs the program. The connection to the cluster is closed before it runs. */
async function connect(
  parts: CliParts,
  { name, options, program, toArguments }: Connecting,
): Promise<number> {
  const { clock, warn, env } = parts;
  const timeoutMs = options.wait === true ? options.timeout : undefined;
  const found = await withCluster(parts, options, async (cluster) => {
    const instance = await awaitReady(cluster, { name, timeoutMs, clock, warn });
    return { instance, keys: await readSecretKeys(cluster, instance.secretName, options.secret, warn) };
  });
  return await withKeyFiles(
    found.keys,
    async (files) => await runProgram(program, toArguments(found.instance, files), env),
  );
}

function addConnectOptions(command: Command): Command {
  return command
    .option('-i, --identity <file>', 'Private key file, as with ssh -i; may be repeated', add)
    .option('--ssh-option <option>', 'Option of ssh_config: ServerAliveInterval=30; may be repeated', add)
    .option('--wait', 'Wait until the GpuPod is ready')
    .addOption(
      new Option('--timeout <duration>', 'How long --wait waits')
        .argParser(duration)
        .default(DEFAULT_WAIT_MS, '20m'),
    )
    .option('--secret', 'Fail if the connection Secret cannot be read')
    .option('--no-secret', 'Do not read the connection Secret; needs no right to secrets');
}

const DEFAULT_WAIT_MS = 20 * 60_000;

function add(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms === 0) {
    throw new InvalidArgumentError('Write it as in 90s or 20m.');
  }
  return ms;
}
