import { startOperator } from './composition/operator.ts';
import { loadConfig } from './config/load-config.ts';
import type { Config } from './config/config.ts';
import { OPERATOR_VERSION } from './config/version.ts';
import { KubeConfigError } from './kubernetes/kube-config-error.ts';
import { lastWords } from './observability/last-words.ts';
import { createLogger } from './observability/logger.ts';

/** The composition root: the only file that reads arguments, environment and signals. */

/** Exit code for invalid settings: nothing was started. */
const EXIT_INVALID = 2;
const EXIT_LOST_LEASE = 1;
/**
 * Exit code for an uncaught error, which is a bug in the operator. The next process continues from the recorded
 * state.
 */
const EXIT_CRASHED = 1;

// Node would print the error with all its members, which may include a request with its key.
process.on('uncaughtException', crash);

const loaded = loadConfig(process.argv.slice(2), process.env);
switch (loaded.kind) {
  case 'help':
  case 'version':
    process.stdout.write(`${loaded.text.trimEnd()}\n`);
    break;
  case 'invalid':
    refuse(loaded.problems);
    break;
  case 'ok':
    await run(loaded.config);
}

async function run(config: Config): Promise<void> {
  const log = createLogger({ level: config.process.logLevel, version: OPERATOR_VERSION });
  for (const warning of config.warnings) {
    log.warn({ warning }, 'setting is probably a mistake');
  }
  try {
    const operator = await startOperator(config, log);
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
  } catch (error) {
    if (!(error instanceof KubeConfigError)) {
      throw error;
    }
    refuse([error.message]);
  }
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
