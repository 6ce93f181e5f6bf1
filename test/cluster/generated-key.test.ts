import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { GpuPod } from '../../src/api/gpupod/gpu-pod.ts';
import { stringsOf } from '../../src/json.ts';
import { fingerprintOf } from '../../src/lifecycle/ssh-key/public-key.ts';
import type { Scene } from '../support/scene.ts';
import { createSshFiles, hasOpenSsh } from '../support/ssh-client.ts';
import { useBench } from '../support/use-bench.ts';

const H100 = { gpu: { types: ['H100_80GB'] }, maxPrice: 3 };
const cluster = useBench();
const describeWithSsh = hasOpenSsh ? describe : describe.skip;

/** The keys of the account beside its primary one. */
function registered({ simulator }: Scene): readonly { readonly id: string; readonly publicKey: string }[] {
  return simulator.world.sshKeys.of('user_1').filter(({ name }) => name !== 'default');
}

async function pairOf(scene: Scene, name: string): Promise<{ privateKey: string; publicKey: string }> {
  const secret = await cluster.bench.secrets.get({ namespace: scene.namespace, name });
  const data = stringsOf(secret?.['data']);
  const textOf = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  return { privateKey: textOf('ssh-privatekey'), publicKey: textOf('ssh-publickey') };
}

/** The target of ssh. */
function targetOf({ status }: GpuPod): readonly string[] {
  const { user = '', host = '', port = 0 } = status.ssh ?? {};
  return ['-p', String(port), `${user}@${host}`];
}

describeWithSsh('a generated key', () => {
  it('opens the instance, is nowhere but in the Secret, and is removed with the GpuPod', async () => {
    const scene = await cluster.open({ simulator: { ssh: { runsCommands: true } } });
    const files = await createSshFiles();
    try {
      await scene.startOperator();
      await scene.create('keyed', { ...H100, ssh: { generate: true } });
      const ready = await scene.untilReady('keyed');
      const { stdout: type } = await scene.kubectl([
        ...['get', 'secret', 'keyed-connection', '-o', 'jsonpath={.type}'],
      ]);
      expect(type).toBe('kubernetes.io/ssh-auth');

      const { privateKey, publicKey } = await pairOf(scene, 'keyed-connection');
      const [key] = registered(scene);
      expect(publicKey.split(' ', 2).join(' ')).toBe(key?.publicKey);
      expect(ready.status.sshKey).toEqual({
        source: 'Generated',
        fingerprint: fingerprintOf(publicKey.split(' ')[1] ?? ''),
        keyId: key?.id,
        secretName: 'keyed-connection',
      });

      await writeFile(files.privateKeyFile, privateKey);
      // ssh offers the public key of the file beside it.
      await writeFile(`${files.privateKeyFile}.pub`, publicKey);
      const login = await files.run('ssh', [...targetOf(ready), 'echo opened']);
      expect(login).toEqual({ code: 0, stdout: 'opened\n', stderr: '' });

      const line = privateKey.split('\n')[4] ?? '';
      const { stdout: objects } = await scene.kubectl(['get', 'gpupods,events,configmaps', '-o', 'yaml']);
      const requests = scene.simulator.requests.all().map(({ bodyText }) => bodyText);
      expect([objects, JSON.stringify(scene.log.lines), ...requests].join('\n')).not.toContain(line);

      await scene.delete('keyed');
      await scene.untilGone('keyed');
      await scene.untilTrue('the key is removed', () => registered(scene).length === 0);
      expect(scene.simulator.world.sshKeys.of('user_1')).toHaveLength(1);
    } finally {
      await files.remove();
    }
  });
});

describe('a registered key', () => {
  it('of an installation that died before it removed its key is removed by the next process', async () => {
    const scene = await cluster.open();
    await scene.startOperator();
    await scene.create('keyed', { ...H100, ssh: { generate: true } });
    await scene.untilReady('keyed');
    scene.simulator.faults.add({
      method: 'DELETE',
      path: '/ssh_keys/{id}',
      effect: { kind: 'Answer', status: 503 },
    });
    await scene.delete('keyed');
    await scene.untilGone('keyed');
    await scene.stopOperators();
    expect(registered(scene)).toHaveLength(1);
    scene.simulator.faults.clear();
    await scene.startOperator();
    await scene.untilTrue('the key is removed', () => registered(scene).length === 0);
  });
});
