import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../../src/simulator/start-simulator.ts';
import type { PodRule } from '../../../src/simulator/world/pod-rule.ts';
import { createSshFiles, hasOpenSsh } from '../../support/ssh-client.ts';
import type { SshFiles } from '../../support/ssh-client.ts';
import { createBody, field } from '../support.ts';

const TIMES = { provisioningMs: 0, installingMs: 0, deletingMs: 0 };
const describeWithSsh = hasOpenSsh ? describe : describe.skip;

describeWithSsh('the SSH server of an instance, with the client of OpenSSH', () => {
  let files: SshFiles;
  let simulator: Simulator;

  async function start(rule: PodRule = {}, runsCommands = true): Promise<void> {
    simulator = await startSimulator({ settings: { ...TIMES, podRules: [rule] }, ssh: { runsCommands } });
  }

  async function ask(method: string, route: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${simulator.url}/api/v1${route}`, {
      method,
      headers: { authorization: `Bearer ${simulator.apiKey}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return await response.json();
  }

  /** Registers a key, rents an instance with it, and returns its ID and SSH port. */
  async function rentWith(publicKey: string): Promise<{ id: string; port: string }> {
    const sshKeyId = field(await ask('POST', '/ssh_keys/', { name: 'mine', publicKey }), 'id');
    return await rent(createBody({ pod: { sshKeyId } }));
  }

  async function rent(body: unknown): Promise<{ id: string; port: string }> {
    const id = field(await ask('POST', '/pods/', body), 'id');
    const connection = field(await ask('GET', `/pods/${id}`), 'sshConnection');
    const port = /^root@127\.0\.0\.1 -p (\d+)$/.exec(connection)?.[1];
    if (port === undefined) throw new Error(`unexpected connection: ${connection}`);
    return { id, port };
  }

  beforeEach(async () => {
    files = await createSshFiles();
  });

  afterEach(async () => {
    await simulator.stop();
    await files.remove();
  });

  it('runs a command with its exit code, its own home and a clean environment', async () => {
    await start();
    const { port } = await rentWith(files.publicKey);
    const command = 'echo out; echo err >&2; ls; env | grep -c ^npm_; nvidia-smi -L; exit 3';
    const { code, stdout, stderr } = await files.run('ssh', ['-p', port, 'root@127.0.0.1', command]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: 'err\n' });
    expect(stdout).toMatch(/^out\n0\nGPU 0: NVIDIA H100 80GB \(UUID: GPU-[0-9a-f]{8}-0\)\n$/);
  });

  it('runs a shell that reads commands from its input', async () => {
    await start();
    const { port } = await rentWith(files.publicKey);
    const login = ['-T', '-p', port, 'root@127.0.0.1'];
    expect(await files.run('ssh', login, 'echo $((40 + 2))\nexit 4\n')).toMatchObject({
      code: 4,
      stdout: '42\n',
    });
  });

  it('copies files and directories both ways with scp', async () => {
    await start();
    const { port } = await rentWith(files.publicKey);
    const content = Array.from({ length: 100_000 }, (_, line) => `line ${String(line)}\n`).join('');
    await writeFile(path.join(files.directory, 'big'), content, { mode: 0o755 });
    const up = await files.run('scp', ['-P', port, path.join(files.directory, 'big'), 'root@127.0.0.1:']);
    expect(up).toEqual({ code: 0, stdout: '', stderr: '' });
    const made = 'mkdir -p results/deep && cp big results/deep/copy && stat -c %a big';
    expect(await files.run('ssh', ['-p', port, 'root@127.0.0.1', made])).toMatchObject({ stdout: '755\n' });
    const down = await files.run('scp', ['-r', '-P', port, 'root@127.0.0.1:results', files.directory]);
    expect(down).toMatchObject({ code: 0 });
    // Compared as a value, because a difference of this size cannot be read.
    const copy = await readFile(path.join(files.directory, 'results/deep/copy'), 'utf8');
    expect({ length: copy.length, isSame: copy === content }).toEqual({
      length: content.length,
      isSame: true,
    });
    const back = await files.run('scp', [
      '-r',
      '-P',
      port,
      path.join(files.directory, 'results'),
      'root@127.0.0.1:again',
    ]);
    expect(back).toMatchObject({ code: 0 });
  });

  it('transfers no file outside of the home', async () => {
    await start();
    const { port } = await rentWith(files.publicKey);
    const outside = path.join(files.directory, 'outside');
    const result = path.join(files.directory, 'result');
    await writeFile(outside, 'secret');
    const down = await files.run('scp', ['-P', port, `root@127.0.0.1:${outside}`, result]);
    const up = await files.run('scp', ['-P', port, outside, `root@127.0.0.1:${result}`]);
    expect([down.code, up.code]).toEqual([1, 1]);
    expect(await readdir(files.directory)).not.toContain('result');
  });

  it('forwards a port to a server on loopback', async () => {
    await start();
    const { port } = await rentWith(files.publicKey);
    const server = createServer((_request, response) => response.end('page'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const target = String((server.address() as AddressInfo).port); // a listening TCP server has a port
    const forward = ['-p', port, '-W', `127.0.0.1:${target}`, 'root@127.0.0.1'];
    const { stdout } = await files.run('ssh', forward, 'GET / HTTP/1.0\r\n\r\n');
    server.close();
    expect(stdout).toMatch(/^HTTP.*page$/s);
  });

  it('refuses every other key, and the primary key of the account where another was requested', async () => {
    await start();
    const other = await createSshFiles();
    await ask('POST', '/ssh_keys/', { name: 'other', publicKey: other.publicKey });
    const { port } = await rentWith(files.publicKey);
    expect(await other.run('ssh', ['-p', port, 'root@127.0.0.1', 'true'])).toMatchObject({ code: 255 });
    await other.remove();
  });

  it('accepts the primary key of the account if the request names none', async () => {
    await start();
    const id = field(await ask('POST', '/ssh_keys/', { name: 'mine', publicKey: files.publicKey }), 'id');
    await ask('PATCH', `/ssh_keys/${id}`, { isPrimary: true });
    const { port } = await rent(createBody());
    expect(await files.run('ssh', ['-p', port, 'root@127.0.0.1', 'true'])).toMatchObject({ code: 0 });
  });

  it('gives each instance a port, a home and a host key of its own', async () => {
    await start();
    const [one, two] = [await rentWith(files.publicKey), await rentWith(files.publicKey)];
    await files.run('ssh', ['-p', one.port, 'root@127.0.0.1', 'touch mine']);
    expect(await files.run('ssh', ['-p', two.port, 'root@127.0.0.1', 'ls'])).toMatchObject({ stdout: '' });
    expect(simulator.ssh?.of(one.id)?.hostKey).not.toBe(simulator.ssh?.of(two.id)?.hostKey);
  });

  it('is refused by a client that knows another host key', async () => {
    await start();
    const { id, port } = await rentWith(files.publicKey);
    const hostKey = simulator.ssh?.of(id)?.hostKey ?? '';
    await files.pin(`[127.0.0.1]:${port} ${hostKey}\n`);
    const login = ['-p', port, 'root@127.0.0.1', 'echo in'];
    expect(await files.run('ssh', login)).toMatchObject({ code: 0, stdout: 'in\n' });
    await fetch(`${simulator.url}/_simulator/pods/${id}/host-key`, { method: 'POST' });
    const after = await files.run('ssh', login);
    expect(after).toMatchObject({ code: 255, stdout: '' });
    expect(after.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  });

  it('runs no command without the flag for it', async () => {
    await start({}, false);
    const { port } = await rentWith(files.publicKey);
    const { code, stderr } = await files.run('ssh', ['-p', port, 'root@127.0.0.1', 'echo in']);
    expect({ code, stderr }).toEqual({
      code: 126,
      stderr: 'This simulator runs no commands. Start it with --ssh-commands.\n',
    });
  });

  it.each<{ why: string; rule: PodRule }>([
    { why: 'it is not up yet', rule: { sshLateMs: 3_600_000 } },
    { why: 'it never comes up', rule: { sshServer: 'Closes' } },
  ])('closes connections at once while $why', async ({ rule }) => {
    await start(rule);
    const { port } = await rentWith(files.publicKey);
    expect(await files.run('ssh', ['-p', port, 'root@127.0.0.1', 'true'])).toMatchObject({ code: 255 });
  });

  it('ends with its instance: the port, the running command, and the home', async () => {
    await start();
    const { id, port } = await rentWith(files.publicKey);
    const login = ['-p', port, 'root@127.0.0.1'];
    const { stdout: home } = await files.run('ssh', [...login, 'pwd']);
    const running = files.run('ssh', [...login, 'sleep 600']);
    await ask('DELETE', `/pods/${id}`);
    expect(await running).toMatchObject({ code: 255 });
    await ask('GET', '/pods/');
    expect(await files.run('ssh', [...login, 'true'])).toMatchObject({ code: 255 });
    expect(await readdir(tmpdir())).not.toContain(path.basename(path.dirname(home.trim())));
  });
});
