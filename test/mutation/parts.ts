/** What is mutated, and by which tests that must be noticed. Paths from the root of the project. */
export interface Part {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

/** Properties draw thousands of inputs for each mistake, and drop out: the examples must notice by themselves. */
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
    // The rest is tables and schemas: what a changed word in them would mean, no test can say.
    mutate: ['src/api/**/*.ts'],
    tests: ['test/api/**/*.test.ts'],
  },
} as const satisfies Readonly<Record<string, Part>>;

/** The part that the environment asks for. */
export function chosenPart(name = 'offers'): { readonly name: string } & Part {
  const part = Object.entries(PARTS).find(([candidate]) => candidate === name)?.[1];
  if (part === undefined) throw new Error(`PART must be one of ${Object.keys(PARTS).join(', ')}`);
  return { name, ...part };
}
