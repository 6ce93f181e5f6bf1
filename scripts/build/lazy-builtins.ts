import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'built-in';
const require = createRequire(import.meta.url);

/**
 * Imports these modules of Node without the exports behind a getter. An `import` reads all exports at once, also what
 * Node loads on first use: fetch, WebSocket and web streams for `http`, WebCrypto for `crypto`, and 140 certificates for
 * `tls`, 12 MiB that no path of ours uses. The build fails, and names the export, if a program imports one by name.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^(node:)?(http|crypto|tls)$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: withoutGetters(path) }));
  },
};

function withoutGetters(path: string): string {
  const exported = Object.getOwnPropertyDescriptors(require(path) as object);
  const names = Object.keys(exported).filter((name) => exported[name]?.get === undefined);
  return [
    `const all = require(${JSON.stringify(path)});`,
    'export default all;',
    `export const { ${names.join(', ')} } = all;`,
  ].join('\n');
}
