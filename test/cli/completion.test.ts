import { spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliBench } from './support/cli-bench.ts';

let bench: CliBench;

beforeEach(async () => {
  bench = await CliBench.open();
  bench.put({ name: 'train-1' });
  bench.put({ name: 'train-2', uid: 'uid-2' });
  bench.put({ name: 'big', uid: 'uid-3', namespace: 'team-b' });
});

afterEach(async () => {
  await bench.close();
});

const COMMANDS = ['ssh', 'cp', 'offers', 'cost', 'completion'];
const FILES_TOO = ':0';
const NO_FILES = ':4';

describe('completion', () => {
  it.each([
    { words: [''], expected: [...COMMANDS, NO_FILES], reason: 'a command comes first' },
    { words: ['co'], expected: ['cost', 'completion', NO_FILES], reason: 'they begin so' },
    {
      words: ['cost', '--sort', ''],
      expected: ['name', 'price', 'accrued', 'expires', NO_FILES],
      reason: 'the choices are known',
    },
    {
      words: ['cost', '--sort=p'],
      expected: ['--sort=price', NO_FILES],
      reason: 'the word has the flag in it',
    },
    { words: ['cost', '-o', 'j'], expected: ['json', NO_FILES], reason: 'a short flag has the same choices' },
    { words: ['cost', '--so'], expected: ['--sort', NO_FILES], reason: 'it is a flag of the command' },
    { words: ['cost', '--cont'], expected: ['--context', NO_FILES], reason: 'global flags work there, too' },
    {
      words: ['ssh', ''],
      expected: ['train-1', 'train-2', NO_FILES],
      reason: 'these are the GpuPods of the context',
    },
    {
      words: ['ssh', '-n', 'team-b', ''],
      expected: ['big', NO_FILES],
      reason: 'the namespace is another one',
    },
    {
      words: ['--namespace=team-b', 'ssh', ''],
      expected: ['big', NO_FILES],
      reason: 'global flags may come first',
    },
    {
      words: ['ssh', '--wait', 'train-2', ''],
      expected: [NO_FILES],
      reason: 'what follows is a command of the instance',
    },
    {
      words: ['ssh', 'train-1', '--', 'ca'],
      expected: [FILES_TOO],
      reason: 'nobody knows the programs there',
    },
    { words: ['offers', '-f', ''], expected: [FILES_TOO], reason: 'it is a file' },
    { words: ['cp', ''], expected: [FILES_TOO], reason: 'one side is a file' },
    { words: ['completion', 'z'], expected: ['zsh', NO_FILES], reason: 'the shells are known' },
    {
      words: ['offers', '--api-key'],
      expected: ['--api-key-file', NO_FILES],
      reason: 'the other flag only says no',
    },
  ])('of $words suggests $expected, because $reason', async ({ words, expected }) => {
    const { out, err, code } = await bench.run(['__complete', ...words]);

    expect(out.split('\n').map((line) => line.split('\t')[0])).toEqual(expected);
    expect([code, err]).toEqual([0, '']);
  });

  it('suggests nothing where the cluster cannot be read, because a message would be inserted', async () => {
    bench.refuse('gpupods', 403, 'Forbidden');

    expect(await bench.run(['__complete', 'ssh', ''])).toEqual({ code: 0, out: NO_FILES, err: '' });
  });

  it('answers kubectl under the name that kubectl runs', async () => {
    const { out } = await bench.run(['ssh', 'train-2'], {
      calledAs: '/usr/local/bin/kubectl_complete-gpupod',
    });

    expect(out).toBe(`train-2\n${NO_FILES}`);
  });
});

describe('the script for bash', () => {
  it.each([
    { line: ['gpupod', 'cos'], expected: ['cost'] },
    { line: ['gpupod', 'cost', '--sort', 'e'], expected: ['expires'] },
    { line: ['gpupod', 'ssh', 'x', '--', ''], expected: [] },
  ])('completes $line to $expected', async ({ line, expected }) => {
    const { out: script } = await bench.run(['completion', 'bash']);
    // As the installed program would answer.
    const { out: answer } = await bench.run(['__complete', ...line.slice(1)]);
    const program = path.join(bench.directory, 'gpupod');
    await writeFile(
      program,
      `#!/bin/sh\ncat <<'EOF'\n${answer}\nEOF\necho "$@" > ${bench.directory}/asked\n`,
    );
    await chmod(program, 0o755);
    const words = line.map((word) => `'${word}'`).join(' ');
    const test = `${script}\nCOMP_WORDS=(${words})\nCOMP_CWORD=${line.length - 1}\n_gpupod\nprintf '%s\\n' "\${COMPREPLY[@]}"; cat ${bench.directory}/asked`;

    const { stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile', '-c', test], {
      encoding: 'utf8',
      env: { PATH: `${bench.directory}:${process.env['PATH'] ?? ''}` },
    });

    const lines = stdout.split('\n').filter((text) => text !== '');
    expect(lines).toEqual([...expected, ['__complete', ...line.slice(1)].join(' ')]);
    expect(stderr).toBe('');
  });
});

describe('the scripts', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s ask the program itself', async (shell) => {
    const { out, code } = await bench.run(['completion', shell]);

    expect(out).toContain('gpupod __complete');
    expect(out).not.toContain('DOLLAR');
    expect(code).toBe(0);
  });
});
