import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../src/simulator/start-simulator.ts';
import type { Simulator } from '../../src/simulator/start-simulator.ts';
import { ManualClock } from './support.ts';

let clock: ManualClock;
let simulator: Simulator;

beforeEach(async () => {
  clock = new ManualClock();
  simulator = await startSimulator({ clock });
});

afterEach(async () => {
  await simulator.stop();
});

/** The bytes that SkyPilot 0.14.1 sends: from Python's `requests`, with a JSON content type on everything and no slash at the end. */
function requestText(method: string, path: string, body?: unknown): string {
  const { host } = new URL(simulator.url);
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    'User-Agent: python-requests/2.32.3',
    'Accept-Encoding: gzip, deflate',
    'Accept: */*',
    'Connection: close',
    'Authorization: Bearer test-key',
    'Content-Type: application/json',
    ...(method === 'GET' ? [] : [`Content-Length: ${Buffer.byteLength(text)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Sends bytes and follows a redirect with the same method and body, as `requests` does after a 307. */
async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.write(requestText(method, path, body));
  await once(socket, 'close');
  const [head = '', answer = ''] = text.split('\r\n\r\n');
  const location = /^location: (.*)$/im.exec(head)?.[1];
  if (location !== undefined) return await send(method, new URL(location).pathname, body);
  return { status: Number(head.split(' ')[1]), body: JSON.parse(answer) };
}

/** An offer whose sizes are all fixed. */
const NO_SIZES = { diskSize: undefined, vcpus: undefined, memory: undefined };

/** What SkyPilot requests: a cap of 0, which means none, no image, and always the same socket. */
function createRequest(name: string, pod: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    pod: {
      name,
      cloudId: 'n3-H100x1',
      socket: 'PCIe',
      gpuType: 'H100_80GB',
      gpuCount: 1,
      diskSize: 100,
      maxPrice: 0,
      vcpus: 28,
      memory: 180,
      country: 'CA',
      dataCenterId: 'CANADA-1',
      ...pod,
    },
    provider: { type: 'hyperstack' },
  };
}

describe.each(['Redirect', 'Direct'] as const)('SkyPilot, slash %s', (slash) => {
  beforeEach(() => {
    simulator.settings.slash = slash;
  });

  it('adds its key, launches, waits for ACTIVE, and removes instances until the list is empty', async () => {
    expect(await send('GET', '/api/v1/ssh_keys')).toMatchObject({
      status: 200,
      body: { data: [{ name: 'default', publicKey: expect.stringMatching(/^ssh-ed25519 /) }] },
    });
    const key = { name: 'skypilot-1a2b3c4d', publicKey: 'ssh-rsa AAAAB3 me@here' };
    expect(await send('POST', '/api/v1/ssh_keys', key)).toMatchObject({ status: 200, body: key });

    const launched = await send('POST', '/api/v1/pods', createRequest('sky-head'));
    const id = simulator.ledger.live()[0]?.id ?? '';
    expect(launched).toMatchObject({ status: 200, body: { id, name: 'sky-head', status: 'PROVISIONING' } });
    expect(simulator.ledger.live()).toMatchObject([{ maxPrice: 0, request: createRequest('sky-head') }]);

    clock.advance(simulator.settings.provisioningMs + simulator.settings.installingMs);
    const listed = { id, name: 'sky-head', status: 'ACTIVE', sshConnection: expect.stringContaining('-p') };
    expect(await send('GET', '/api/v1/pods')).toMatchObject({ status: 200, body: { data: [listed] } });
    expect(await send('GET', `/api/v1/pods/${id}`)).toMatchObject({ status: 200, body: listed });

    expect(await send('DELETE', `/api/v1/pods/${id}`)).toMatchObject({ status: 200 });
    clock.advance(simulator.settings.deletingMs);
    expect(await send('GET', '/api/v1/pods')).toMatchObject({ status: 200, body: { data: [] } });
    expect(simulator.ledger.live()).toEqual([]);
  });
});

describe('SkyPilot', () => {
  it.each([
    {
      name: 'gets an instance without a GPU, which is a GPU type of its own',
      provider: 'nebius',
      pod: {
        cloudId: 'cpu-4v-16g',
        gpuType: 'CPU_NODE',
        country: 'FI',
        dataCenterId: 'eu-north1',
        ...NO_SIZES,
      },
      expected: { status: 200, body: { gpuName: 'CPU_NODE' } },
    },
    {
      name: 'learns which field is missing if its catalogue has no location',
      provider: 'hyperstack',
      pod: { country: undefined, dataCenterId: undefined },
      expected: { status: 400, body: { detail: 'Missing field: data_center_id not specified' } },
    },
    {
      name: 'reads from `detail`, a text, why an offer is unavailable',
      provider: 'hyperstack',
      pod: { cloudId: 'vanished' },
      expected: { status: 400, body: { detail: 'The selected offer is no longer available' } },
    },
    {
      name: 'gets an instance with another socket than it always names',
      provider: 'lambdalabs',
      pod: {
        cloudId: 'gpu_8x_a100_80gb_sxm4',
        gpuType: 'A100_80GB',
        gpuCount: 8,
        country: undefined,
        dataCenterId: 'us-east-1',
        ...NO_SIZES,
      },
      expected: { status: 200, body: { socket: 'SXM4' } },
    },
  ])('$name', async ({ provider, pod, expected }) => {
    expect(
      await send('POST', '/api/v1/pods', { ...createRequest('sky-head', pod), provider: { type: provider } }),
    ).toMatchObject(expected);
  });
});
