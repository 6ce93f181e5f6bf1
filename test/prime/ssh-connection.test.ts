import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePorts } from '../../src/prime/ports.ts';
import { parseSshConnection } from '../../src/prime/ssh-connection.ts';

const SSH_MAPPING = { internal: 22, external: 30_022, protocol: 'TCP', usedBy: 'SSH' };
const WEB_MAPPING = { internal: 80, external: 30_080, protocol: 'TCP', usedBy: 'WEB_SERVER' };

describe('parseSshConnection', () => {
  it.each([
    { sshConnection: 'root@1.2.3.4 -p 22', command: 'ssh root@1.2.3.4 -p 22' },
    { sshConnection: 'ubuntu@1.2.3.4', command: 'ssh ubuntu@1.2.3.4 -p 22' },
    { sshConnection: 'ubuntu@1.2.3.4:2222', command: 'ssh ubuntu@1.2.3.4 -p 2222' },
    { sshConnection: 'ssh ubuntu@1.2.3.4 -p 2222', command: 'ssh ubuntu@1.2.3.4 -p 2222' },
    { sshConnection: '  SSH   ubuntu@1.2.3.4   -p2222 ', command: 'ssh ubuntu@1.2.3.4 -p 2222' },
    { sshConnection: 'ssh -p 2222 ubuntu@1.2.3.4', command: 'ssh ubuntu@1.2.3.4 -p 2222' },
    { sshConnection: 'ssh://ubuntu@1.2.3.4:2222', command: 'ssh ubuntu@1.2.3.4 -p 2222' },
    { sshConnection: '1.2.3.4', command: 'ssh root@1.2.3.4 -p 22' },
    { sshConnection: 'a1b2-64410@ssh.runpod.io', command: 'ssh a1b2-64410@ssh.runpod.io -p 22' },
    { sshConnection: 'root@[2001:db8::1]:2222', command: 'ssh root@2001:db8::1 -p 2222' },
    { sshConnection: 'root@[2001:db8::1] -p 2222', command: 'ssh root@2001:db8::1 -p 2222' },
    { sshConnection: 'root@2001:db8::1', command: 'ssh root@2001:db8::1 -p 22' },
    { sshConnection: ['root@1.2.3.4 -p 22'], command: 'ssh root@1.2.3.4 -p 22' },
    { sshConnection: [null, 'u@a.example -p 1', 'u@b.example -p 2'], command: 'ssh u@a.example -p 1' },
    { sshConnection: ['ubuntu@ -p 22', 'u@b.example -p 2'], command: 'ssh u@b.example -p 2' },
  ])('$sshConnection', ({ sshConnection, command }) => {
    expect(parseSshConnection({ sshConnection, ip: null, ports: [] })?.command).toBe(command);
  });

  it.each([
    { name: 'null', sshConnection: null },
    { name: 'absent', sshConnection: undefined },
    { name: '[null], as of a stopped instance', sshConnection: [null] },
    { name: 'empty', sshConnection: '' },
    { name: 'only the command', sshConnection: 'ssh' },
    { name: 'a placeholder', sshConnection: 'ubuntu@ -p 22' },
    { name: 'a placeholder address', sshConnection: 'root@0.0.0.0 -p 22' },
    { name: 'a number', sshConnection: 22 },
    { name: 'an object', sshConnection: { host: '1.2.3.4' } },
    { name: 'a command after it', sshConnection: 'root@1.2.3.4 -p 22; rm -rf ~' },
    { name: 'a substitution as host', sshConnection: 'root@$(reboot) -p 22' },
    { name: 'back quotes', sshConnection: 'root@`id` -p 22' },
    { name: 'a substitution as user', sshConnection: '$(id)@1.2.3.4' },
    { name: 'an option of ssh', sshConnection: '-oProxyCommand=id root@1.2.3.4' },
    { name: 'a user that looks like an option', sshConnection: '-l@1.2.3.4' },
    { name: 'a host that looks like an option', sshConnection: 'root@-oProxyCommand=id' },
    { name: 'two places', sshConnection: 'root@1.2.3.4 root@1.2.3.5' },
    { name: 'a port out of range', sshConnection: 'root@1.2.3.4 -p 70000' },
    { name: 'an invalid port', sshConnection: 'root@1.2.3.4:ssh' },
    { name: 'an option without its value', sshConnection: 'root@1.2.3.4 -p' },
    { name: 'an address with a zone', sshConnection: 'root@[fe80::1%eth0]' },
    { name: 'too long', sshConnection: `root@${'a'.repeat(500)}` },
  ])('finds no endpoint in $name', ({ sshConnection }) => {
    expect(parseSshConnection({ sshConnection, ip: null, ports: [] })).toBeUndefined();
  });

  it.each([
    {
      name: 'a placeholder takes the address and the mapped port',
      from: { sshConnection: 'ubuntu@ -p 22', ip: '1.2.3.4', ports: [WEB_MAPPING, SSH_MAPPING] },
      expected: { user: 'ubuntu', host: '1.2.3.4', port: 30_022, command: 'ssh ubuntu@1.2.3.4 -p 30022' },
    },
    {
      name: 'a placeholder without a mapping keeps its own port',
      from: { sshConnection: 'ubuntu@ -p 2200', ip: ['1.2.3.4'], ports: [WEB_MAPPING] },
      expected: { user: 'ubuntu', host: '1.2.3.4', port: 2200, command: 'ssh ubuntu@1.2.3.4 -p 2200' },
    },
    {
      name: 'no text, but an SSH mapping',
      from: { sshConnection: [null], ip: [null, '1.2.3.4'], ports: [SSH_MAPPING] },
      expected: { user: 'root', host: '1.2.3.4', port: 30_022, command: 'ssh root@1.2.3.4 -p 30022' },
    },
    {
      name: 'an address alone, which says nothing about SSH',
      from: { sshConnection: null, ip: '1.2.3.4', ports: [] },
      expected: undefined,
    },
    {
      name: 'an address that is a command',
      from: { sshConnection: 'ubuntu@ -p 22', ip: '1.2.3.4;id', ports: [SSH_MAPPING] },
      expected: undefined,
    },
  ])('$name', ({ from, expected }) => {
    expect(parseSshConnection(from)).toEqual(expected);
  });

  it('never returns a command that a shell could read as more than one', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string().map((text) => `root@${text} -p 22`),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.oneof(texts, fc.array(texts)), texts, (sshConnection, ip) => {
        const endpoint = parseSshConnection({ sshConnection, ip, ports: [SSH_MAPPING] });

        expect(endpoint?.command ?? 'ssh a@b -p 1').toMatch(/^ssh \w[\w.-]*@[A-Za-z0-9:][\w.:-]* -p \d+$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parsePorts', () => {
  it('reads strings and numbers, and leaves out the rest', () => {
    const mapping = [
      { internal: '22', external: '1234', protocol: 'TCP', usedBy: 'SSH', description: null },
      { internal: 8888, external: 30_000, protocol: null, usedBy: null },
      { internal: '22', external: 'x' },
      { internal: '0', external: '1' },
      { internal: '22', external: '70000' },
      { internal: '22.5', external: '1' },
      null,
      'x',
    ];

    expect(parsePorts(mapping)).toEqual([
      { internal: 22, external: 1234, protocol: 'TCP', usedBy: 'SSH' },
      { internal: 8888, external: 30_000, protocol: 'TCP' },
    ]);
  });

  it.each([null, undefined, 'x', {}, 3])('finds no ports in %p', (mapping) => {
    expect(parsePorts(mapping)).toEqual([]);
  });
});
