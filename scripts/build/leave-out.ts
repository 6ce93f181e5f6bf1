import type { OnResolveResult, Plugin, PluginBuild } from 'esbuild';

/**
 * What a bundle has in the place of a package of which our paths use nothing. A call to one of them would be a bug
 * of the build.
 */
const standIns: Readonly<Record<string, string>> = {
  // For the frame of @dot-i/k8s-operator, which would take in all of it by `require`, and that esbuild cannot shake:
  // 16 MB of models to parse at every start. Its constructor makes both; src/kubernetes/frame.ts replaces the one
  // and drops the other.
  '@kubernetes/client-node':
    'export class CoreV1Api {} export class KubeConfig { loadFromDefault() {} makeApiClient() {} }',
  // For members of the frame that frame.ts hides. It uses the deprecated `punycode`.
  gaxios: "export const instance = { request() { throw new Error('gaxios is not in this bundle'); } };",
  // For the generated clients of @kubernetes/client-node. Our requests go through src/kubernetes/client/api-transport.ts.
  undici: `
    class NotInThisBundle { constructor() { throw new Error('undici is not in this bundle'); } }
    export { NotInThisBundle as Agent, NotInThisBundle as ProxyAgent };
    export function fetch() { return new NotInThisBundle(); }`,
  // For got, which uses it only with `http2: true`. src/prime/exchange.ts does not ask for it.
  'node:http2': `
    export const constants = {};
    export class Http2ServerResponse {}
    export function connect() { throw new Error('http2 is not in this bundle'); }
    export default { constants, connect };`,
  // An optional native part of ssh2, which goes on without it.
  'cpu-features': "throw new Error('cpu-features is not in this bundle');",
};

/** For native parts, which a bundle cannot hold. ssh2 goes on without its own. */
const NATIVE_PART = "throw new Error('native code is not in this bundle');";

const namespace = 'stand-in';
/** Marks resolutions that this plugin requests itself. */
const asked = Symbol('asked');

async function withoutSideEffects(
  build: PluginBuild,
  path: string,
  resolveDir: string,
): Promise<OnResolveResult> {
  const result = await build.resolve(path, { resolveDir, kind: 'import-statement', pluginData: asked });
  return { ...result, sideEffects: false };
}

/** Keeps packages that no code path uses out of the operator's bundle. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter: /^node:http2$/ }, ({ path, importer }) =>
      /node_modules[/\\]got[/\\]/.test(importer) ? { path, namespace } : undefined,
    );
    build.onResolve({ filter: /^(gaxios|undici|cpu-features)$|\.node$/ }, ({ path }) => ({
      path,
      namespace,
    }));
    build.onResolve({ filter: /^@kubernetes\/client-node$/ }, async (args) => {
      if (args.pluginData === asked) return undefined;
      if (/@dot-i[/\\]k8s-operator/.test(args.importer)) return { path: args.path, namespace };
      return withoutSideEffects(build, args.path, args.resolveDir);
    });
    // The package does not declare this itself. Only its polyfill has side effects when it is loaded.
    build.onResolve({ filter: /^\.{1,2}\// }, async (args) => {
      const isOurs = !/@kubernetes[/\\]client-node[/\\]dist/.test(args.importer);
      if (isOurs || args.pluginData === asked || args.path.includes('polyfill')) return undefined;
      return withoutSideEffects(build, args.path, args.resolveDir);
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: standIns[path] ?? NATIVE_PART }));
  },
};
