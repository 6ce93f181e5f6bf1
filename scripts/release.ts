import path from 'node:path';
import { parseArgs } from 'node:util';
import { ReleaseError, writeReleaseFiles } from './release/release-files.ts';

/** Writes the chart and deploy/ with the pushed image: --tag v0.1.0 --repository … --digest sha256:… --out … */
const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({ options: { tag: text, repository: text, digest: text, out: text } });
try {
  if (values.out === '') throw new ReleaseError('--out: name the folder to write to');
  await writeReleaseFiles(path.resolve(import.meta.dirname, '..'), path.resolve(values.out), values);
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
