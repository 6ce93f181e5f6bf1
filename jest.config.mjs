/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // src for the coverage of files that no test imports.
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  // @dot-i/k8s-operator is CommonJS and requires @kubernetes/client-node, which is ESM: importing it
  // first spares that require a half-linked module.
  setupFilesAfterEnv: ['<rootDir>/test/support/jest-setup.ts'],
  reporters: ['default', '<rootDir>/test/support/summary-reporter.mjs'],
  // v8 counts files that hold types alone as never run, and comments as lines that ran.
  coverageProvider: 'babel',
  // The pure parts can be tested to the last line; the effects are what the cluster tests are for.
  collectCoverageFrom: ['src/{api,offers,lifecycle}/**/*.ts'],
  coverageReporters: [['text', { skipFull: true }]],
  coverageThreshold: {
    './src/api/': { lines: 95 },
    './src/offers/': { lines: 95 },
    './src/lifecycle/': { lines: 95 },
  },
  maxWorkers: 2,
  // Each test file has its own copy of all modules, of which some stay in memory. Without this, a worker reaches the heap
  // limit of Node (4 GiB) after some 250 files.
  workerIdleMemoryLimit: '1500MB',
  // Long enough for a slow test, because the host may be busy with a build of the control plane.
  testTimeout: 120_000,
};
