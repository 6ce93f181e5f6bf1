import * as z from 'zod';
import { providerId, secretKeyRef } from '../common/field-kinds.ts';

/** Private keys are longer than public ones. They reach the rule that says what they are, and no message repeats them. */
const MAX_KEY_LENGTH = 16_384;

/**
 * What the API server can see of a public key. The rest is checked before anything is rented, and stated in Synced. The
 * rules are on the object, and there is no pattern: the API server repeats a text that breaks a rule of its own, and it
 * may be a private key.
 */
const PUBLIC_KEY_RULES = [
  {
    rule: "!self.publicKey.contains('PRIVATE KEY')",
    message:
      'this is a private key: give the public key instead, from the file that ends in .pub, and do not use this private key any more',
  },
  {
    rule: String.raw`self.publicKey.contains('PRIVATE KEY') || !self.publicKey.trim().contains('\n')`,
    message: 'must be one key on one line: remove the others',
  },
  {
    rule: "!self.publicKey.startsWith('ssh-dss')",
    message: 'is a DSA key, which no current SSH server accepts: give an ed25519 key (ssh-keygen -t ed25519)',
  },
  {
    rule: "self.publicKey.contains('PRIVATE KEY') || ['ssh-', 'ecdsa-', 'sk-'].exists(type, self.publicKey.trim().startsWith(type))",
    message:
      'must begin with the type of the key, such as ssh-ed25519: remove options before it, and copy the whole line of the .pub file',
  },
].map(({ rule, message }) => ({
  rule: `!has(self.publicKey) || ${rule}`,
  message,
  fieldPath: '.publicKey',
}));

const SOURCES = ['keyId', 'publicKey', 'publicKeySecretRef', 'generate'];

export const ssh = z
  .object({
    keyId: providerId().describe('ID of an SSH key that is stored at the provider.').optional(),
    publicKey: z
      .string()
      .min(1)
      .max(MAX_KEY_LENGTH)
      .describe(
        'A public key, as in the file that ends in .pub: one line such as ssh-ed25519 AAAA… ed25519, ECDSA, their sk- variants, and RSA of at least 3072 bits. The operator registers it at the provider, without its comment.',
      )
      .optional(),
    publicKeySecretRef: secretKeyRef
      .describe('Secret key that holds the public key. The operator reads it before each create request.')
      .optional(),
    generate: z
      .boolean()
      .describe(
        'true: the operator generates an ed25519 key pair. The private key is only in the connection Secret (ssh-privatekey, with ssh-publickey beside it), from before the instance is rented until it has ended.',
      )
      .optional(),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: `[${SOURCES.map((source) => `has(self.${source})`).join(', ')}].filter(given, given).size() == 1`,
        message: `give exactly one of ${SOURCES.join(', ')}`,
      },
      ...PUBLIC_KEY_RULES,
      {
        rule: '!has(self.generate) || self.generate',
        message: 'generate can only be true: remove it, and set one of the other fields',
        fieldPath: '.generate',
      },
    ],
  })
  .describe(
    'The SSH key that may log in. Absent: the default of the operator, else the primary key of the account.',
  );
