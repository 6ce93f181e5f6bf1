import { chosenPart } from './test/mutation/parts.ts';

/**
 * Mutation testing of what is pure: mistakes are planted one by one, and the tests of that part must notice.
 * What came of it stands in docs/development/mutation-testing.md. It is not a part of the test command.
 *
 * `PART=lifecycle npm run test:mutation`, or `npm run test:mutation -- --mutate src/offers/price.ts`
 */
const { name, mutate } = chosenPart(process.env.PART);

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'light',
  plugins: ['./test/mutation/light-runner.ts'],
  coverageAnalysis: 'perTest',
  mutate: [...mutate],
  ignorePatterns: [
    '/coverage',
    '/dist',
    '/reports',
    '/.stryker-tmp',
    '/docs',
    '/charts',
    '/deploy',
    '/examples',
    '/test/cluster',
    '/test/install',
  ],
  tempDirName: `.stryker-tmp/${name}`,
  incremental: true,
  incrementalFile: `reports/mutation/${name}.incremental.json`,
  concurrency: 2,
  // Tells what hangs, not what is slow.
  timeoutMS: 60_000,
  dryRunTimeoutMinutes: 30,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
};
