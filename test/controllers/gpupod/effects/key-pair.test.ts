import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { keyPairOf, newKeyPair, publicHalfOf } from '../../../../src/controllers/gpupod/effects/key-pair.ts';
import { hasOpenSsh } from '../../../support/ssh-client.ts';
import { parsePublicKey } from '../../../../src/lifecycle/ssh-key/public-key.ts';

const run = promisify(execFile);
const describeWithSsh = hasOpenSsh ? describe : describe.skip;

describeWithSsh('a generated pair, read by ssh-keygen', () => {
  it.each(['', 'a', 'train-1', 'gpupod team-a/a-long-name-of-a-gpupod'])(
    'has the comment %j, and its padding',
    async (comment) => {
      const pair = newKeyPair(comment);
      const directory = await mkdtemp(path.join(tmpdir(), 'gpupod-key-'));
      const file = path.join(directory, 'id_ed25519');
      try {
        await writeFile(file, pair.privateKey, { mode: 0o600 });
        const { stdout, stderr } = await run('ssh-keygen', ['-y', '-P', '', '-f', file]);
        expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: pair.publicKey.trim(), stderr: '' });
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );
});

describe('a generated pair', () => {
  it('is another one each time', () => {
    expect(newKeyPair('x').privateKey).not.toBe(newKeyPair('x').privateKey);
  });

  it('has a public half that the operator accepts, and that the private half gives again', () => {
    const pair = newKeyPair('x');
    const parsed = parsePublicKey(pair.publicKey);
    expect(parsed).toMatchObject({ kind: 'ok' });
    expect(publicHalfOf(pair.privateKey)).toEqual(parsed.kind === 'ok' ? parsed.key : undefined);
  });

  it('depends on the seed alone', () => {
    const seed = Buffer.alloc(32, 5);
    expect(keyPairOf(seed, 'x').publicKey).toBe(keyPairOf(seed, 'x').publicKey);
  });
});

describe('publicHalfOf', () => {
  const pair = keyPairOf(Buffer.alloc(32, 5), 'x');
  it.each([
    { name: 'nothing', text: '' },
    { name: 'a public key', text: pair.publicKey },
    {
      name: 'a key in another format',
      text: generateKeyPairSync('ed25519', {
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
    },
    { name: 'a cut key', text: pair.privateKey.slice(0, 200) },
    { name: 'no base64', text: pair.privateKey.replaceAll('b', '!') },
    {
      name: 'lengths that point behind the end',
      text: `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(`openssh-key-v1\0${'\xff'.repeat(80)}`, 'latin1').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----`,
    },
  ])('knows no public half of $name', ({ text }) => {
    expect(publicHalfOf(text)).toBeUndefined();
  });

  it('computes it from the private half, whatever the file says', () => {
    const other = keyPairOf(Buffer.alloc(32, 6), 'x');
    const [mine, theirs] = [pair, other].map(({ publicKey }) =>
      Buffer.from(publicKey.split(' ')[1] ?? '', 'base64').subarray(-32),
    );
    const blob = Buffer.from(pair.privateKey.split('\n').slice(1, -2).join(''), 'base64').toString('latin1');
    const mixed = blob.replaceAll(mine?.toString('latin1') ?? '', theirs?.toString('latin1') ?? '');
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(mixed, 'latin1').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(publicHalfOf(text)?.fingerprint).toBe(publicHalfOf(pair.privateKey)?.fingerprint);
  });
});
