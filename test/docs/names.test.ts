import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import {
  ALLOW_DELETION_ANNOTATION,
  ANNOTATIONS,
  API_VERSION,
  FINALIZER,
  IN_USE_FINALIZER,
  GROUP,
  KIND,
  LABELS,
  SPENT_ANNOTATION,
} from '../../src/api/common/names.ts';
import { gpupodCommands } from '../../scripts/reference/cli-reference.ts';
import { describedSettings } from '../../src/config/described-settings.ts';
import { describedUninstallSettings } from '../../src/config/uninstall-settings.ts';
import { METRICS } from '../../src/observability/metric-definitions.ts';
import { accountFields } from '../../scripts/reference/accounts-reference.ts';
import { fieldPaths } from './support/gpu-pod-yaml.ts';
import { markdownFiles } from './support/markdown.ts';
import type { MarkdownFile } from './support/markdown.ts';

/** Of the operator, and of its command that checks an uninstallation. */
const settings = [...describedSettings(), ...describedUninstallSettings()];
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const flags = new Set(settings.map(({ flag }) => flag));
const switches = settings.filter(({ isSwitch }) => isSwitch);
for (const { flag } of switches) flags.add(flag.replace('--', '--no-'));

flags.add('--help');
/** Of Helm. */
flags.add('--no-hooks');
/** Options of the simulator. */
const simulatorMain = readFileSync('src/simulator/main.ts', 'utf8');
for (const [, option = ''] of simulatorMain.matchAll(/\.option\(\s*'(--[\w-]+)/g)) flags.add(option);
/** Options of gpupod, and of its commands. */
for (const { options } of gpupodCommands()) for (const { long } of options) flags.add(long ?? '');
/** Options of the soak and the bench. */
const soakMain = readFileSync('test/simulation/soak/main.ts', 'utf8');
for (const [, option = ''] of soakMain.matchAll(/^ +(\w+): \{ type: '(?:string|boolean)'/gm)) {
  flags.add(`--${option}`);
}

/** A kind of name that documents use, how to find it, and the names that exist. */
interface NameKind {
  readonly name: string;
  readonly find: (file: MarkdownFile) => readonly string[];
  readonly exists: (name: string) => boolean;
}

function matches(pattern: RegExp): (file: MarkdownFile) => readonly string[] {
  return ({ text }) => [...text.matchAll(pattern)].flatMap(([, found]) => found ?? []);
}

const kinds: readonly NameKind[] = [
  {
    name: 'npm script',
    find: matches(/npm run (?:-{1,2}\w+ )*([\w:-]+)/g),
    exists: isIn(Object.keys(scripts)),
  },
  {
    name: 'setting',
    find: ({ spans }) => spans.flatMap((span) => /^(--[\w-]+)/.exec(span)?.[1] ?? []),
    exists: isIn(flags),
  },
  {
    name: 'setting of the chart',
    find: matches(/--set settings\.([\w-]+)=/g),
    exists: (setting) => flags.has(`--${setting}`),
  },
  {
    name: 'variable',
    find: matches(/\b((?:PRIME_API|GPUPOD)_[A-Z_]+)\b/g),
    exists: isIn(['PRIME_API_KEY', ...settings.flatMap(({ env }) => env)]),
  },
  {
    name: 'mark on an object',
    find: matches(/(?<![\w.])(gpupod\.dev\/\w+(?:-\w+)*)/g),
    exists: isIn([
      API_VERSION,
      // As Argo CD names the kind.
      `${GROUP}/${KIND}`,
      FINALIZER,
      IN_USE_FINALIZER,
      SPENT_ANNOTATION,
      ALLOW_DELETION_ANNOTATION,
      ...Object.values(ANNOTATIONS),
      ...Object.values(LABELS),
    ]),
  },
  {
    name: 'field',
    find: matches(/(?<![\w/-])((?:spec|status)\.[A-Za-z][\w.[\]]*[\w\]])/g),
    exists: (field) => isField(field.replaceAll('[*]', '[]').replace(/\[\]$/, '')),
  },
  {
    name: 'metric',
    find: matches(/\b((?:gpupod|controller_runtime|workqueue|rest_client)_[a-z_]+)/g),
    exists: isIn(Object.values(METRICS).map(({ name }) => name)),
  },
  {
    name: 'file',
    find: ({ spans }) =>
      spans.filter((span) => /^(src|test|scripts|deploy|examples|charts|crds|docs)\/[\w./-]*$/.test(span)),
    exists: existsSync,
  },
];

const ofAccounts: ReadonlySet<string> = new Set(accountFields().map(({ path }) => path));

function isField(path: string): boolean {
  return fieldPaths.has(path) || ofAccounts.has(path);
}

function isIn(names: Iterable<string>): (name: string) => boolean {
  const all = new Set(names);
  return (name) => all.has(name);
}

const files = markdownFiles();

describe.each(kinds)('every $name in the documents', ({ find, exists }) => {
  it.each(files)('exists: $path', (file) => {
    expect(find(file).filter((name) => !exists(name))).toEqual([]);
  });

  it('is found at least once, because otherwise this test searches in the wrong way', () => {
    expect(files.flatMap(find)).not.toEqual([]);
  });
});
