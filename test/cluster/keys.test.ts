import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useBench } from '../support/use-bench.ts';

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const cluster = useBench();

describe('an API key', () => {
  it('that is no key is called what it is, and nothing is sent; the key itself heals it', async () => {
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

  it('that may not say whose it is rents and terminates, and that is warned of once', async () => {
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
      message.startsWith('account of the API key is unknown'),
    );
    expect(warnings).toHaveLength(1);
  });
});
