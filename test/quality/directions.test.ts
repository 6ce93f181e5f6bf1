import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { plantedFiles, textOf } from './planted-files.ts';

const root = path.resolve(import.meta.dirname, '../..');
const config = path.join(root, '.dependency-cruiser.mjs');
const program = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

/** A cycle is reported once, at one of its files, with all of them. */
const violationSchema = z.object({
  from: z.string(),
  cycle: z.array(z.object({ name: z.string() })).default([]),
  rule: z.object({ name: z.string() }),
});
const resultSchema = z.object({
  summary: z.object({
    violations: z.array(violationSchema),
  }),
});
const configSchema = z.object({ default: z.object({ forbidden: z.array(z.object({ name: z.string() })) }) });

let directory: string;
/** Names of the violated rules, by file. */
const found = new Map<string, Set<string>>();

/** dependency-cruiser exits with the number of errors, so it always "fails" with these files. */
async function cruise(): Promise<string> {
  const args = [program, 'src', 'test', 'scripts', '--config', config, '--output-type', 'json'];
  try {
    return (await promisify(execFile)(process.execPath, args, { cwd: directory, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    return z.object({ stdout: z.string().min(1) }).parse(error).stdout;
  }
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'directions-'));
  await symlink(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  await cp(path.join(root, 'package.json'), path.join(directory, 'package.json'));
  for (const file of plantedFiles) {
    const target = path.join(directory, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, textOf(file));
  }
  for (const { from, cycle, rule } of resultSchema.parse(JSON.parse(await cruise())).summary.violations) {
    for (const file of [from, ...cycle.map(({ name }) => name)]) {
      found.set(file, (found.get(file) ?? new Set()).add(rule.name));
    }
  }
}, 60_000);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('directions between the folders', () => {
  it.each(plantedFiles)('report $broken for $path, because $reason', ({ path: file, broken }) => {
    expect([...(found.get(file) ?? [])].sort()).toEqual([...broken].sort());
  });

  it('have a planted file for every rule', async () => {
    const { default: rules } = configSchema.parse(await import(config));

    const planted = plantedFiles.flatMap(({ broken }) => broken);

    expect(rules.forbidden.map(({ name }) => name).filter((name) => !planted.includes(name))).toEqual([]);
  });
});
