import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { IN_USE_FINALIZER } from '../../src/api/common/names.ts';
import {
  account,
  ADMIN,
  expectAccepted,
  expectRefused,
  rentWithDefault,
  useAccountPolicies,
  WRITER,
} from '../support/account-policies.ts';
import { OPERATOR_NAMESPACE } from '../support/deployed.ts';

const policies = useAccountPolicies();
const IN_USE = IN_USE_FINALIZER;

describe('the policy of Secrets', () => {
  it('keeps a key that is being deleted while it is needed, and does not disturb its rotation', async () => {
    await expectAccepted(policies, ADMIN, {
      args: ['apply', '-f', '-'],
      input: account('GpuAccount', { name: 'default' }),
    });
    await rentWithDefault(policies, 'train');
    const strip = ['patch', 'secret', 'team-key', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
    const rotated = stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'team-key' },
      stringData: { 'api-key': 'other-key' },
    });
    await expectAccepted(policies, ADMIN, { args: ['replace', '-f', '-'], input: rotated });
    await policies.deployed.untilValue(
      ['-n', policies.namespace, 'secret/team-key'],
      '{.metadata.finalizers}',
      (is) => is.includes(IN_USE),
    );
    await expectAccepted(policies, ADMIN, ['delete', 'secret', 'team-key', '--wait=false']);
    for (const user of [ADMIN, WRITER]) {
      await expectRefused(policies, user, strip, /holds an API key that is needed/);
    }
    await expectAccepted(policies, ADMIN, ['annotate', 'secret', 'team-key', 'note=x']);
    await policies.deployed.kubectl('-n', policies.namespace, 'delete', 'gpupod', 'train', '--timeout=60s');
    await policies.deployed.kubectl(
      '-n',
      policies.namespace,
      'wait',
      'secret/team-key',
      '--for=delete',
      '--timeout=60s',
    );
    expect(policies.deployed.simulator.ledger.live()).toEqual([]);
  });

  it('allows the operator to write its own Secrets, and no others', async () => {
    const operator = `system:serviceaccount:${OPERATOR_NAMESPACE}:gpupod-operator`;
    await policies.deployed.kubectl(
      '-n',
      policies.namespace,
      'create',
      'rolebinding',
      'operator',
      `--clusterrole=${WRITER}`,
      `--serviceaccount=${OPERATOR_NAMESPACE}:gpupod-operator`,
    );
    const secret = (name: string, metadata: object, type = 'servicebinding.io/gpupod'): string =>
      stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        type,
        metadata: { name, ...metadata },
        stringData: { a: 'b', 'ssh-privatekey': 'c' },
      });
    const labels = { 'app.kubernetes.io/managed-by': 'gpupod-operator' };
    const ownerReferences = [{ apiVersion: 'gpupod.dev/v1alpha1', kind: 'GpuPod', name: 'x', uid: 'x' }];
    const onlyOwn = /only Secrets that it wrote/;
    const ofToken = { 'kubernetes.io/service-account.name': 'default' };
    for (const input of [
      secret('another', {}),
      secret('another', { labels }),
      secret('another', { ownerReferences }),
      secret('another', { labels, ownerReferences }, 'Opaque'),
      // The control plane would put the token of another service account into it.
      secret(
        'another',
        { labels, ownerReferences, annotations: ofToken },
        'kubernetes.io/service-account-token',
      ),
    ]) {
      await expectRefused(policies, operator, { args: ['create', '-f', '-'], input }, onlyOwn);
    }
    for (const [name, type] of [
      ['with-key', 'kubernetes.io/ssh-auth'],
      ['connection', undefined],
    ] as const) {
      const input = secret(name, { labels, ownerReferences }, type);
      await expectAccepted(policies, operator, { args: ['create', '-f', '-'], input });
    }
    // Somebody took label and owner away.
    const patch = (name: string, fields: object): string[] => [
      'patch',
      'secret',
      name,
      '--type=merge',
      '-p',
      JSON.stringify(fields),
    ];
    const stripped = { metadata: { labels: null, ownerReferences: null } };
    await policies.deployed.kubectl('-n', policies.namespace, ...patch('connection', stripped));
    await expectRefused(policies, operator, patch('connection', { stringData: { a: 'c' } }), onlyOwn);
    // A user took the label away, but the GpuPod still owns it.
    await policies.deployed.kubectl(
      '-n',
      policies.namespace,
      ...patch('connection', { metadata: { ownerReferences } }),
    );
    await expectAccepted(policies, operator, patch('connection', { stringData: { a: 'c' } }));
    for (const fields of [
      { stringData: { 'api-key': 'forged' } },
      { metadata: { labels } },
      { metadata: { ownerReferences } },
      { metadata: { finalizers: ['example.com/mine'] } },
      { metadata: { annotations: { a: 'b' } } },
      { immutable: true },
      { metadata: { labels, finalizers: [IN_USE] } },
    ]) {
      await expectRefused(policies, operator, patch('team-key', fields), onlyOwn);
    }
    await expectRefused(policies, operator, ['delete', 'secret', 'team-key'], onlyOwn);
    await expectAccepted(policies, operator, patch('team-key', { metadata: { finalizers: [IN_USE] } }));
    await expectAccepted(policies, operator, patch('team-key', { metadata: { finalizers: null } }));
    await expectAccepted(policies, operator, ['delete', 'secret', 'connection']);
    // The operator takes its finalizer off a Secret that somebody removed by force: that is a conflict, not a refusal.
    const gone = secret('gone', { uid: 'fa8ed0a9-0d1a-4d1d-8e4b-5f6d7a1b2c3d', finalizers: [] });
    await expectRefused(
      policies,
      operator,
      { args: ['apply', '--server-side', '-f', '-'], input: gone },
      /\(Conflict\)|uid mismatch/,
    );
  });
});
