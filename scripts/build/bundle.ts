import { chmod, copyFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { leaveOut } from './leave-out.ts';
import { thirdPartyNotices } from './notices.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Files beside the bundle that the programs read at run time. */
const dataFiles = ['src/simulator/offers/default-offers.yaml'];

/** Some CommonJS packages in the bundle still call `require` for modules of Node, or read `__dirname`. */
const namesForCommonJs =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;";

const EXECUTABLE = 0o755;

/** A written file and its size. */
export interface Bundle {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Bundles each program into one file, with everything it needs from node_modules: it starts in a third of the time
 * and with less memory, and the image needs nothing else. What was in `outdir` before is gone.
 */
export async function bundle(outdir: string): Promise<Bundle[]> {
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      'gpupod-operator': 'src/main.ts',
      'prime-simulator': 'src/simulator/main.ts',
      gpupod: 'src/cli/main.ts',
    },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    banner: { js: namesForCommonJs },
    plugins: [leaveOut, lazyBuiltins],
    inject: ['scripts/build/english-list.ts'],
    define: { 'Intl.ListFormat': 'EnglishList' },
    // Less to parse; names stay, so that stack traces can be read without the map.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    legalComments: 'external',
    metafile: true,
    logLevel: 'warning',
  });
  // npm does the same for the programs that it installs.
  await chmod(path.join(outdir, 'gpupod.mjs'), EXECUTABLE);
  for (const file of dataFiles) {
    await copyFile(path.join(root, file), path.join(outdir, path.basename(file)));
  }
  const notices = await thirdPartyNotices(root, Object.keys(metafile.inputs));
  await writeFile(path.join(outdir, 'THIRD-PARTY-NOTICES.txt'), notices);
  return Object.entries(metafile.outputs)
    .map(([file, { bytes }]) => ({ file: path.resolve(root, file), bytes }))
    .filter(({ file }) => file.endsWith('.mjs'));
}
