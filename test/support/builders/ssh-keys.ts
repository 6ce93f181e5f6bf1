import { generateKeyPairSync } from 'node:crypto';
import { parsePublicKey } from '../../../src/lifecycle/ssh-key/public-key.ts';
import type { PublicKey } from '../../../src/lifecycle/ssh-key/public-key.ts';

/** Length and bytes, as in RFC 4251. */
export function wire(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** One line as in a .pub file, with data of these parts behind the type. */
export function publicLine(
  type: string,
  parts: readonly (string | Buffer)[],
  inner = type,
  comment = 'me@laptop',
): string {
  return `${type} ${wire(inner, ...parts).toString('base64')} ${comment}`;
}

/** An ed25519 key of the same 32 bytes each: no private key belongs to it. */
export function anEd25519Line(byte = 7): string {
  return publicLine('ssh-ed25519', [Buffer.alloc(32, byte)]);
}

export function aPublicKey(byte = 7): PublicKey {
  const parsed = parsePublicKey(anEd25519Line(byte));
  if (parsed.kind === 'bad') throw new Error(parsed.problem);
  return parsed.key;
}

export function rsaLine(bits: number): string {
  const modulus = Buffer.alloc(bits / 8, 0xff);
  return publicLine('ssh-rsa', [Buffer.from([1, 0, 1]), Buffer.concat([Buffer.alloc(1), modulus])]);
}

/** A real private key in PEM, as people paste it by mistake. */
export function privatePem(): string {
  const encoding = { type: 'pkcs8', format: 'pem' } as const;
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: encoding,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}
