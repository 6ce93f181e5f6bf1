import type ssh2 from 'ssh2';

/** Types of host keys, preferred first. The client of OpenSSH prefers the same. */
const TYPES = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];
/** An RSA key of 8192 bits has about 1050. Checking a signature of a larger one would hold up everything else. */
const MAX_BYTES = 1100;
const LENGTH_BYTES = 4;

/** A host key as text: type and base64. Undefined if it is of no known type. */
export function hostKeyText(blob: Buffer): string | undefined {
  if (blob.length < LENGTH_BYTES || blob.length > MAX_BYTES) {
    return undefined;
  }
  const type = blob.subarray(LENGTH_BYTES, LENGTH_BYTES + blob.readUInt32BE(0)).toString('latin1');
  return TYPES.includes(type) ? `${type} ${blob.toString('base64')}` : undefined;
}

/**
 * What the client offers. The server picks the first host key algorithm that it has, so that a known type comes
 * first. Key exchanges are those that cost little, because the server must not choose work for the operator.
 */
export function algorithmsFor(knownHostKey: string | undefined): ssh2.Algorithms {
  const known = knownHostKey?.split(' ')[0] ?? '';
  const types = TYPES.includes(known) ? [known, ...TYPES.filter((type) => type !== known)] : TYPES;
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'diffie-hellman-group14-sha256',
    ],
    // The type of RSA keys has two algorithms. The old one with SHA-1 is not offered.
    serverHostKey: types.flatMap((type) =>
      type === 'ssh-rsa'
        ? (['rsa-sha2-512', 'rsa-sha2-256'] as const)
        : [type as ssh2.ServerHostKeyAlgorithm],
    ),
    compress: ['none'],
  };
}
