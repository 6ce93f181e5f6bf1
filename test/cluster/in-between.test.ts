import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { kubeconfig } from '../faults/support/stage.ts';
import { ApiProxy } from '../support/api-proxy.ts';
import type { CannedAnswer, ProxiedRequest } from '../support/api-proxy.ts';
import { conditionText } from '../support/scene.ts';
import type { Scene } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
/** Short timings of an election. Slow writes are slow compared to these. */
const ELECTION = {
  'leader-elect': 'true',
  'lease-duration': '2s',
  'lease-renew-deadline': '1200ms',
  'lease-renew-period': '300ms',
  'lease-retry-period': '200ms',
  'window-lease-fence': '600ms',
};
const SLOWER_THAN_RENEWALS_MS = 700;

const cluster = useBench();
const proxies: ApiProxy[] = [];

afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

/** A scene whose operator uses a proxy to the API server, and that proxy. */
async function openBehindProxy(): Promise<{ scene: Scene; proxy: ApiProxy; flags: { kubeconfig: string } }> {
  const scene = await cluster.open();
  const { controlPlane, directory } = cluster.bench;
  const proxy = await ApiProxy.open(controlPlane);
  proxies.push(proxy);
  const file = path.join(directory, `${scene.namespace}-proxied.kubeconfig`);
  await writeFile(file, kubeconfig(proxy.port, controlPlane.caData));
  return { scene, proxy, flags: { kubeconfig: file } };
}

/** Matches requests of one method for one kind of object. */
function of(method: string, plural: string): (request: ProxiedRequest) => boolean {
  return (request) =>
    request.method === method && request.path.includes(plural) && request.query.get('watch') !== 'true';
}

function refusal(status: number, reason: string, message: string): CannedAnswer {
  return {
    status,
    body: JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code: status,
      reason,
      message,
    }),
  };
}

/** The health address of the operator, from its log. */
async function readyz({ log }: Scene): Promise<{ status: number; text: string }> {
  const line = log.lines.findLast(({ message }) => message === 'started serving health and metrics');
  const address: unknown = line === undefined ? undefined : Reflect.get(line.fields, 'address');
  const response = await fetch(`${String(address)}/readyz`);
  return { status: response.status, text: await response.text() };
}

describe('a proxy before the API server', () => {
  it('does not stop the operator with its own pages, unknown watch events and rate limits', async () => {
    const { scene, proxy, flags } = await openBehindProxy();
    const isList = of('GET', '/gpupods');
    proxy.answer(isList, { status: 502, body: '<html>Bad Gateway</html>' });
    proxy.answer(isList, { status: 504, body: '' });
    proxy.answer(isList, { status: 200, body: '<html>Please log in</html>' });
    proxy.answer(isList, { ...refusal(429, 'TooManyRequests', 'busy'), headers: { 'retry-after': '1' } });
    proxy.answer(of('PATCH', '/gpupods'), {
      ...refusal(429, 'TooManyRequests', 'busy'),
      headers: { 'retry-after': '1' },
    });
    proxy.answer(of('PUT', '/gpupods'), refusal(500, 'InternalError', 'failed calling webhook "slow"'));
    await scene.startOperator(flags);
    await scene.create('before', H100);
    await scene.untilReady('before');

    const { opened } = proxy.watches;
    proxy.watches.say('{"type":"HEARTBEAT","object":{}}\n');
    await scene.create('after', H100);
    await scene.untilReady('after');
    expect(proxy.watches.opened).toBe(opened);
    await scene.delete('before');
    await scene.untilGone('before');
    expect(scene.simulator.requests.count({ method: 'POST', path: '/pods/' })).toBe(2);
  });

  it('names a quota on Secrets and a policy on the status in the conditions, and recovers', async () => {
    const { scene, proxy, flags } = await openBehindProxy();
    const quota = 'secrets "guarded-connection" is forbidden: exceeded quota: few-secrets';
    proxy.answer(of('POST', '/secrets'), refusal(403, 'Forbidden', quota), Infinity);
    await scene.startOperator(flags);
    await scene.create('guarded', H100);
    const ready = await scene.untilReady('guarded');
    expect(conditionText(ready, 'Synced')).toBe('False SecretRefused');
    expect(JSON.stringify(ready.status.conditions)).toContain('exceeded quota: few-secrets');
    expect(ready.status.ssh?.command).toMatch(/^ssh /);

    proxy.clear();
    await scene.annotate('guarded', { 'gpupod.dev/reconcile-requested-at': 'now' });
    await scene.untilCondition('guarded', 'Synced=True ReconcileSuccess');

    const policy = 'admission webhook "hands-off.example.com" denied the request';
    proxy.answer(of('PUT', '/gpupods'), refusal(403, 'Forbidden', policy), Infinity);
    await scene.create('silenced', H100);
    await scene.untilEvent('silenced', /WriteRefused: .*hands-off\.example\.com/);
    proxy.clear();
    await scene.untilReady('silenced');
    expect(scene.simulator.requests.count({ method: 'POST', path: '/pods/' })).toBe(2);
  });
});

