/** A file that violates a rule of .dependency-cruiser.mjs, or nearly does. */
export interface PlantedFile {
  readonly path: string;
  /** The import specifiers of the file. */
  readonly imports: readonly string[];
  /** Makes each import an `import type`. */
  readonly typeOnly?: true;
  /** The rules that must be reported for this file. Empty for a correct file. */
  readonly broken: readonly string[];
  readonly reason: string;
}

/** Path and imports of the correct files that the bad ones import. */
const ground: readonly PlantedFile[] = [
  ['src/api/spec.ts', ['zod']],
  ['src/offers/offer.ts', ['../api/spec.ts']],
  ['src/lifecycle/settings.ts', ['../api/spec.ts', '../offers/offer.ts', 'node:crypto']],
  ['src/kubernetes/store.ts', ['../clock.ts', '@kubernetes/client-node', '@dot-i/k8s-operator', 'node:http']],
  ['src/observability/log.ts', ['../clock.ts', 'pino']],
  ['src/prime/base-url.ts', ['../clock.ts', '../lifecycle/settings.ts', '../offers/offer.ts', 'got']],
  ['src/config/read.ts', ['../clock.ts', '../lifecycle/settings.ts', '../prime/base-url.ts']],
  ['src/simulator/world.ts', ['../clock.ts', 'fastify']],
  ['src/simulator/main.ts', ['./world.ts']],
  [
    'src/cli/cost.ts',
    [
      '../api/spec.ts',
      '../offers/offer.ts',
      '../prime/base-url.ts',
      '../clock.ts',
      'commander',
      'node:child_process',
    ],
  ],
  ['src/cli/main.ts', ['./cost.ts']],
  [
    'src/accounts/session.ts',
    ['../lifecycle/settings.ts', '../api/spec.ts', '../kubernetes/store.ts', '../clock.ts'],
  ],
  [
    'src/controllers/perform.ts',
    [
      '../accounts/session.ts',
      '../lifecycle/settings.ts',
      '../offers/offer.ts',
      '../api/spec.ts',
      '../kubernetes/store.ts',
      '../clock.ts',
    ],
  ],
  [
    'src/composition/operator.ts',
    ['../controllers/perform.ts', '../prime/base-url.ts', '../kubernetes/store.ts'],
  ],
  ['src/main.ts', ['./composition/operator.ts', './config/read.ts', 'commander']],
  ['scripts/build.ts', []],
  [
    'test/cluster/support.ts',
    ['../../src/prime/base-url.ts', '@kubernetes/client-node', 'got', 'fast-check'],
  ],
].map(([path, imports]) => ({
  path: String(path),
  imports: [imports].flat(2).map(String),
  broken: [],
  reason: 'it keeps to the directions',
}));

