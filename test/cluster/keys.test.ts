import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Effect } from '../../src/simulator/faults/effect.ts';
import { conditionText } from '../support/scene.ts';
import { useBench } from '../support/use-bench.ts';

const RECORD = 'gpupod-operator-installation';
const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const cluster = useBench();

describe('an API key', () => {
  it('that is malformed is reported without a request, until a valid key replaces it', async () => {
    const keyFile = path.join(cluster.bench.directory, 'encoded-key');
    const scene = await cluster.open({ flags: { 'prime-api-key-file': keyFile }, env: {} });
    await writeFile(keyFile, `{"apiKey":"${scene.simulator.apiKey}"}`);
    await scene.startOperator();
    await scene.create('keyless', H100);
    const held = await scene.untilCondition('keyless', 'Synced=False CredentialsMissing');
    const messages = (held.status.conditions ?? []).map(({ message }) => message);
    expect(messages.filter((message) => message.includes('is JSON'))).not.toEqual([]);
    expect(scene.simulator.requests.all()).toEqual([]);
    await writeFile(keyFile, scene.simulator.apiKey);
    await scene.untilReady('keyless');
  });

  it('that is malformed in the environment variable is reported by each GpuPod, with the remedy', async () => {
    const scene = await cluster.open({ env: { PRIME_API_KEY: '"quoted-key"' } });
    await scene.startOperator();
    await scene.create('keyless', H100);
    const { status } = await scene.untilCondition('keyless', 'Synced=False CredentialsMissing');
    const synced = status.conditions?.find(({ type }) => type === 'Synced');
    expect(synced?.message).toMatch(/PRIME_API_KEY has quotes around it.*restart the operator/);
    expect(scene.simulator.requests.all()).toEqual([]);
  });

  it.each<{ name: string; effect: Effect }>([
    { name: 'hangs', effect: { kind: 'DelayBefore', ms: 600_000 } },
    { name: 'answers 502', effect: { kind: 'Answer', status: 502, body: {} } },
    { name: 'asks to wait for ten minutes', effect: { kind: 'TooManyRequests', retryAfter: '600' } },
  ])(
    'whose account is unknown because whoami $name still terminates, and rents no instance',
    async ({ effect }) => {
      const scene = await cluster.open({ flags: { 'read-timeout': '4s' } });
      await scene.startOperator();
      await scene.create('billing', H100);
      await scene.untilReady('billing');
      await scene.stopOperators();

      scene.simulator.faults.add({ path: '/user/whoami', effect });
      await scene.startOperator();
      await scene.delete('billing');
      await scene.untilGone('billing');
      expect(scene.simulator.ledger.live()).toEqual([]);

      // A new process that knows the account neither from the record of the key nor from an own instance.
      await scene.stopOperators();
      const forgotten = JSON.stringify({ data: { keyFingerprint: null } });
      await scene.kubectl(['patch', 'configmap', RECORD, '--type=merge', '-p', forgotten]);
      await scene.startOperator();
      await scene.create('later', H100);
      const later = await scene.until('later', 'a word about it', ({ status }) => status.phase !== undefined);
      expect(conditionText(later, 'Synced')).toMatch(/^False (ApiUnavailable|RateLimited)/);
      expect(scene.simulator.requests.count({ method: 'POST' })).toBe(1);
    },
  );

  it('that is rejected and then missing shows the same reason in Ready and Synced', async () => {
    const keyFile = path.join(cluster.bench.directory, 'moving-key');
    await writeFile(keyFile, 'wrong-key-1');
    const scene = await cluster.open({ flags: { 'prime-api-key-file': keyFile }, env: {} });
    await scene.startOperator();
    await scene.create('moving', H100);
    const refused = await scene.untilCondition('moving', 'Synced=False Unauthorized');
    await writeFile(keyFile, '');
    const missing = await scene.untilCondition('moving', 'Synced=False CredentialsMissing');
    const told = ({ status }: typeof missing, type: string): string =>
      status.conditions?.find((one) => one.type === type)?.message ?? '';
    expect(told(missing, 'Ready')).not.toBe(told(refused, 'Ready'));
    expect(told(missing, 'Ready')).toContain(told(missing, 'Synced'));
    await writeFile(keyFile, scene.simulator.apiKey);
    await scene.untilReady('moving');
  });

  it('that may not read its account rents and terminates, with one warning', async () => {
    const scene = await cluster.open();
    scene.simulator.faults.add({
      path: '/user/whoami',
      effect: { kind: 'Answer', status: 403, body: { detail: 'API key missing scope: user:read' } },
    });
    await scene.startOperator();
    await scene.create('nameless', H100);
    const ready = await scene.untilReady('nameless');
    expect(ready.status.account?.userId).toBe('user_1');
    await scene.delete('nameless');
    await scene.untilGone('nameless');
    const warnings = scene.log.lines.filter(({ message }) =>
      message.startsWith('failed to read the account of the API key'),
    );
    expect(warnings).toHaveLength(1);
  });
});
