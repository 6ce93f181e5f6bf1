import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { runGo } from './go-command.ts';
import type { GoResult } from './go-command.ts';
import { oncePerPercent, progressOf } from './progress.ts';
import type { ProgressListener } from './progress.ts';
import type { BinaryName, GoModule } from './recipe.ts';

/** The folder inside the target folder that holds executables before the rename. */
const unfinishedPrefix = '.building-';

/** Linking comes last and reports no progress. It counts as this many packages for each executable. */
const packagesPerLink = 25;

/** One `go build` of several executables of one module. */
export interface GoBuild {
  readonly module: GoModule;
  readonly names: readonly BinaryName[];
  readonly linkerFlags: string;
  readonly outputDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: ProgressListener;
  readonly clock?: Clock;
}

/**
 * Builds the executables and moves each into `outputDirectory` under its final name only when all are whole.
 * Only one process at a time may call this.
 */
export async function goBuild(build: GoBuild): Promise<GoResult> {
  await mkdir(build.outputDirectory, { recursive: true });
  await removeUnfinished(build.outputDirectory);
  const unfinished = await mkdtemp(path.join(build.outputDirectory, unfinishedPrefix));
  try {
    const result = await compile(build, unfinished);
    if (result.kind !== 'done') return result;
    for (const name of build.names) {
      await rename(path.join(unfinished, name), path.join(build.outputDirectory, name));
    }
    return result;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** True for a line of `go build -v` that names a package, false for its other messages. */
function isPackageLine(line: string): boolean {
  return /^[^\s:#]+$/.test(line);
}

async function compile(build: GoBuild, target: string): Promise<GoResult> {
  const stale = await listStalePackages(build);
  if (stale.kind !== 'done') return stale;
  const { clock = systemClock, names } = build;
  const title = `building ${names.join(', ')}`;
  const report = oncePerPercent(build.onProgress);
  const total = stale.output.length + names.length * packagesPerLink;
  const startMs = clock.monotonicMs();
  let done = 0;
  const step = (): void => {
    report(progressOf(title, { done, total, elapsedMs: clock.monotonicMs() - startMs }));
  };
  step();
  const result = await runGo({
    args: ['build', '-v', ...buildFlags(build), '-o', `${target}${path.sep}`, ...packages(build)],
    directory: build.module.directory,
    env: build.env,
    onLine: (line) => {
      if (!isPackageLine(line)) return;
      done += 1;
      step();
    },
  });
  if (result.kind === 'done') {
    done = total;
    step();
  }
  return result;
}

/** The packages to compile, which Go's own build cache lacks. Downloads modules first. */
async function listStalePackages(build: GoBuild): Promise<GoResult> {
  let modules = 0;
  const result = await runGo({
    args: [
      'list',
      '-deps',
      '-f',
      '{{if .Stale}}{{.ImportPath}}{{end}}',
      ...buildFlags(build),
      ...packages(build),
    ],
    directory: build.module.directory,
    env: build.env,
    onLine: (line) => {
      if (!line.startsWith('go: downloading ')) return;
      modules += 1;
      if (modules % 10 === 1) {
        build.onProgress({ message: `downloading Go modules: ${String(modules)} so far` });
      }
    },
  });
  if (result.kind !== 'done') return result;
  return { kind: 'done', output: result.output.filter((line) => line !== '') };
}

function buildFlags({ linkerFlags, module: { buildTags } }: GoBuild): string[] {
  const tags = buildTags === undefined ? [] : ['-tags', buildTags];
  return ['-trimpath', '-buildvcs=false', ...tags, '-ldflags', linkerFlags];
}

function packages(build: GoBuild): string[] {
  return build.names.map((name) => `${build.module.packages ?? './cmd'}/${name}`);
}

async function removeUnfinished(directory: string): Promise<void> {
  const leftovers = (await readdir(directory)).filter((name) => name.startsWith(unfinishedPrefix));
  await Promise.all(
    leftovers.map((name) => rm(path.join(directory, name), { recursive: true, force: true })),
  );
}
