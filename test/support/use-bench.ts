import { afterAll, afterEach, beforeAll, jest } from '@jest/globals';
import { openBench } from './bench.ts';
import type { Bench } from './bench.ts';
import { openScene } from './scene.ts';
import type { Scene, SceneOptions } from './scene.ts';

const MINUTE_MS = 60_000;

/** The shared environment of the tests of one file. */
export interface BenchForTests {
  /** Available from the first test on. */
  readonly bench: Bench;
  /** Opens a scene for this test, and stops it after the test. */
  open(options?: SceneOptions): Promise<Scene>;
}

/** Opens a bench for all tests of this file, and closes it after them. A scene has three minutes. */
export function useBench(): BenchForTests {
  jest.setTimeout(3 * MINUTE_MS);
  let bench: Bench | undefined;
  const scenes: Scene[] = [];
  const theBench = (): Bench => {
    if (bench === undefined) throw new Error('the bench is there from the first test on');
    return bench;
  };

  beforeAll(async () => {
    bench = await openBench();
  }, 20 * MINUTE_MS);

  afterEach(async () => {
    for (const scene of scenes.splice(0)) await scene.stop();
  });

  afterAll(async () => {
    await theBench().close();
  });

  return {
    get bench() {
      return theBench();
    },
    async open(options) {
      const scene = await openScene(theBench(), options);
      scenes.push(scene);
      return scene;
    },
  };
}
