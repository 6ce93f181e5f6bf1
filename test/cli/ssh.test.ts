import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SSH } from '../support/builders/snapshots.ts';
import { CliBench } from './support/cli-bench.ts';
import type { Ran } from './support/cli-bench.ts';
import { FakePrograms } from './support/fake-program.ts';
import type { End } from './support/fake-program.ts';
import { condition, ready, TRUST_FIRST } from './support/ready.ts';

let bench: CliBench;
let programs: FakePrograms;

beforeEach(async () => {
  bench = await CliBench.open();
  programs = await FakePrograms.install(bench.directory);
});

afterEach(async () => {
  await bench.close();
});

async function run(argv: readonly string[]): Promise<Ran> {
  return await bench.run(argv, { env: { PATH: programs.path } });
}

const ADDRESS = ['-p', '22022', '-l', 'root'];
const NO_SECRET = '--no-secret';

describe('gpupod ssh', () => {
  beforeEach(() => {
    bench.put(ready());
  });

  it.each([
    {
      name: 'a shell',
      args: [],
      expected: [...ADDRESS, ...TRUST_FIRST, '--', '203.0.113.7'],
      reason: 'the first host key of an instance is trusted and pinned under its own ID',
    },
    {
      name: 'a command',
      args: ['--', 'nvidia-smi', '-L', '--', '-n', 'x y'],
      expected: [...ADDRESS, ...TRUST_FIRST, '--', '203.0.113.7', 'nvidia-smi', '-L', '--', '-n', 'x y'],
      reason: 'each word is an argument of its own, and no option of gpupod or ssh',
    },
    {
      name: 'a key of your own',
      args: ['-i', '~/my key'],
      expected: [
        ...ADDRESS,
        '-i',
        '~/my key',
        '-o',
        'IdentitiesOnly=yes',
        ...TRUST_FIRST,
        '--',
        '203.0.113.7',
      ],
      reason: 'ssh would try other keys first, and servers count failures',
    },
    {
      name: 'a forwarded port and an option',
      args: ['-L', '8888:localhost:8888', '--ssh-option', 'StrictHostKeyChecking=yes'],
      expected: [
        ...ADDRESS,
        ...['-o', 'StrictHostKeyChecking=yes'],
        ...TRUST_FIRST,
        ...['-L', '8888:localhost:8888', '--', '203.0.113.7'],
      ],
      reason: 'ssh takes the first value of an option, so that of the person comes first',
    },
  ])('runs ssh with $name, because $reason', async ({ args, expected }) => {
    const { code, err } = await run(['ssh', 'train-1', NO_SECRET, ...args]);

    expect(await programs.callOf('ssh')).toEqual({ args: expected, files: {} });
    expect([code, err]).toEqual([0, '']);
  });

  it('uses the private key and the host keys of the connection Secret, in files that only you can read', async () => {
    bench.putSecret('team-a/train-1-connection', {
      'ssh-privatekey': 'PRIVATE',
      known_hosts: '[203.0.113.7]:22022 ssh-ed25519 AAAA\n',
    });

    const { err } = await run(['ssh', 'train-1', '--secret']);

    const { args, files } = await programs.callOf('ssh');
    const [key = '', hosts = ''] = Object.keys(files);
    expect(files).toEqual({
      [key]: { text: 'PRIVATE\n', mode: 0o600 },
      [hosts]: { text: '[203.0.113.7]:22022 ssh-ed25519 AAAA\n', mode: 0o600 },
    });
    expect(args).toEqual([
      ...ADDRESS,
      ...['-i', key, '-o', 'IdentitiesOnly=yes'],
      ...['-o', `UserKnownHostsFile=${hosts}`, '-o', 'StrictHostKeyChecking=yes'],
      ...['--', '203.0.113.7'],
    ]);
    expect([existsSync(key), existsSync(hosts)]).toEqual([false, false]);
    expect(err).toBe('');
  });

  it('uses the Secret without being asked, where there is one', async () => {
    bench.putSecret('team-a/train-1-connection', { 'ssh-privatekey': 'PRIVATE' });

    await run(['ssh', 'train-1']);

    expect(Object.values((await programs.callOf('ssh')).files)).toEqual([{ text: 'PRIVATE\n', mode: 0o600 }]);
  });

  it('removes the private key although ssh fails', async () => {
    bench.putSecret('team-a/train-1-connection', { 'ssh-privatekey': 'PRIVATE' });
    const failing = await CliBench.open();
    programs = await FakePrograms.install(failing.directory, 255);

    const { code } = await run(['ssh', 'train-1']);

    const [key = ''] = Object.keys((await programs.callOf('ssh')).files);
    expect([code, existsSync(key)]).toEqual([255, false]);
    await failing.close();
  });

  it('uses your own keys where you may not read the Secret, and says so', async () => {
    bench.refuse('secrets', 403, 'Forbidden');

    const { code, err } = await run(['ssh', 'train-1']);

    expect(err).toContain('Using your own SSH keys. You may not get secrets in namespace team-a.');
    expect(err).toContain('add --no-secret');
    expect((await programs.callOf('ssh')).args).toEqual([...ADDRESS, ...TRUST_FIRST, '--', '203.0.113.7']);
    expect(code).toBe(0);
  });

  it.each<[End, number, string]>([
    [7, 7, 'the remote command failed'],
    [255, 255, 'ssh itself failed'],
    ['killed', 137, 'a signal ended ssh'],
  ])('exits as ssh did (%s), with %s, because %s', async (exit, expected) => {
    const other = await CliBench.open();
    programs = await FakePrograms.install(other.directory, exit);

    expect((await run(['ssh', 'train-1', NO_SECRET])).code).toBe(expected);
    await other.close();
  });

  it('connects although the provider has not reported for a while', async () => {
    bench.put(ready({ conditions: [condition('Ready', 'Unknown', 'Stale')] }));

    expect((await run(['ssh', 'train-1', NO_SECRET])).code).toBe(0);
  });

  it('puts an IPv6 address where ssh expects it', async () => {
    bench.put(ready({ ssh: { ...SSH, host: '2001:db8::1' } }));

    await run(['ssh', 'train-1', NO_SECRET]);

    expect((await programs.callOf('ssh')).args.at(-1)).toBe('2001:db8::1');
  });
});
