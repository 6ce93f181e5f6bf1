import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'built-in';

/**
 * Loads modules of Node with `require`. An `import` reads every export at once, also those that Node loads on first
 * use: `import 'node:http'` alone takes in fetch, WebSocket and web streams, 10 MiB that no path of ours uses.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, kind }) => {
      const isBuiltin = builtinModules.includes(path.replace(/^node:/, ''));
      return isBuiltin && kind === 'import-statement' ? { path, namespace } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
