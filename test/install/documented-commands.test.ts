import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { markdownFiles } from '../docs/support/markdown.ts';
import { chart, SOME_IMAGE, templateWith } from '../manifests/support/helm.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync(path.join(os.tmpdir(), 'gpupod-documented-'));
const Mapping = z.record(z.string(), z.unknown());
const valueNames = new Set(
  Object.keys(Mapping.parse(parse(readFileSync(path.join(chart, 'values.yaml'), 'utf8')))),
);

/** Options of helm that change nothing about what is rendered. */
const WITHOUT_EFFECT = new Set(['--create-namespace', '--wait', '--reset-then-reuse-values']);
const COMMAND = /^helm (install|upgrade) gpupod-operator charts\/gpupod-operator (.*)$/;

const files = markdownFiles();

/** Every command that installs or upgrades the chart, as its verb and the rest of the line. */
const commands = files.flatMap(({ path: file, blocks }) =>
  blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replaceAll(/\\\n +/g, '').split('\n'))
    .flatMap((line) => {
      const [, verb, rest = ''] = COMMAND.exec(line.trim()) ?? [];
      return verb === undefined ? [] : [{ file, verb, rest }];
    }),
);

/** Every YAML block that could be a part of values.yaml. */
const valueBlocks = files.flatMap(({ path: file, blocks }) =>
  blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ text }) => {
      const [document, ...more] = parseAllDocuments(text);
      const values = Mapping.safeParse(document?.toJS());
      const names = Object.keys(values.data ?? {});
      const isValues = more.length === 0 && names.length > 0 && names.every((name) => valueNames.has(name));
      return isValues ? [{ file, names: names.join(', '), text }] : [];
    }),
);

/** The arguments of a command as helm gets them, with something for each variable and placeholder. */
function argsOf(rest: string): readonly string[] {
  const words = rest
    .replaceAll(/\$\{?\w+\}?/g, 'registry.example.com')
    .replaceAll("'", '')
    .split(/ +/);
  return words.filter((word) => !WITHOUT_EFFECT.has(word));
}

beforeAll(async () => {
  await ensureBinaries(['helm']);
}, 40 * MINUTE_MS);

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('helm commands in the documents', () => {
  it('are found', () => {
    expect(commands.length).toBeGreaterThan(7);
    expect(valueBlocks.length).toBeGreaterThan(3);
  });

  it.each(commands)('render in $file: $verb $rest', async ({ verb, rest }) => {
    const image = verb === 'install' ? [] : SOME_IMAGE;
    expect(await templateWith([...image, ...argsOf(rest)])).toContain('kind: Deployment');
  });
});

describe('values in the documents', () => {
  it.each(valueBlocks)('render in $file: $names', async ({ text }) => {
    const file = path.join(directory, 'values.yaml');
    writeFileSync(file, text);
    expect(await templateWith([...SOME_IMAGE, '--values', file])).toContain('kind: Deployment');
  });
});
