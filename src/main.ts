import { startOperator } from './composition/operator.ts';
import { keepHeapSmall } from './composition/small-heap.ts';
import { runUninstallCheck } from './composition/uninstall.ts';
import { loadConfig } from './config/load-config.ts';
import type { LoadedConfig } from './config/load-config.ts';
import type { Config } from './config/config.ts';
import { loadUninstallConfig, UNINSTALL_COMMAND } from './config/uninstall-settings.ts';
import type { UninstallConfig } from './config/uninstall-settings.ts';
import { OPERATOR_VERSION } from './config/version.ts';
import { KubeConfigError } from './kubernetes/kubeconfig/kube-config-error.ts';
import { lastWords } from './observability/last-words.ts';
import { createLogger } from './observability/logger.ts';

/** The composition root: the only file that reads arguments, environment and signals. */

/** Exit code for invalid settings: nothing was started. */
const EXIT_INVALID = 2;
const EXIT_LOST_LEASE = 1;
/** Exit code of the check before an uninstallation: the operator is still needed. */
const EXIT_REFUSED = 1;
/**
 * Exit code for an uncaught error, which is a bug in the operator. The next process continues from the recorded
 * state.
 */
const EXIT_CRASHED = 1;

// Node would print the error with all its members, which may include a request with its key.
process.on('uncaughtException', crash);

const [command, ...rest] = process.argv.slice(2);
if (command === UNINSTALL_COMMAND) {
  await start(loadUninstallConfig(rest, process.env), checkUninstall);
} else {
  await start(loadConfig(process.argv.slice(2), process.env), run);
}

type Loaded<C> = Exclude<LoadedConfig, { readonly kind: 'ok' }> | { readonly kind: 'ok'; readonly config: C };

async function start<C>(loaded: Loaded<C>, work: (config: C) => Promise<void>): Promise<void> {
  switch (loaded.kind) {
    case 'help':
    case 'version':
      print(loaded.text.trimEnd());
      break;
    case 'invalid':
      refuse(loaded.problems);
      break;
    case 'ok':
      await orRefuse(work(loaded.config));
  }
}

async function run(config: Config): Promise<void> {
  const log = createLogger({ level: config.process.logLevel, version: OPERATOR_VERSION });
  for (const warning of config.warnings) {
    log.warn({ warning }, 'setting is probably a mistake');
  }
  const operator = await startOperator(config, log);
  keepHeapSmall();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      void operator.stop();
    });
  }
  if ((await operator.ended) === 'lostLease') {
    log.error({}, 'lost the lease; another process may lead by now, so this one exits at once');
    process.exit(EXIT_LOST_LEASE);
  }
  log.info({}, 'stopped');
}

/** Prints for people, not for a log: Helm shows the output. */
async function checkUninstall(config: UninstallConfig): Promise<void> {
  const { isAllowed, text } = await runUninstallCheck(config, print);
  print(text);
  process.exitCode = isAllowed ? 0 : EXIT_REFUSED;
}

/** Without a kubeconfig nothing was started. */
async function orRefuse(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof KubeConfigError)) {
      throw error;
    }
    refuse([error.message]);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function crash(thrown: unknown): void {
  const log = createLogger({ level: 'error', version: OPERATOR_VERSION });
  log.error({ thrown: lastWords(thrown) }, 'uncaught error; this process exits');
  process.exit(EXIT_CRASHED);
}

function refuse(problems: readonly string[]): void {
  const lines = problems.map((problem) => `  - ${problem}\n`).join('');
  process.stderr.write(`gpupod-operator cannot start:\n${lines}See --help for all settings.\n`);
  process.exitCode = EXIT_INVALID;
}
