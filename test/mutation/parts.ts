/** The mutated files, and the tests that must notice. Paths are relative to the root of the project. */
export interface Part {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

/** Property tests are left out, because they draw thousands of inputs for each mistake. The examples must notice alone. */
const PARTS = {
  offers: {
    mutate: ['src/offers/**/*.ts'],
    tests: ['test/offers/!(properties|hint-truth).test.ts'],
  },
  lifecycle: {
    mutate: ['src/lifecycle/**/*.ts'],
    tests: ['test/lifecycle/!(*.property).test.ts', 'test/lifecycle/*/**/*.test.ts'],
  },
  api: {
    // The rest is tables and schemas, for which no test can judge a changed word.
    mutate: ['src/api/**/*.ts'],
    tests: ['test/api/**/*.test.ts'],
  },
} as const satisfies Readonly<Record<string, Part>>;

/** The part that the environment selects. */
export function chosenPart(name = 'offers'): { readonly name: string } & Part {
  const part = Object.entries(PARTS).find(([candidate]) => candidate === name)?.[1];
  if (part === undefined) throw new Error(`PART must be one of ${Object.keys(PARTS).join(', ')}`);
  return { name, ...part };
}
