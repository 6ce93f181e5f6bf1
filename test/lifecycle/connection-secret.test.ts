import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { connectionSecret } from '../../src/lifecycle/connection-secret.ts';
import { gpuPod, rentedGpuPod } from '../support/builders/gpu-pod.ts';
import { aSnapshot, aReadySnapshot, SSH } from '../support/builders/snapshots.ts';
import { hasOpenSsh } from '../support/ssh-client.ts';

function connectionSecretName(object: Parameters<typeof gpuPod>[0]): string {
  return connectionSecret(gpuPod(object), aReadySnapshot()).name;
}

describe('the name of the connection Secret', () => {
  it.each([
    { name: 'train-1', requested: undefined, expected: 'train-1-connection', why: 'the default' },
    { name: 'train-1', requested: 'mine', expected: 'mine', why: 'the spec asks for it' },
    {
      name: 'n'.repeat(242),
      requested: undefined,
      expected: `${'n'.repeat(242)}-connection`,
      why: '253 characters fit',
    },
  ])('is $expected: $why', ({ name, requested, expected }) => {
    const spec = requested === undefined ? {} : { connectionSecretName: requested };
    expect(connectionSecretName({ name, spec })).toBe(expected);
  });

  it('is cut where it is too long, and kept unique by a hash', () => {
    const one = connectionSecretName({ name: `${'n'.repeat(252)}a` });
    const other = connectionSecretName({ name: `${'n'.repeat(252)}b` });
    expect(one).not.toBe(other);
    for (const name of [one, other]) {
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(/^n+-[0-9a-f]{8}-connection$/);
    }
  });

  it('has no dot before the hash, because each label must end with a letter or a digit', () => {
    const name = connectionSecretName({ name: `${'n'.repeat(232)}.${'m'.repeat(20)}` });
    expect(name).toMatch(/^n+-[0-9a-f]{8}-connection$/);
  });
});

describe('connectionSecret', () => {
  const rented = rentedGpuPod();
  it('has the keys of the Service Binding convention', () => {
    expect(connectionSecret(rented, aReadySnapshot({ ports: [] })).data).toEqual({
      type: 'gpupod',
      provider: 'hyperstack',
      host: '203.0.113.7',
      port: '22022',
      username: 'root',
      uri: 'ssh://root@203.0.113.7:22022',
      'ssh-command': SSH.command,
      'pod-id': 'pod-1',
    });
  });

  it('cuts a name that is too long before a dot or a dash, and keeps one that fits', () => {
    const long = `a.b-${'c'.repeat(226)}..-${'d'.repeat(20)}`;
    const { name } = connectionSecret(rentedGpuPod({ name: long }), aReadySnapshot());
    expect(name).toMatch(/^a\.b-c{226}-[0-9a-f]{8}-connection$/);
  });

  it('has the requested name, however long the name of the GpuPod is', () => {
    const requested = rentedGpuPod({ name: 'n'.repeat(253), spec: { connectionSecretName: 'mine' } });
    expect(connectionSecret(requested, aReadySnapshot()).name).toBe('mine');
  });

  it('brackets an IPv6 host in the URI', () => {
    const snapshot = aReadySnapshot({ ssh: { ...SSH, host: '2001:db8::7' } });
    expect(connectionSecret(rented, snapshot).data).toMatchObject({
      host: '2001:db8::7',
      uri: 'ssh://root@[2001:db8::7]:22022',
    });
  });

  it('has the mapped ports as JSON, if there are any', () => {
    const ports = [{ internal: 8888, external: 30_000, protocol: 'TCP' }];
    expect(connectionSecret(rented, aReadySnapshot({ ports })).data['ports']).toBe(JSON.stringify(ports));
  });

  it('leaves out unknown values', () => {
    const { offer: _offer, ...status } = rented.status;
    expect(connectionSecret({ ...rented, status }, aSnapshot()).data).toEqual({
      type: 'gpupod',
      provider: 'prime-intellect',
      'pod-id': 'pod-1',
    });
  });

  it.each([
    { name: 'the endpoint', a: rented, snapshot: aReadySnapshot({ ssh: { ...SSH, port: 1 } }) },
    {
      name: 'the name of the Secret',
      a: rentedGpuPod({ spec: { connectionSecretName: 'mine' } }),
      snapshot: aReadySnapshot(),
    },
    {
      name: 'the ports',
      a: rented,
      snapshot: aReadySnapshot({ ports: [{ internal: 1, external: 2, protocol: 'TCP' }] }),
    },
  ])('has a fingerprint that changes with $name', ({ a, snapshot }) => {
    const before = connectionSecret(rented, aReadySnapshot()).fingerprint;
    expect(connectionSecret(a, snapshot).fingerprint).not.toBe(before);
    expect(connectionSecret(rented, aReadySnapshot()).fingerprint).toBe(before);
  });

  it('has one key for each kind of link', () => {
    const url = 'https://h6qc-8888.proxy.example/lab?token=abc';
    const ports = [
      { internal: 8888, protocol: 'TCP', usedBy: 'JUPYTER_NOTEBOOK', url },
      { internal: 80, protocol: 'TCP', usedBy: 'WEB_SERVER', url: 'https://web.example' },
    ];
    const { data } = connectionSecret(rentedGpuPod(), aReadySnapshot({ ports }));
    expect(data).toMatchObject({ 'jupyter-url': url, 'web-server-url': 'https://web.example' });
  });
});

describe('known_hosts', () => {
  const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1';

  it('is absent while the host key is unknown', () => {
    expect(connectionSecret(rentedGpuPod(), aReadySnapshot()).data).not.toHaveProperty('known_hosts');
  });

  it.each<[host: string, port: number, expected: string, why: string]>([
    ['203.0.113.7', 22, '203.0.113.7', 'OpenSSH looks up the bare host for port 22'],
    ['203.0.113.7', 22_022, '[203.0.113.7]:22022', 'and brackets for any other port'],
    ['gpu.example.com', 22, 'gpu.example.com', 'a name'],
    ['GPU.Example.com', 2222, '[gpu.example.com]:2222', 'in lower case'],
    ['2001:db8::7', 22, '2001:db8::7', 'IPv6 without brackets'],
    ['2001:DB8::7', 2222, '[2001:db8::7]:2222', 'IPv6 with brackets'],
  ])('of %s and port %d starts with %s: %s', async (host, port, expected) => {
    const ssh = { ...SSH, host, port };
    const { known_hosts: text = '' } = connectionSecret(
      rentedGpuPod(),
      aReadySnapshot({ ssh }),
      HOST_KEY,
    ).data;
    expect(text).toBe(`${expected} ${HOST_KEY}\n`);
    // Where there is no OpenSSH, the text alone is checked.
    const found = hasOpenSsh
      ? await findHost(text, port === 22 ? host : `[${host}]:${String(port)}`)
      : undefined;
    expect(found ?? text.trim()).toBe(`${expected} ${HOST_KEY}`);
  });

  /** The line that OpenSSH finds for a host. */
  async function findHost(text: string, host: string): Promise<string | undefined> {
    const directory = await mkdtemp(path.join(tmpdir(), 'known-hosts-'));
    const file = path.join(directory, 'known_hosts');
    await writeFile(file, text);
    const { stdout } = await promisify(execFile)('ssh-keygen', ['-f', file, '-F', host]);
    await rm(directory, { recursive: true });
    return stdout.split('\n')[1];
  }
});
