import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { FaultRuleInput } from '../../src/simulator/faults/effect.ts';
import { onFreePort } from '../control-plane/ports.ts';
import { createSecret, openBench } from '../support/bench.ts';
import type { Bench } from '../support/bench.ts';
import { findSecret } from '../support/find-secret.ts';
import { startOperatorProcess } from '../support/operator-process.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { openScene } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';

const MINUTE_MS = 60_000;
const NEVER_MS = 60 * MINUTE_MS;
jest.setTimeout(10 * MINUTE_MS);

/** Texts that occur nowhere else. Every occurrence is a leak. */
const CANARIES = {
  apiKey: 'canary-key-4711-abcdef',
  envOfSecret: 'canary "env" 4712\nsecond line+/=',
  plainEnv: 'canary-plain-4713-ghijkl',
  password: 'canary-password-4714-mnopqr',
} as const;

const ENV_VARS = [
  { key: 'PLAIN', value: CANARIES.plainEnv },
  { key: 'TOKEN', value: CANARIES.envOfSecret },
];
/** A server that echoes the request. */
const BODY = JSON.stringify({ pod: { envVars: ENV_VARS, jupyterPassword: CANARIES.password } });
const HEADER = `Authorization: Bearer ${CANARIES.apiKey}`;
const ENCODED = [
  Buffer.from(BODY).toString('base64'),
  Buffer.from(BODY).toString('hex'),
  encodeURIComponent(BODY),
];

/** The answers to the create requests, one after the other, before one succeeds. */
const CREATE_FAULTS: readonly FaultRuleInput['effect'][] = [
  { kind: 'Answer', status: 401, body: { detail: `Invalid token in ${HEADER}` } },
  {
    kind: 'Answer',
    status: 422,
    body: {
      errors: ENV_VARS.map(({ value }) => ({
        param: 'body.pod.envVars',
        details: `not allowed: '${value}'`,
      })),
    },
  },
  { kind: 'Answer', status: 400, body: { detail: `odd: ${BODY}` } },
  { kind: 'Answer', status: 400, body: { detail: `odd: ${ENCODED.join(' ')}` } },
  { kind: 'ResetBefore' },
  { kind: 'Answer', status: 500, body: `${BODY} ${HEADER}`, contentType: 'text/plain' },
  { kind: 'Answer', status: 200, body: { id: CANARIES.apiKey, name: CANARIES.password, key: HEADER } },
  { kind: 'Answer', status: 200, body: `<p>${HEADER}</p>`, contentType: 'text/html' },
];

let bench: Bench;
let scene: Scene;
let operator: OperatorProcess;
const readable: string[] = [];

beforeAll(async () => {
  bench = await openBench();
  const accounts = [{ key: CANARIES.apiKey, userId: 'user_1' }];
  scene = await openScene(bench, { simulator: { settings: { accounts, provisioningMs: NEVER_MS } } });
}, 20 * MINUTE_MS);

afterAll(async () => {
  await operator.stop('SIGKILL');
  await scene.stop();
  await bench.close();
});

/** Records everything that is readable, except Secrets and the spec that the user wrote. */
async function takeDown(address: string): Promise<void> {
  const objects = await bench.gpuPods.list({ namespace: scene.namespace });
  readable.push(JSON.stringify(objects.map(({ spec: _spec, ...rest }) => rest)));
  const shown = await scene.kubectl(['get', 'events,configmaps,leases', '-o', 'yaml']);
  const table = await scene.kubectl(['get', 'gpupods', '-o', 'wide']);
  readable.push(shown.stdout, table.stdout);
  for (const page of ['/metrics', '/healthz', '/readyz']) {
    readable.push(await (await fetch(`http://${address}${page}`)).text());
  }
}

describe('a whole life cycle with faults', () => {
  it('leaks no secret, at the most verbose log level', async () => {
    const pidFile = path.join(bench.directory, 'canaries.pid');
    const address = await onFreePort(async (port) => Promise.resolve(`127.0.0.1:${port}`));
    operator = startOperatorProcess({
      args: scene.operatorArgs({
        'leader-elect': 'false',
        'log-level': 'trace',
        'cool-down-scale': '0.0001',
        'http-address': address,
      }),
      env: { PRIME_API_KEY: CANARIES.apiKey },
      logFile: path.join(bench.directory, 'canaries.log'),
      pidFile,
    });
    readable.push(await readFile(`/proc/${await readFile(pidFile, 'utf8')}/cmdline`, 'utf8'));
    await createSecret(bench, scene.namespace, 'training', {
      token: CANARIES.envOfSecret,
      password: CANARIES.password,
    });
    for (const [index, effect] of CREATE_FAULTS.entries()) {
      scene.simulator.faults.add({ method: 'POST', path: '/pods/', nth: index + 1, effect });
    }
    const echo = { detail: `${HEADER} is odd` };
    for (const [method, where] of [
      ['GET', '/pods/'],
      ['GET', '/pods/status'],
      ['GET', '/availability/gpus'],
    ] as const) {
      scene.simulator.faults.add({
        method,
        path: where,
        nth: 3,
        effect: { kind: 'Answer', status: 500, body: echo },
      });
    }
    await scene.create('secretive', {
      gpu: { types: ['H100_80GB'] },
      maxAttempts: CREATE_FAULTS.length,
      env: [
        { name: 'PLAIN', value: CANARIES.plainEnv },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'training', key: 'token' } } },
      ],
      jupyterPasswordSecretRef: { name: 'training', key: 'password' },
    });

    const first = await scene.until('secretive', 'a machine', ({ status }) => status.podId !== undefined);
    await takeDown(address);
    scene.simulator.settings.provisioningMs = 200;
    scene.simulator.pods.force(first.status.podId ?? '', {
      status: 'ACTIVE',
      installationStatus: 'ERROR',
      installationFailure: `docker run -e TOKEN='${CANARIES.envOfSecret}' -e PLAIN=${CANARIES.plainEnv} failed`,
    });
    const isNext = (podId: string | undefined): boolean =>
      podId !== undefined && podId !== first.status.podId;
    await scene.until('secretive', 'the next machine', ({ status }) => isNext(status.podId));
    await scene.untilReady('secretive');
    await takeDown(address);
    await scene.delete('secretive');
    await scene.untilGone('secretive');
    await takeDown(address);
    await operator.stop();
    readable.push(await operator.log());

    // Each fault occurred, and the successful create request contained all secrets.
    expect(scene.simulator.requests.count({ method: 'POST', path: '/pods/' })).toBeGreaterThan(
      CREATE_FAULTS.length,
    );
    expect(findSecret(JSON.stringify(scene.simulator.ledger.entries()), CANARIES)).toEqual(
      expect.arrayContaining(['envOfSecret (JSON)', 'plainEnv (plain)', 'password (plain)']),
    );
    const text = readable.join('\n');
    expect(text).toContain('the provider has the reason');
    expect(text).toContain('[redacted]');
    expect(findSecret(text, CANARIES)).toEqual([]);
  });

  it('leaks no secret when the operator cannot start', async () => {
    const refused = startOperatorProcess({
      args: [
        '--prime-api-base-url',
        `https://user:${CANARIES.password}@provider.test`,
        '--api-key',
        CANARIES.apiKey,
      ],
      env: { PRIME_API_KEY: CANARIES.apiKey, PRIME_API_KEY_FILE: '/nowhere', KUBECONFIG: '/nowhere' },
      logFile: path.join(bench.directory, 'refused.log'),
    });

    expect(await refused.ended).toEqual({ code: 2, signal: null });
    expect(findSecret(await refused.log(), CANARIES)).toEqual([]);
  });
});
