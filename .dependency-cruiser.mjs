/**
 * The directions of docs/explanation/architecture.md: `main (with its parts in composition) → controllers → accounts →
 * {lifecycle, offers} → api`; `prime` implements interfaces that the pure side declares; `kubernetes`, `observability` and `config`
 * know nothing of ours.
 *
 * test/quality/directions.test.ts plants a file against each rule; a new rule needs a row there.
 */

/** Everything of ours that a folder may import beside itself. What is not named is forbidden. */
const directions = {
  api: { may: ['src/json.ts'], why: 'what users write and read depends on nothing but JSON' },
  offers: { may: ['src/api/'], why: 'choosing an offer is pure: it knows the requirements and the rows' },
  lifecycle: {
    may: ['src/offers/', 'src/api/', 'src/json.ts'],
    why: 'deciding is pure: no effect, no provider, no cluster',
  },
  accounts: {
    may: ['src/lifecycle/', 'src/offers/', 'src/api/', 'src/kubernetes/', 'src/clock.ts', 'src/json.ts'],
    why: 'what one account knows of its instances; the provider is reached through an interface of lifecycle',
  },
  controllers: {
    may: [
      'src/accounts/',
      'src/lifecycle/',
      'src/offers/',
      'src/api/',
      'src/kubernetes/',
      'src/clock.ts',
      'src/json.ts',
    ],
    why: 'the provider is reached through an interface of lifecycle, so that it can be another one',
  },
  network: { may: [], why: 'which proxy a URL needs follows from the environment alone' },
  probe: {
    may: ['src/lifecycle/reachability.ts'],
    why: 'it tries one address that somebody else has chosen, and knows nothing else of an instance',
  },
  prime: {
    may: ['src/lifecycle/', 'src/offers/', 'src/clock.ts', 'src/json.ts'],
    why: 'it implements what the pure side declares, and knows no Kubernetes',
  },
  kubernetes: { may: ['src/clock.ts', 'src/json.ts'], why: 'a generic runtime: it knows no GpuPod' },
  observability: {
    may: ['src/clock.ts', 'src/json.ts'],
    why: 'logs and metrics know nothing of what they report',
  },
  config: {
    may: [
      'src/clock.ts',
      'src/lifecycle/settings.ts',
      'src/network/',
      'src/prime/base-url.ts',
      'src/prime/api-key.ts',
      'src/api/common/duration.ts',
      'src/offers/money.ts',
    ],
    why: 'a setting is read and checked where its default, unit or form is defined; it knows no more',
  },
  cli: {
    may: [
      'src/api/',
      'src/offers/',
      'src/lifecycle/choose-offer.ts',
      'src/lifecycle/observation.ts',
      'src/lifecycle/provider.ts',
      'src/lifecycle/status/',
      'src/lifecycle/uninstall/uninstall-row.ts',
      'src/kubernetes/client/',
      'src/kubernetes/kubeconfig/',
      'src/kubernetes/objects.ts',
      'src/prime/',
      'src/network/',
      'src/config/version.ts',
      'src/clock.ts',
      'src/json.ts',
    ],
    why: 'it shows what the operator decides, and decides and changes nothing itself',
  },
  simulator: {
    may: ['src/clock.ts'],
    why: 'it simulates the provider: sharing code would share mistakes',
  },
};

const directionRules = Object.entries(directions).map(([folder, { may, why }]) => ({
  name: `${folder}-direction`,
  comment: why,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`src/${folder}/`, ...may].map((path) => `^${path}`) },
}));

/** An npm package that only one folder may import, types included. */
function onlyIn(folder, packages, why) {
  return {
    name: `${packages[0].split('/').at(-1)}-only-in-${folder}`,
    comment: why,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/${folder}/` },
    to: { path: packages.map((name) => `(^|/)node_modules/${name}/`) },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...directionRules,
    {
      name: 'folder-without-direction',
      comment: 'a new folder under src says above what it may import, or it may import everything',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [...Object.keys(directions), 'composition']
          .map((folder) => `^src/${folder}/`)
          .concat('^src/(main|clock|json)\\.ts$'),
      },
      to: {},
    },
    {
      name: 'leaf-direction',
      comment: 'everything may import the clock and the JSON helpers, so they import nothing of ours',
      severity: 'error',
      from: { path: '^src/(clock|json)\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'simulator-is-apart',
      comment: 'the operator that is shipped must not be able to talk to itself',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/simulator/' },
      to: { path: '^src/simulator/' },
    },
    {
      name: 'main-is-the-root',
      comment: 'a composition root that is imported starts the program a second time',
      severity: 'error',
      from: {},
      to: { path: '^src/((simulator|cli)/)?main\\.ts$' },
    },
    {
      name: 'src-without-test',
      comment: 'what is shipped does not lean on tests or tools',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts)/' },
    },
    {
      name: 'pure-without-effects',
      comment: 'the pure parts calculate: no files, no network, no processes, no timers',
      severity: 'error',
      from: { path: '^src/(api|offers|lifecycle)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(assert|crypto|util)$' },
    },
    onlyIn('prime', ['got'], 'HTTP to the provider has one place, with its limits and its errors'),
    onlyIn(
      'kubernetes',
      ['@kubernetes/client-node', '@dot-i/k8s-operator'],
      'their weak spots are guarded in one place',
    ),
    {
      name: 'no-cycles',
      comment: 'files that need each other are one file; type-only imports count',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'a file that nothing leads to is dead, or was forgotten',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['^src/((simulator|cli)/)?main\\.ts$', '^scripts/[^/]+\\.ts$', '\\.test\\.ts$', '\\.mjs$'],
      },
      to: {},
    },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'the image has no devDependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      comment: 'a rule about a module that was not found would pass in silence',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    // Without these, packages that are ESM only are not found, and the rules about them pass in silence.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
