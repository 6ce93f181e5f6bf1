#!/usr/bin/env node
import { systemClock } from '../clock.ts';
import { runCli } from './run-cli.ts';

/** The entry point of gpupod: the only file of it that reads arguments, environment and streams. */

// `gpupod cost | head -1` closes the pipe early, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

process.exitCode = await runCli({
  calledAs: process.argv[1] ?? '',
  argv: process.argv.slice(2),
  env: process.env,
  clock: systemClock,
  print: (text) => process.stdout.write(`${text}\n`),
  warn: (text) => process.stderr.write(`${text}\n`),
});
