import { defineConfig, globalIgnores } from 'eslint/config';
import { importX } from 'eslint-plugin-import-x';
import jest from 'eslint-plugin-jest';
import unicorn from 'eslint-plugin-unicorn';
import tseslint from 'typescript-eslint';

const typescript = ['**/*.ts'];
const javascript = ['**/*.mjs'];
const product = ['src/**/*.ts'];
const tests = ['test/**/*.ts'];

/** The files a process starts at: they alone may read the environment and write to the terminal. */
const entryPoints = ['src/main.ts', 'src/simulator/main.ts', 'src/cli/main.ts'];
/** The one place where time is read. */
const clock = ['src/clock.ts'];

const environment = [{ object: 'process', property: 'env', message: 'Read it in main.ts and pass it on.' }];
const time = [
  { object: 'Date', property: 'now', message: 'Take a Clock.' },
  { object: 'performance', property: 'now', message: 'Take a Clock.' },
  { object: 'process', property: 'hrtime', message: 'Take a Clock.' },
];
const environmentModule = [
  { name: 'node:process', importNames: ['env'], message: 'Read it in main.ts and pass it on.' },
];
const timeModules = [
  { name: 'node:timers/promises', message: 'Take a Clock: fake timers do not reach these.' },
  { name: 'timers/promises', message: 'Take a Clock: fake timers do not reach these.' },
  { name: 'node:perf_hooks', importNames: ['performance'], message: 'Take a Clock.' },
];

const functionValues =
  ':matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator:not([id.typeAnnotation])';
const functionDeclarations = [
  {
    selector: `${functionValues} > :matches(ArrowFunctionExpression, FunctionExpression)`,
    message: 'Write a function declaration.',
  },
];
/** `z` is a member like any other, and takes in all others with it, in a dozen languages: 500 kB in each bundle. */
const zodNamespace = [
  {
    selector: 'ImportDeclaration[source.value="zod"] > ImportSpecifier',
    message: "Write import * as z from 'zod'.",
  },
];
const timeSyntax = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take a Clock.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Take a Clock.' },
];

/** Bugs that neither the compiler nor typescript-eslint look for. */
const correctness = {
  'array-callback-return': 'error',
  eqeqeq: 'error',
  'no-console': 'error',
  'no-constant-binary-expression': 'error',
  'no-control-regex': 'error',
  'no-empty': 'error',
  'no-extra-boolean-cast': 'error',
  'no-fallthrough': 'error',
  'no-irregular-whitespace': 'error',
  'no-loss-of-precision': 'error',
  'no-misleading-character-class': 'error',
  'no-param-reassign': 'error',
  'no-regex-spaces': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-sparse-arrays': 'error',
  'no-template-curly-in-string': 'error',
  'no-unassigned-vars': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-unsafe-optional-chaining': 'error',
  'no-useless-backreference': 'error',
  'no-useless-escape': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'preserve-caught-error': 'error',
};

/** What keeps a function and a file small enough to be read at once. */
const size = {
  // A switch over a union is a table, however long; the branches beside it are counted.
  complexity: ['error', { max: 10, variant: 'modified' }],
  'max-depth': ['error', 3],
  'max-params': ['error', 4],
  'max-lines': ['error', 300],
};

const modules = {
  'import-x/no-default-export': 'error',
  'import-x/no-mutable-exports': 'error',
  // Types and values have imports of their own, and the order of imports says how far away a module is.
  'import-x/consistent-type-specifier-style': ['error', 'prefer-top-level'],
  'import-x/no-duplicates': 'error',
  'import-x/order': ['error', { 'newlines-between': 'never' }],
  'unicorn/filename-case': ['error', { case: 'kebabCase' }],
  'unicorn/prefer-node-protocol': 'error',
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'reports/', '.stryker-tmp/', '**/.*/']),
  {
    // A finding is repaired, or the rule is changed here for everybody; it is not waved through in a file.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
  },
  {
    files: [...typescript, ...javascript],
    plugins: { 'import-x': importX, unicorn },
    // A guard of a test or a script may be on one line, without braces.
    rules: { ...correctness, ...size, ...modules, curly: ['error', 'multi-line'] },
  },
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/strict-boolean-expressions': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // A number has one text; what must not slip into a text are objects, undefined and null.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => undefinedReturningCall()` is as clear as with braces around it.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A mapped type says `[N in SizeName]` as well as Record does; an interface that extends cannot be a Record.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // Leaving a property out of a copy names it: `{ order: _order, ...rest }`.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      // The models of @kubernetes/client-node are classes that are made by writing object literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-restricted-syntax': ['error', ...functionDeclarations, ...zodNamespace],
    },
  },
  {
    // A function that builds a schema has the schema for its type, which nobody can write down.
    files: [
      'src/api/gpupod/spec.ts',
      'src/api/gpuaccount/spec.ts',
      'src/api/gpuaccount/limits.ts',
      'src/api/common/status-kinds.ts',
    ],
    rules: { '@typescript-eslint/explicit-function-return-type': 'off' },
  },
  {
    // The signature belongs to the class it overrides.
    files: ['src/kubernetes/frame.ts'],
    rules: { 'max-params': ['error', 5] },
  },
  {
    files: product,
    ignores: clock,
    rules: {
      'no-restricted-imports': ['error', { paths: [...environmentModule, ...timeModules] }],
      'no-restricted-properties': ['error', ...environment, ...time],
      'no-restricted-syntax': ['error', ...functionDeclarations, ...zodNamespace, ...timeSyntax],
    },
  },
  {
    files: entryPoints,
    rules: {
      'no-restricted-imports': ['error', { paths: timeModules }],
      'no-restricted-properties': ['error', ...time],
    },
  },
  {
    // A guard of the product has braces. In src/kubernetes they would push three files over the limit of lines.
    files: product,
    ignores: ['src/kubernetes/**'],
    rules: { curly: ['error', 'all'] },
  },
  {
    files: tests,
    extends: [jest.configs['flat/recommended'], jest.configs['flat/style']],
    rules: {
      // Within a test file a builder's type says enough; what other files import is written out.
      '@typescript-eslint/explicit-function-return-type': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert'] }],
      'jest/no-standalone-expect': [
        'error',
        { additionalTestBlockFunctions: ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] },
      ],
      'jest/consistent-test-it': ['error', { fn: 'it' }],
      'jest/no-disabled-tests': 'error',
      'jest/no-focused-tests': 'error',
      'jest/prefer-importing-jest-globals': 'error',
      'jest/no-commented-out-tests': 'error',
      'jest/require-to-throw-message': 'error',
    },
  },
  {
    // Programs of the developer talk to a terminal.
    files: ['scripts/**', 'test/quality/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Tools find their configuration, and jest its reporter, by the default export.
    files: ['*.config.mjs', '.*.mjs', 'test/support/summary-reporter.mjs'],
    rules: { 'import-x/no-default-export': 'off' },
  },
);