describe('a Lease', () => {
  it('with slow writes is taken and held, with a warning', async () => {
    const { scene, proxy, flags } = await openBehindProxy();
    proxy.delay(of('PUT', '/leases'), SLOWER_THAN_RENEWALS_MS);
    proxy.delay(of('POST', '/leases'), SLOWER_THAN_RENEWALS_MS);
    const operator = await scene.startOperator({ ...flags, ...ELECTION });
    let isLost = false;
    void operator.ended.then((end) => {
      isLost = end === 'lostLease';
    });
    await scene.create('patient', H100);
    await scene.untilReady('patient');
    await scene.quietRounds(4);
    await scene.delete('patient');
    await scene.untilGone('patient');
    expect(isLost).toBe(false);
    const warned = scene.log.lines.filter(({ message }) =>
      message.startsWith('writes of the lease are slow'),
    );
    expect(warned).not.toEqual([]);
  });

  it('that cannot be taken makes the process not ready, and the health check names the reason', async () => {
    const { scene, proxy, flags } = await openBehindProxy();
    const answer = refusal(
      403,
      'Forbidden',
      'leases.coordination.k8s.io is forbidden: exceeded quota: no-leases',
    );
    proxy.answer(of('POST', '/leases'), answer, Infinity);
    const longer = { 'lease-duration': '4s', 'lease-renew-deadline': '3s', 'http-address': '127.0.0.1:0' };
    await scene.startOperator({ ...flags, ...ELECTION, ...longer });
    await scene.create('waiting', H100);
    await scene.untilTrue('not ready', async () => (await readyz(scene)).text.includes('no-leases'));
    expect((await readyz(scene)).status).toBe(503);
    proxy.clear();
    await scene.untilReady('waiting');
    expect((await readyz(scene)).status).toBe(200);
  });
});

describe('missing rights', () => {
  it('to read namespace kube-system disable the clone check with one warning, and to write the record are reported', async () => {
    const { scene, proxy, flags } = await openBehindProxy();
    proxy.answer(of('GET', '/namespaces/kube-system'), refusal(403, 'Forbidden', 'no'), Infinity);
    const isRecord = of('POST', '/configmaps');
    proxy.answer(isRecord, refusal(403, 'Forbidden', 'configmaps is forbidden: exceeded quota: few-maps'), 2);
    await scene.startOperator({ ...flags, 'http-address': ':0' });
    await scene.untilTrue('not ready', async () => (await readyz(scene)).text.includes('few-maps'));
    await scene.create('cloneless', H100);
    await scene.untilReady('cloneless');
    expect((await readyz(scene)).status).toBe(200);
    const warnings = scene.log.lines.filter(
      ({ level, message }) => level === 'warn' && message.includes('kube-system'),
    );
    expect(warnings).toHaveLength(1);
    // A server that listens on all addresses does not report 127.0.0.1.
    const served = scene.log.lines.find(({ message }) => message === 'started serving health and metrics');
    expect(JSON.stringify(served?.fields)).toMatch(/http:\/\/(\[::\]|0\.0\.0\.0):/);
  });
});
