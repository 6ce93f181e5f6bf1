import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import type {
  DryRunResult,
  MutantRunOptions,
  MutantRunResult,
  TestResult,
  TestRunner,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import { chosenPart } from './parts.ts';
import { forgetTests, registeredTests } from './registry.ts';
import type { RegisteredTest } from './registry.ts';

/** What the planted code and its runner exchange. */
interface Shared {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

/**
 * Runs tests of pure code for Stryker in one process: the files are loaded once, and a mistake is switched on for the
 * tests that reach it. Under Jest, which loads everything anew each time, it takes fifty times as long.
 */
class LightRunner implements TestRunner {
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<DryRunResult> {
    await load();
    const results: TestResult[] = [];
    for (const test of registeredTests()) {
      this.#shared.currentTestId = test.id;
      results.push(await outcomeOf(test));
    }
    this.#shared.currentTestId = undefined;
    const { mutantCoverage = { static: {}, perTest: {} } } = this.#shared;
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const shared = this.#shared;
    shared.hitLimit = options.hitLimit;
    shared.hitCount = options.hitLimit === undefined ? undefined : 0;
    shared.activeMutant = options.mutantActivation === 'static' ? options.activeMutant.id : undefined;
    await load(options.reloadEnvironment);
    shared.activeMutant = options.activeMutant.id;
    const wanted = options.testFilter === undefined ? undefined : new Set(options.testFilter);
    const results: TestResult[] = [];
    for (const test of registeredTests().filter(({ id }) => wanted?.has(id) !== false)) {
      const result = await outcomeOf(test);
      const overLimit = determineHitLimitReached(shared.hitCount, shared.hitLimit);
      if (overLimit !== undefined) return toMutantRunResult(overLimit);
      results.push(result);
      if (result.status === TestStatus.Failed) break;
    }
    shared.activeMutant = undefined;
    return toMutantRunResult({ status: DryRunStatus.Complete, tests: results });
  }
}

/** The number of loads. The top level of a module runs again when it is imported under another address. */
let generation = 0;

/** Loads the tests of the part with their imports, or loads all of it again. */
async function load(isReloaded = false): Promise<void> {
  if (generation > 0 && !isReloaded) return;
  generation += 1;
  forgetTests();
  // The few property tests among the examples draw the same inputs each time.
  fc.configureGlobal({ numRuns: 10, seed: 1 });
  for (const file of chosenPart(process.env['PART'])
    .tests.flatMap((glob) => globSync(glob))
    .toSorted()) {
    await import(pathToFileURL(resolve(file)).href);
  }
}

async function outcomeOf(test: RegisteredTest): Promise<TestResult> {
  const beganAtMs = performance.now();
  const parts = { id: test.id, name: test.id };
  try {
    await test.run();
    return { ...parts, status: TestStatus.Success, timeSpentMs: performance.now() - beganAtMs };
  } catch (error) {
    const failureMessage = error instanceof Error ? error.message : String(error);
    return {
      ...parts,
      status: TestStatus.Failed,
      failureMessage,
      timeSpentMs: performance.now() - beganAtMs,
    };
  }
}

function createRunner(): LightRunner {
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === '@jest/globals') {
        return { url: new URL('registry.ts', import.meta.url).href, shortCircuit: true };
      }
      const found = next(specifier, context);
      return generation > 0 && isOwn(found.url) ? { ...found, url: ofGeneration(found.url) } : found;
    },
  });
  const shared: Shared = {};
  Reflect.set(globalThis, '__stryker__', shared);
  return new LightRunner(shared);
}

function isOwn(url: string): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/');
}

function ofGeneration(url: string): string {
  const address = new URL(url);
  address.search = `generation=${String(generation)}`;
  return address.href;
}

createRunner.inject = tokens(commonTokens.injector);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'light', createRunner)];
