import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { stringify } from 'yaml';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../../src/simulator/start-simulator.ts';
import { CliBench } from './cli-bench.ts';
import type { Ran } from './cli-bench.ts';

export const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };

export function manifest(spec: object, name = 'train-1', apiVersion = 'gpupod.dev/v1alpha1'): string {
  return stringify({ apiVersion, kind: 'GpuPod', metadata: { name }, spec });
}

export interface OffersBench {
  readonly bench: CliBench;
  readonly simulator: Simulator;
  /** Runs `gpupod offers` with the key of the simulator. */
  offers(...args: readonly string[]): Promise<Ran>;
  /** Writes a file for the command, and returns its path. */
  write(name: string, text: string): Promise<string>;
}

/** Opens a bench with a simulated provider for each test of this file. Read the members within a test. */
export function useOffers(): OffersBench {
  let opened: { readonly bench: CliBench; readonly simulator: Simulator } | undefined;

  function current(): NonNullable<typeof opened> {
    if (opened === undefined) throw new Error('the bench opens with the first test');
    return opened;
  }

  beforeEach(async () => {
    opened = { bench: await CliBench.open(), simulator: await startSimulator() };
  });

  afterEach(async () => {
    await opened?.simulator.stop();
    await opened?.bench.close();
  });

  return {
    get bench() {
      return current().bench;
    },
    get simulator() {
      return current().simulator;
    },
    async offers(...args) {
      const { bench, simulator } = current();
      return await bench.run(['offers', ...args], {
        env: { PRIME_API_BASE_URL: simulator.url, PRIME_API_KEY: simulator.apiKey },
      });
    },
    async write(name, text) {
      const file = path.join(current().bench.directory, name);
      await writeFile(file, text);
      return file;
    },
  };
}
