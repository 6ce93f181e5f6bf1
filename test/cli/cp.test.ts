import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SSH } from '../support/builders/snapshots.ts';
import { CliBench } from './support/cli-bench.ts';
import type { Ran } from './support/cli-bench.ts';
import { FakePrograms } from './support/fake-program.ts';
import { ready, TRUST_FIRST } from './support/ready.ts';

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

const NO_SECRET = '--no-secret';

describe('gpupod cp', () => {
  beforeEach(() => {
    bench.put(ready());
  });

  const OPTIONS = ['-r', '-P', '22022', ...TRUST_FIRST, '--'];

  it.each([
    {
      name: 'to the instance',
      sides: ['./data', 'train-1:/work'],
      expected: ['./data', 'root@203.0.113.7:/work'],
    },
    {
      name: 'from the instance',
      sides: ['train-1:out.txt', '.'],
      expected: ['root@203.0.113.7:out.txt', '.'],
    },
    {
      name: 'with a namespace',
      sides: ['team-a/train-1:a b', '-x'],
      expected: ['root@203.0.113.7:a b', '-x'],
    },
    {
      name: 'of a local file with a colon',
      sides: ['./a:b', 'train-1:'],
      expected: ['./a:b', 'root@203.0.113.7:'],
    },
    {
      name: 'of a local file that scp would take for a host',
      sides: ['B:c', 'train-1:x'],
      expected: ['./B:c', 'root@203.0.113.7:x'],
    },
  ])('runs scp for a copy $name', async ({ sides, expected }) => {
    const { code, err } = await run(['cp', NO_SECRET, '--', ...sides]);

    expect((await programs.callOf('scp')).args).toEqual([...OPTIONS, ...expected]);
    expect([code, err]).toEqual([0, '']);
  });

  it('puts an IPv6 address into brackets, because scp ends a host at a colon', async () => {
    bench.put(ready({ ssh: { ...SSH, host: '2001:db8::1' } }));

    await run(['cp', NO_SECRET, 'train-1:x', 'y']);

    expect((await programs.callOf('scp')).args.slice(-2)).toEqual(['root@[2001:db8::1]:x', 'y']);
  });

  it('reads the GpuPod of the namespace that the path names', async () => {
    const { err } = await run(['cp', 'team-b/train-1:x', 'y']);

    expect(err).toContain('GpuPod team-b/train-1 does not exist.');
  });

  it.each([
    [['a', 'b'], 'Neither SOURCE nor DESTINATION is on an instance: write one of them as NAME:path.'],
    [['train-1:a', 'train-2:b'], 'SOURCE and DESTINATION are both on an instance'],
  ])('refuses %j', async (sides, says) => {
    const { code, err } = await run(['cp', ...sides]);

    expect(err).toContain(says);
    expect(code).toBe(1);
    expect(bench.server.requests).toEqual([]);
  });
});
