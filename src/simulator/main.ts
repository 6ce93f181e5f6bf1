import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import * as z from 'zod';
import { faultRuleSchema } from './faults/effect.ts';
import { helpText } from './reference/help-text.ts';
import { startSimulator } from './start-simulator.ts';
import { settingsSchema } from './world/settings.ts';
import type { SettingsInput } from './world/settings.ts';

function number(text: string): number {
  const parsed = z.coerce.number<string>().min(0).safeParse(text);
  if (!parsed.success) {
    throw new InvalidArgumentError('Not a number of 0 or more.');
  }
  return parsed.data;
}

/** `name=value`, with the value as YAML. */
function assignment(text: string, before: Record<string, unknown>): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('Not of the form name=value.');
  }
  const value: unknown = parse(text.slice(at + 1));
  return { ...before, [text.slice(0, at)]: value };
}

const program = new Command('simulator')
  .description('A simulated Prime Intellect API on loopback. Prints its address as one line of JSON.')
  .option('--port <port>', '0 = any free port', number, 18080)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--seed <number>', 'same seed, same ids', number, 1)
  .option('--offers <file>', 'YAML or JSON with the rows on offer')
  .option('--settings <file>', 'YAML or JSON with settings; the options below take precedence')
  .option('--set <name=value>', 'one setting, the value as YAML; may be repeated', assignment, {})
  .option('--faults <file>', 'YAML or JSON with a list of fault rules that are active from the start')
  .option('--time-scale <factor>', 'divides every duration of the life cycle', number)
  .option('--provisioning-seconds <seconds>', 'PROVISIONING', number)
  .option('--pending-seconds <seconds>', 'PENDING', number)
  .option('--installing-seconds <seconds>', 'ACTIVE until installationStatus FINISHED', number)
  .option('--deleting-seconds <seconds>', 'DELETING', number)
  .option('--requests-per-second <rate>', 'global rate limit', number)
  .option('--ssh', 'gives each ACTIVE instance an SSH server on loopback that accepts its registered key')
  .option(
    '--ssh-commands',
    'these servers run what they are asked to, ON THIS COMPUTER, in a temporary directory each',
  )
  .addHelpText('after', helpText);

interface Options {
  port: number;
  host: string;
  seed: number;
  offers?: string;
  settings?: string;
  set: Record<string, unknown>;
  faults?: string;
  timeScale?: number;
  provisioningSeconds?: number;
  pendingSeconds?: number;
  installingSeconds?: number;
  deletingSeconds?: number;
  requestsPerSecond?: number;
  ssh?: boolean;
  sshCommands?: boolean;
}

/** Converts a number of the command line by `factor`. Returns nothing if the option is absent. */
function chosen(name: string, value: number | undefined, factor = 1): Record<string, number> {
  return value === undefined ? {} : { [name]: value * factor };
}

function readYaml(file: string): unknown {
  const value: unknown = parse(readFileSync(file, 'utf8'));
  return value;
}

function settingsOf(options: Options): SettingsInput {
  const fromFile = options.settings === undefined ? {} : readYaml(options.settings);
  return settingsSchema.parse({
    ...z.record(z.string(), z.unknown()).parse(fromFile),
    ...options.set,
    ...chosen('timeScale', options.timeScale),
    ...chosen('provisioningMs', options.provisioningSeconds, 1000),
    ...chosen('pendingMs', options.pendingSeconds, 1000),
    ...chosen('installingMs', options.installingSeconds, 1000),
    ...chosen('deletingMs', options.deletingSeconds, 1000),
    ...chosen('requestsPerSecond', options.requestsPerSecond),
  });
}

async function run(options: Options): Promise<void> {
  const { port, host, seed, offers, ssh = false, sshCommands = false } = options;
  const settings = settingsOf(options);
  const faults = options.faults === undefined ? [] : readYaml(options.faults);
  const rules = z.array(faultRuleSchema).parse(faults);
  const simulator = await startSimulator({
    port,
    host,
    seed,
    settings,
    ...(offers === undefined ? {} : { offers }),
    ...(ssh || sshCommands ? { ssh: { runsCommands: sshCommands } } : {}),
  });
  for (const rule of rules) {
    simulator.faults.add(rule);
  }
  process.stdout.write(`${JSON.stringify({ url: simulator.url, apiKey: simulator.apiKey })}\n`);
  const stop = (): void => {
    void simulator.stop();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

program.parse();
try {
  await run(program.opts<Options>());
} catch (error) {
  const text = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
