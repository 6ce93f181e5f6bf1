import { createHash } from 'node:crypto';
import { fingerprintOf } from './public-key.ts';
import type { PublicKey } from './public-key.ts';
import type { RegisteredKey } from './ssh-key-api.ts';

/**
 * Names of the keys that this operator registers: `gpupod-<installation, 6>-<hash of the fingerprint, 32>`. The hash ties
 * the name to the key. A key of another content is not ours, whatever its name.
 */

const OURS = /^gpupod-([a-z0-9]{6})-([0-9a-f]{32})$/;
const HASH_LENGTH = 32;

export function keyName(installation: string, { fingerprint }: Pick<PublicKey, 'fingerprint'>): string {
  return `gpupod-${installation}-${hashOf(fingerprint)}`;
}

/** The installation that registered the key; undefined if a person did. */
export function installationOf({ name, content }: RegisteredKey): string | undefined {
  const [, installation, hash] = OURS.exec(name) ?? [];
  return hash !== undefined && hash === hashOf(fingerprintOfContent(content)) ? installation : undefined;
}

/** Of the first two words of a key. */
export function fingerprintOfContent(content: string): string {
  return fingerprintOf(content.split(' ')[1] ?? '');
}

function hashOf(fingerprint: string): string {
  return createHash('sha256').update(fingerprint).digest('hex').slice(0, HASH_LENGTH);
}
