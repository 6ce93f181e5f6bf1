import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { parsePublicKey } from '../../../lifecycle/ssh-key/public-key.ts';
import type { PublicKey } from '../../../lifecycle/ssh-key/public-key.ts';
import { field, readFields } from '../../../lifecycle/ssh-key/wire.ts';

/** A pair in OpenSSH's formats. Nothing but a Secret may hold the private half. */
export interface KeyPair {
  readonly privateKey: string;
  /** One line, as in a .pub file. */
  readonly publicKey: string;
}

const TYPE = 'ssh-ed25519';
const SEED_BYTES = 32;
/** The encoding of a private key (PKCS #8) up to its seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const MAGIC = Buffer.from('openssh-key-v1\0');
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const END = '-----END OPENSSH PRIVATE KEY-----';
const LINE_LENGTH = 70;
const BLOCK_BYTES = 8;
const PEM = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END OPENSSH PRIVATE KEY-----$/;
/** No cipher, no key derivation and its options, and one key. */
const HEADER = Buffer.concat([MAGIC, field('none'), field('none'), field(''), Buffer.from([0, 0, 0, 1])]);

export function newKeyPair(comment: string): KeyPair {
  return keyPairOf(randomBytes(SEED_BYTES), comment);
}

/** The pair of a seed, in the format of `ssh-keygen`, without a passphrase. */
export function keyPairOf(seed: Buffer, comment: string): KeyPair {
  const publicBytes = publicBytesOf(seed);
  const publicBlob = Buffer.concat([field(TYPE), field(publicBytes)]);
  // Twice the same number shows a reader that it decrypted the rest correctly. Here nothing is encrypted.
  const check = randomBytes(4);
  const secret = [check, check, publicBlob, field(Buffer.concat([seed, publicBytes])), field(comment)];
  const blob = Buffer.concat([HEADER, field(publicBlob), field(padded(Buffer.concat(secret)))]);
  const lines = blob.toString('base64').match(new RegExp(`.{1,${String(LINE_LENGTH)}}`, 'g')) ?? [];
  return {
    privateKey: [BEGIN, ...lines, END, ''].join('\n'),
    publicKey: `${TYPE} ${publicBlob.toString('base64')} ${comment}`,
  };
}

/** The padding is 1, 2, 3 … up to the end of a block. */
function padded(data: Buffer): Buffer {
  const length = (BLOCK_BYTES - (data.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return Buffer.concat([data, Buffer.from(Array.from({ length }, (_, index) => index + 1))]);
}

function publicBytesOf(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES);
}

/**
 * The public half of a private key that this module wrote; undefined for anything else. It is computed from the private
 * half, so nobody can pair it with another one.
 */
export function publicHalfOf(privateKey: string): PublicKey | undefined {
  const secret = secretPartOf(privateKey);
  // The padding is no field of its own: only the fields before it are read.
  const [type, , pair] = secret === undefined ? [] : firstFields(secret.subarray(BLOCK_BYTES), 3);
  if (type?.toString() !== TYPE || pair?.length !== 2 * SEED_BYTES) {
    return undefined;
  }
  const { publicKey } = keyPairOf(Buffer.from(pair.subarray(0, SEED_BYTES)), '');
  const parsed = parsePublicKey(publicKey);
  return parsed.kind === 'ok' ? parsed.key : undefined;
}

/** The part of an OpenSSH key file that holds the private key, if it is not encrypted. */
function secretPartOf(privateKey: string): Buffer | undefined {
  const [, base64 = ''] = PEM.exec(privateKey.trim()) ?? [];
  const blob = Buffer.from(base64, 'base64');
  return blob.subarray(0, HEADER.length).equals(HEADER)
    ? readFields(blob.subarray(HEADER.length))?.[1]
    : undefined;
}

function firstFields(data: Buffer, count: number): readonly Buffer[] {
  let end = 0;
  for (let read = 0; read < count && end + 4 <= data.length; read += 1) {
    end += 4 + data.readUInt32BE(end);
  }
  return readFields(data.subarray(0, end)) ?? [];
}
