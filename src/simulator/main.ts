import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { startSimulator } from './start-simulator.ts';
import { settingsSchema } from './world/settings.ts';
import type { SettingsInput } from './world/settings.ts';

function number(text: string): number {
  const parsed = z.coerce.number<string>().min(0).safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Not a number of 0 or more.');
  return parsed.data;
}

const program = new Command('simulator')
  .description('A simulated Prime Intellect API on loopback. Prints its address as one line of JSON.')
  .option('--port <port>', '0 = any free port', number, 18080)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--seed <number>', 'same seed, same ids', number, 1)
  .option('--offers <file>', 'YAML or JSON with the rows on offer')
  .option('--settings <file>', 'YAML or JSON with settings; the options below win')
  .option('--time-scale <factor>', 'divides every duration of a pod’s life', number)
  .option('--provisioning-seconds <seconds>', 'PROVISIONING', number)
  .option('--pending-seconds <seconds>', 'PENDING', number)
  .option('--installing-seconds <seconds>', 'ACTIVE until installationStatus FINISHED', number)
  .option('--deleting-seconds <seconds>', 'DELETING', number)
  .option('--requests-per-second <rate>', 'global rate limit', number)
  .option('--list-settings', 'print every setting with its default and end');

interface Options {
  port: number;
  host: string;
  seed: number;
  offers?: string;
  settings?: string;
  timeScale?: number;
  provisioningSeconds?: number;
  pendingSeconds?: number;
  installingSeconds?: number;
  deletingSeconds?: number;
  requestsPerSecond?: number;
  listSettings?: boolean;
}

/** Seconds of the command line as ms, under the setting's name; nothing where the option is absent. */
function chosen(name: string, value: number | undefined, factor = 1): Record<string, number> {
  return value === undefined ? {} : { [name]: value * factor };
}

function settingsOf(options: Options): SettingsInput {
  const fromFile: unknown =
    options.settings === undefined ? {} : parse(readFileSync(options.settings, 'utf8'));
  return settingsSchema.parse({
    ...z.record(z.string(), z.unknown()).parse(fromFile),
    ...chosen('timeScale', options.timeScale),
    ...chosen('provisioningMs', options.provisioningSeconds, 1000),
    ...chosen('pendingMs', options.pendingSeconds, 1000),
    ...chosen('installingMs', options.installingSeconds, 1000),
    ...chosen('deletingMs', options.deletingSeconds, 1000),
    ...chosen('requestsPerSecond', options.requestsPerSecond),
  });
}

async function run(options: Options): Promise<void> {
  const { port, host, seed, offers } = options;
  const settings = settingsOf(options);
  const simulator = await startSimulator({
    port,
    host,
    seed,
    settings,
    ...(offers === undefined ? {} : { offers }),
  });
  process.stdout.write(`${JSON.stringify({ url: simulator.url, apiKey: simulator.apiKey })}\n`);
  const stop = (): void => {
    void simulator.stop();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function listSettings(): void {
  const defaults = settingsSchema.parse({});
  const lines = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const value = JSON.stringify(Reflect.get(defaults, name));
    return `${name} = ${value}${schema.description === undefined ? '' : `  # ${schema.description}`}`;
  });
  process.stdout.write(`${lines.join('\n')}\n`);
}

program.parse();
const options = program.opts<Options>();
try {
  if (options.listSettings === true) listSettings();
  else await run(options);
} catch (error) {
  const text = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
