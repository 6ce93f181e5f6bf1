import { describe, expect, it } from '@jest/globals';
import { parsePublicKey } from '../../../src/lifecycle/ssh-key/public-key.ts';
import { anEd25519Line, privatePem, publicLine, rsaLine, wire } from '../../support/builders/ssh-keys.ts';

/** Generated once with ssh-keygen -t ed25519; -l printed the fingerprint. */
const REAL = {
  line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMbEpwLl5kmMKCQO7/lTexff5FeIkIsSua00YmaKJLIt',
  fingerprint: 'SHA256:0iz2mw521uklbXrbWyeUKp+u91wJm+7yWMw6qaEBNqs',
};

function point(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([4]), Buffer.alloc(2 * bytes, 9)]);
}

describe('parsePublicKey accepts', () => {
  it.each<{ name: string; text: string; why: string }>([
    { name: 'ed25519', text: anEd25519Line(), why: 'it is the usual kind' },
    { name: 'one without a comment', text: REAL.line, why: 'a comment means nothing' },
    { name: 'a line break at the end', text: `${anEd25519Line()}\n`, why: 'files end in one' },
    {
      name: 'line ends of two characters',
      text: `${anEd25519Line()}\r\n`,
      why: 'a Secret made there has them',
    },
    {
      name: 'ECDSA P-256',
      text: publicLine('ecdsa-sha2-nistp256', ['nistp256', point(32)]),
      why: 'servers accept it',
    },
    {
      name: 'ECDSA P-521',
      text: publicLine('ecdsa-sha2-nistp521', ['nistp521', point(66)]),
      why: 'its coordinates have an odd length',
    },
    { name: 'RSA of 3072 bits', text: rsaLine(3072), why: 'it is the least that counts as safe' },
    {
      name: 'ed25519 on a token',
      text: publicLine('sk-ssh-ed25519@openssh.com', [Buffer.alloc(32), 'ssh:']),
      why: 'the application is a further field',
    },
    {
      name: 'ECDSA on a token',
      text: publicLine('sk-ecdsa-sha2-nistp256@openssh.com', ['nistp256', point(32), 'ssh:']),
      why: 'the application is a further field',
    },
  ])('$name, because $why', ({ text }) => {
    expect(parsePublicKey(text)).toMatchObject({ kind: 'ok' });
  });

  it('drops the comment, which may name a person', () => {
    const parsed = parsePublicKey(anEd25519Line());
    expect(parsed).toMatchObject({ key: { content: anEd25519Line().split(' ', 2).join(' ') } });
  });

  it('gives the fingerprint that ssh-keygen -l prints', () => {
    expect(parsePublicKey(REAL.line)).toMatchObject({
      key: { fingerprint: REAL.fingerprint },
    });
  });
});

describe('parsePublicKey refuses', () => {
  const ed = [Buffer.alloc(32, 7)];
  it.each<{ name: string; text: string; says: string }>([
    { name: 'nothing', text: ' \n', says: 'is empty' },
    { name: 'a private key', text: privatePem(), says: 'is a private key' },
    {
      name: 'the start of a private key on one line',
      text: '-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjE',
      says: 'is a private key',
    },
    {
      name: 'a private key behind a public one',
      text: `${anEd25519Line()}\n${privatePem()}`,
      says: 'is a private key',
    },
    {
      name: 'a private key of PuTTY',
      text: 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none',
      says: 'is a private key',
    },
    {
      name: 'another format',
      text: '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----',
      says: 'is not in the format of OpenSSH',
    },
    { name: 'two keys', text: `${anEd25519Line(1)}\n${anEd25519Line(2)}`, says: 'has several lines' },
    { name: 'a hidden character', text: `${anEd25519Line()}\u202e`, says: 'has invisible characters' },
    { name: 'DSA', text: publicLine('ssh-dss', ed), says: 'is a DSA key' },
    {
      name: 'options before the type',
      text: `no-pty,command="x" ${anEd25519Line()}`,
      says: 'has options before the type',
    },
    {
      name: 'a certificate',
      text: publicLine('ssh-ed25519-cert-v01@openssh.com', ed),
      says: 'is a certificate',
    },
    { name: 'words', text: 'my key', says: 'does not begin with a type of key' },
    { name: 'no data', text: 'ssh-ed25519', says: 'has broken base64' },
    { name: 'a cut line', text: anEd25519Line().slice(0, 50), says: 'has broken' },
    { name: 'base64 with a gap', text: 'ssh-ed25519 AAAA-_==', says: 'has broken base64' },
    {
      name: 'one type with the data of another',
      text: publicLine('ssh-ed25519', ed, 'ssh-rsa'),
      says: 'says one type and holds the data of another',
    },
    { name: 'a short key', text: publicLine('ssh-ed25519', [Buffer.alloc(31)]), says: 'has broken key data' },
    {
      name: 'data behind the key',
      text: publicLine('ssh-ed25519', [...ed, 'more']),
      says: 'has broken key data',
    },
    {
      name: 'a length that points behind the end',
      text: `ssh-ed25519 ${Buffer.concat([wire('ssh-ed25519'), Buffer.from([0xff, 0xff, 0xff, 0xff])]).toString('base64')}`,
      says: 'has broken key data',
    },
    {
      name: 'a curve that is not that of the type',
      text: publicLine('ecdsa-sha2-nistp256', ['nistp384', point(48)]),
      says: 'has broken key data',
    },
    {
      name: 'a compressed point',
      text: publicLine('ecdsa-sha2-nistp256', ['nistp256', Buffer.alloc(33, 2)]),
      says: 'has broken key data',
    },
    { name: 'RSA of 2048 bits', text: rsaLine(2048), says: 'is an RSA key of 2048 bits' },
    { name: 'RSA that nobody accepts', text: rsaLine(32_768), says: 'more than OpenSSH accepts' },
  ])('$name', ({ text, says }) => {
    const parsed = parsePublicKey(text);
    expect(parsed).toEqual({ kind: 'bad', problem: expect.stringContaining(says) });
  });

  it('repeats nothing of a private key', () => {
    const pem = privatePem();
    const body = pem.split('\n')[1] ?? '';
    expect(JSON.stringify(parsePublicKey(pem))).not.toContain(body.slice(0, 12));
  });
});