const badFiles: readonly PlantedFile[] = [
  {
    path: 'src/clock.ts',
    imports: ['./time-zone.ts'],
    broken: ['leaf-direction'],
    reason: 'everything may import the clock, so it imports nothing',
  },
  {
    path: 'src/json.ts',
    imports: ['./clock.ts'],
    broken: ['leaf-direction'],
    reason: 'the JSON helpers import nothing either',
  },
  {
    path: 'src/time-zone.ts',
    imports: ['node:util'],
    broken: ['folder-without-direction'],
    reason: 'nobody has said what it may import',
  },
  {
    path: 'src/api/bad.ts',
    imports: ['../clock.ts'],
    broken: ['api-direction'],
    reason: 'api depends on nothing, the clock included',
  },
  {
    path: 'src/offers/bad.ts',
    imports: ['../lifecycle/settings.ts'],
    broken: ['offers-direction'],
    reason: 'offers would know for what they are chosen',
  },
  {
    path: 'src/lifecycle/bad.ts',
    imports: ['../prime/base-url.ts'],
    broken: ['lifecycle-direction'],
    reason: 'a decision would know one provider',
  },
  {
    path: 'src/lifecycle/bad-type.ts',
    imports: ['../kubernetes/store.ts'],
    typeOnly: true,
    broken: ['lifecycle-direction'],
    reason: 'a type is a dependency too',
  },
  {
    path: 'src/accounts/bad.ts',
    imports: ['../controllers/perform.ts'],
    broken: ['accounts-direction'],
    reason: 'an account knows no controller',
  },
  {
    path: 'src/controllers/bad.ts',
    imports: ['../prime/base-url.ts'],
    broken: ['controllers-direction'],
    reason: 'the provider is passed in',
  },
  {
    path: 'src/prime/bad.ts',
    imports: ['../kubernetes/store.ts'],
    broken: ['prime-direction'],
    reason: 'prime knows no Kubernetes',
  },
  {
    path: 'src/kubernetes/bad.ts',
    imports: ['../api/spec.ts'],
    broken: ['kubernetes-direction'],
    reason: 'a generic runtime knows no GpuPod',
  },
  {
    path: 'src/observability/bad.ts',
    imports: ['../lifecycle/settings.ts'],
    broken: ['observability-direction'],
    reason: 'metrics take values, they do not fetch them',
  },
  {
    path: 'src/config/bad.ts',
    imports: ['../offers/offer.ts'],
    broken: ['config-direction'],
    reason: 'only the files with units, forms and defaults are open to config',
  },
  {
    path: 'src/network/bad.ts',
    imports: ['../clock.ts'],
    broken: ['network-direction'],
    reason: 'which proxy a URL needs depends on nothing but the environment',
  },
  {
    path: 'src/probe/bad.ts',
    imports: ['../prime/base-url.ts'],
    broken: ['probe-direction'],
    reason: 'a probe knows an address and nothing else',
  },
  {
    path: 'src/simulator/bad.ts',
    imports: ['../prime/base-url.ts'],
    broken: ['simulator-direction'],
    reason: 'a shared mistake would be tested with itself',
  },
  {
    path: 'src/cli/bad.ts',
    imports: ['../controllers/perform.ts'],
    broken: ['cli-direction'],
    reason: 'it would act instead of the operator',
  },
  {
    path: 'src/cli/bad-lifecycle.ts',
    imports: ['../lifecycle/settings.ts'],
    broken: ['cli-direction'],
    reason: 'of the decisions it takes over only the choice of an offer',
  },
  {
    path: 'src/prime/bad-orphan.ts',
    imports: [],
    broken: ['no-orphans'],
    reason: 'nothing leads to it, and it leads nowhere',
  },
  {
    path: 'src/controllers/bad-composition.ts',
    imports: ['../composition/operator.ts'],
    broken: ['controllers-direction'],
    reason: 'what is composed does not know of it',
  },
  {
    path: 'src/controllers/bad-simulator.ts',
    imports: ['../simulator/world.ts'],
    broken: ['controllers-direction', 'simulator-is-apart'],
    reason: 'the shipped operator would hold its own provider',
  },
  {
    path: 'test/quality/bad-main.ts',
    imports: ['../../src/main.ts'],
    broken: ['main-is-the-root'],
    reason: 'importing main starts it',
  },
  {
    path: 'test/quality/bad-cli-main.ts',
    imports: ['../../src/cli/main.ts'],
    broken: ['main-is-the-root'],
    reason: 'it has a main of its own',
  },
  {
    path: 'src/controllers/bad-test.ts',
    imports: ['../../test/cluster/support.ts'],
    broken: ['src-without-test'],
    reason: 'the image has no tests',
  },
  {
    path: 'src/controllers/bad-script.ts',
    imports: ['../../scripts/build.ts'],
    broken: ['src-without-test'],
    reason: 'the image has no scripts',
  },
  {
    path: 'src/offers/bad-effect.ts',
    imports: ['node:fs'],
    broken: ['pure-without-effects'],
    reason: 'a price from a file is not calculated',
  },
  {
    path: 'src/controllers/bad-got.ts',
    imports: ['got'],
    broken: ['got-only-in-prime'],
    reason: 'a second way to the provider has no rate limit',
  },
  {
    path: 'src/kubernetes/bad-got-type.ts',
    imports: ['got'],
    typeOnly: true,
    broken: ['got-only-in-prime'],
    reason: 'got is ESM only: a resolver that misses it would say nothing',
  },
  {
    path: 'src/controllers/bad-client-node.ts',
    imports: ['@kubernetes/client-node'],
    typeOnly: true,
    broken: ['client-node-only-in-kubernetes'],
    reason: 'its informers are within reach from there',
  },
  {
    path: 'src/controllers/bad-operator.ts',
    imports: ['@dot-i/k8s-operator'],
    broken: ['client-node-only-in-kubernetes'],
    reason: 'its watch ends the process',
  },
  {
    path: 'src/prime/bad-cycle.ts',
    imports: ['./bad-cycle-partner.ts'],
    broken: ['no-cycles'],
    reason: 'one half of a cycle',
  },
  {
    path: 'src/prime/bad-cycle-partner.ts',
    imports: ['./bad-cycle.ts'],
    typeOnly: true,
    broken: ['no-cycles'],
    reason: 'the other half is a type only, and counts',
  },
  {
    path: 'src/prime/bad-dev.ts',
    imports: ['fast-check'],
    broken: ['no-dev-dependency-in-src'],
    reason: 'it is missing in the image',
  },
  {
    path: 'src/prime/bad-missing.ts',
    imports: ['./nowhere.ts'],
    broken: ['resolvable'],
    reason: 'no rule can judge what was not found',
  },
];

/** Every planted file, good and bad. */
export const plantedFiles: readonly PlantedFile[] = [...ground, ...badFiles];

/** The text of a planted file. It only has imports, because the rules look at nothing else. */
export function textOf({ imports, typeOnly }: PlantedFile): string {
  const keyword = typeOnly === true ? 'import type' : 'import';
  return `${imports.map((name, index) => `${keyword} * as m${index} from '${name}';\n`).join('')}export {};\n`;
}
