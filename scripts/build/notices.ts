import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Thrown if a bundled package does not state its license terms. */
export class LicenceMissingError extends Error {
  override name = 'LicenceMissingError';

  constructor(directory: string) {
    super(
      `${directory}: neither a licence file nor the field "license" of its package.json; do not bundle it`,
    );
  }
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const HEAD = 'The programs beside this file contain the packages below, each under its own terms.\n';
const TERMS = /^(licen[cs]e|copying|notice)/i;

/** Names, versions and license terms of all packages in these inputs of a bundle. */
export async function thirdPartyNotices(root: string, inputs: readonly string[]): Promise<string> {
  const directories = new Set(inputs.map((input) => packageOf(input)).filter((found) => found !== undefined));
  const notices = await Promise.all([...directories].sort().map(async (one) => await noticeOf(root, one)));
  return [HEAD, ...notices].join(`\n${'-'.repeat(80)}\n\n`);
}

/** `node_modules/a/node_modules/@b/c` of a file below it, or undefined for our own files. */
function packageOf(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}

async function noticeOf(root: string, directory: string): Promise<string> {
  const files = await readdir(path.join(root, directory));
  const manifest = JSON.parse(await readFile(path.join(root, directory, 'package.json'), 'utf8')) as Manifest;
  const terms = files.filter((file) => TERMS.test(file) && !/\.(c|m)?(j|t)s$/.test(file)).sort();
  if (terms.length === 0 && manifest.license === undefined) throw new LicenceMissingError(directory);
  const texts = await Promise.all(
    terms.map(async (file) => (await readFile(path.join(root, directory, file), 'utf8')).trim()),
  );
  const { name, version, license = 'see below' } = manifest;
  return `${[`${name} ${version} (${license})`, ...texts].join('\n\n')}\n`;
}
