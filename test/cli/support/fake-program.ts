import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const Recorded = z.object({
  args: z.array(z.string()),
  /** Content and permissions of the files that `-i` and `UserKnownHostsFile` name. */
  files: z.record(z.string(), z.object({ text: z.string(), mode: z.number() })),
});

/** How a program was called. */
export type Call = z.output<typeof Recorded>;

/** An exit code; by a signal of its own; or only by a signal from outside, after a line on standard output. */
export type End = number | 'killed' | 'waits';

/** Programs named `ssh` and `scp` on a PATH of their own, which record how they are called. */
export class FakePrograms {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async install(directory: string, end: End = 0): Promise<FakePrograms> {
    const programs = new FakePrograms(path.join(directory, 'bin'));
    await mkdir(programs.#directory);
    for (const name of ['ssh', 'scp']) {
      const file = path.join(programs.#directory, name);
      await writeFile(file, programText(programs.#record(name), end));
      await chmod(file, 0o755);
    }
    return programs;
  }

  /** Has these programs only. */
  get path(): string {
    return this.#directory;
  }

  /** The one call of this program. */
  async callOf(name: 'ssh' | 'scp'): Promise<Call> {
    return Recorded.parse(JSON.parse(await readFile(this.#record(name), 'utf8')));
  }

  #record(name: string): string {
    return path.join(this.#directory, `${name}.json`);
  }
}

const ENDS = {
  killed: "process.kill(process.pid, 'SIGKILL')",
  waits: "console.log('waiting'); setInterval(() => undefined, 1000)",
};

function programText(record: string, end: End): string {
  return `#!${process.execPath}
const { readFileSync, statSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const named = args.map((arg) => arg.replace(/^UserKnownHostsFile=/, '')).filter((arg) => arg.startsWith('/'));
const files = {};
for (const file of named) {
  files[file] = { text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 };
}
writeFileSync(${JSON.stringify(record)}, JSON.stringify({ args, files }));
${typeof end === 'number' ? `process.exitCode = ${end}` : ENDS[end]};
`;
}
