import type { OnResolveResult, Plugin, PluginBuild } from 'esbuild';

/**
 * What of its two packages the frame of @dot-i/k8s-operator gets in a bundle. It would take in all of
 * @kubernetes/client-node by `require`, which esbuild cannot shake: 16 MB of models to parse at every start. What is
 * missing here belongs to members that src/kubernetes/operator-frame.ts makes unreachable, as gaxios does (and the
 * deprecated `punycode` below it, with its warning).
 */
const forTheFrame: Readonly<Record<string, string>> = {
  '@kubernetes/client-node': "export { KubeConfig, CoreV1Api } from '@kubernetes/client-node';",
  gaxios: "export const instance = { request() { throw new Error('gaxios is not in this bundle'); } };",
};

const namespace = 'for-the-frame';
/** Tells a resolution that this plugin asks for from one that it is asked for. */
const asked = Symbol('asked');

async function withoutSideEffects(
  build: PluginBuild,
  path: string,
  resolveDir: string,
): Promise<OnResolveResult> {
  const result = await build.resolve(path, { resolveDir, kind: 'import-statement', pluginData: asked });
  return { ...result, sideEffects: false };
}

/** Keeps what no path leads to out of the operator's bundle; a fifth of the size remains. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter: /^(@kubernetes\/client-node|gaxios)$/ }, async (args) => {
      if (args.pluginData === asked) return undefined;
      if (/@dot-i[/\\]k8s-operator/.test(args.importer)) return { path: args.path, namespace };
      return withoutSideEffects(build, args.path, args.resolveDir);
    });
    // The package does not say so itself: of its modules only the polyfill does anything when it is loaded.
    build.onResolve({ filter: /^\.{1,2}\// }, async (args) => {
      const isOurs = !/@kubernetes[/\\]client-node[/\\]dist/.test(args.importer);
      if (isOurs || args.pluginData === asked || args.path.includes('polyfill')) return undefined;
      return withoutSideEffects(build, args.path, args.resolveDir);
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: forTheFrame[path] ?? '',
      resolveDir: import.meta.dirname,
    }));
  },
};
