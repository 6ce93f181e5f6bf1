import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const bundle = path.join(root, 'dist/gpupod-operator.mjs');

/**
 * The bundled operator, from `npm run build`.
 *
 * @throws when it does not exist, or is older than a source file, because the test would run other code.
 */
export async function shippedOperator(): Promise<string> {
  const builtMs = await stat(bundle).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const files = await readdir(path.join(root, 'src'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const source = path.join(file.parentPath, file.name);
    if ((await stat(source)).mtimeMs > builtMs) {
      throw new Error(
        `dist is older than ${path.relative(root, source)}: run npm run build, or npm run test:faults`,
      );
    }
  }
  return bundle;
}
