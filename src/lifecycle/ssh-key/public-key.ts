import { createHash } from 'node:crypto';
import { readFields } from './wire.ts';

/** A public key of a kind that this operator accepts. It holds nothing secret. */
export interface PublicKey {
  /** The first two words of an OpenSSH line, `ssh-ed25519 AAAA…`: what the provider compares. The comment is dropped. */
  readonly content: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** `problem` is the end of a sentence. It repeats nothing of the text, which may be a private key. */
export type ParsedPublicKey =
  { readonly kind: 'ok'; readonly key: PublicKey } | { readonly kind: 'bad'; readonly problem: string };

const MIN_RSA_BITS = 3072;
const MAX_RSA_BITS = 16_384;

/** Checks the fields behind the type. Returns the end of a sentence, or undefined if they are right. */
type FieldCheck = (fields: readonly Buffer[]) => string | undefined;

const ED25519: FieldCheck = ([key, ...rest]) =>
  key?.length === 32 && rest.length === 0 ? undefined : BROKEN;

const SK_ED25519: FieldCheck = ([key, application, ...rest]) =>
  key?.length === 32 && application !== undefined && rest.length === 0 ? undefined : BROKEN;

/** An uncompressed point: 4, and two coordinates. */
function ecdsa(curve: string, coordinateBytes: number, extraFields = 0): FieldCheck {
  return ([name, point, ...rest]) => {
    const isPoint = point?.length === 1 + 2 * coordinateBytes && point[0] === 4;
    return name?.toString('latin1') === curve && isPoint && rest.length === extraFields ? undefined : BROKEN;
  };
}

const RSA: FieldCheck = ([exponent, modulus, ...rest]) => {
  if (exponent === undefined || modulus === undefined || rest.length > 0 || exponent.length > 8) {
    return BROKEN;
  }
  const bits = bitLength(modulus);
  if (bits < MIN_RSA_BITS) {
    return `is an RSA key of ${String(bits)} bits; at least ${String(MIN_RSA_BITS)} are needed. Use ed25519: ssh-keygen -t ed25519`;
  }
  return bits > MAX_RSA_BITS ? `is an RSA key of ${String(bits)} bits, more than OpenSSH accepts` : undefined;
};

const BROKEN = 'has broken key data; copy the whole line of the .pub file again';

const FIELD_CHECKS: ReadonlyMap<string, FieldCheck> = new Map([
  ['ssh-ed25519', ED25519],
  ['ecdsa-sha2-nistp256', ecdsa('nistp256', 32)],
  ['ecdsa-sha2-nistp384', ecdsa('nistp384', 48)],
  ['ecdsa-sha2-nistp521', ecdsa('nistp521', 66)],
  ['ssh-rsa', RSA],
  ['sk-ssh-ed25519@openssh.com', SK_ED25519],
  ['sk-ecdsa-sha2-nistp256@openssh.com', ecdsa('nistp256', 32, 1)],
]);

/** Reads one line of OpenSSH's public key format: type, base64, and a comment that does not count. */
export function parsePublicKey(text: string): ParsedPublicKey {
  const line = text.trim();
  const problem = problemOfText(line);
  if (problem !== undefined) {
    return { kind: 'bad', problem };
  }
  const [type = '', base64 = ''] = line.split(/[ \t]+/, 2);
  const unusable = problemOfType(type, line) ?? problemOfData(type, base64);
  return unusable === undefined
    ? { kind: 'ok', key: { content: `${type} ${base64}`, fingerprint: fingerprintOf(base64) } }
    : { kind: 'bad', problem: unusable };
}

/** Of the data of a key, in base64. */
export function fingerprintOf(base64: string): string {
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

function problemOfText(line: string): string | undefined {
  if (line === '') {
    return 'is empty';
  }
  if (/PRIVATE KEY|^PuTTY-User-Key-File/m.test(line)) {
    return 'is a private key. Give the public key instead, from the file that ends in .pub, and do not use this private key any more: others may have read it';
  }
  if (/^---- BEGIN SSH2 PUBLIC KEY|^-----BEGIN/m.test(line)) {
    return 'is not in the format of OpenSSH; convert it with ssh-keygen -i';
  }
  if (/[\r\n]/.test(line)) {
    return 'has several lines; give one key on one line';
  }
  return /\p{C}/u.test(line.replaceAll('\t', ' ')) ? 'has invisible characters; copy it again' : undefined;
}

function problemOfType(type: string, line: string): string | undefined {
  if (FIELD_CHECKS.has(type)) {
    return undefined;
  }
  if (type === 'ssh-dss') {
    return 'is a DSA key, which no current SSH server accepts. Use ed25519: ssh-keygen -t ed25519';
  }
  if (/-cert-v\d+@openssh\.com$/.test(type)) {
    return 'is a certificate; give the public key that it certifies';
  }
  return [...FIELD_CHECKS.keys(), 'ssh-dss'].some((known) => line.includes(` ${known} `))
    ? 'has options before the type; remove them'
    : 'does not begin with a type of key that the operator accepts: ssh-ed25519, ecdsa-sha2-…, ssh-rsa, or their sk- variants';
}

function problemOfData(type: string, base64: string): string | undefined {
  const data = Buffer.from(base64, 'base64');
  if (base64 === '' || data.toString('base64') !== base64) {
    return 'has broken base64 behind the type; copy the whole line of the .pub file again';
  }
  const [inner, ...fields] = readFields(data) ?? [];
  if (inner === undefined) {
    return BROKEN;
  }
  if (inner.toString('latin1') !== type) {
    return 'says one type and holds the data of another; copy the whole line of the .pub file again';
  }
  return FIELD_CHECKS.get(type)?.(fields);
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}
