import { describe, expect, it } from '@jest/globals';
import { ANNOTATIONS, IN_USE_FINALIZER } from '../../src/api/common/names.ts';
import {
  account,
  ADMIN,
  expectAccepted,
  expectRefused,
  rentWithDefault,
  useAccountPolicies,
  WRITER,
} from '../support/account-policies.ts';
import { until } from '../support/until.ts';

const policies = useAccountPolicies();
const ACCEPT = ANNOTATIONS.acceptUser;
const IN_USE = IN_USE_FINALIZER;

describe('the policies', () => {
  it('pass the type check of the API server', async () => {
    const checked = await until(
      'their types are checked',
      async () => {
        const text = await policies.deployed.kubectl(
          'get',
          'validatingadmissionpolicy',
          '-o',
          'jsonpath={.items[*].status}',
        );
        return text.split('observedGeneration').length === 5 ? text : undefined;
      },
      () => 'no status',
    );
    expect(checked).not.toContain('expressionWarnings');
  });
});

describe('the policy of accounts', () => {
  it.each(['GpuAccount', 'ClusterGpuAccount'] as const)(
    'lets nobody but the operator write the status or the finalizer of a %s',
    async (kind) => {
      const name = kind === 'GpuAccount' ? 'team' : policies.namespace;
      const object = `${kind.toLowerCase()}/${name}`;
      await expectRefused(
        policies,
        WRITER,
        { args: ['create', '-f', '-'], input: account(kind, { name, finalizers: [IN_USE] }) },
        /set by the operator alone/,
      );
      await expectAccepted(policies, WRITER, { args: ['create', '-f', '-'], input: account(kind, { name }) });
      const patch = (fields: object): string[] => [
        'patch',
        object,
        '--type=merge',
        '-p',
        JSON.stringify(fields),
      ];
      await expectRefused(
        policies,
        WRITER,
        patch({ metadata: { finalizers: [IN_USE] } }),
        /set by the operator alone/,
      );
      const status = { status: { observedGeneration: 1, userId: 'user_1' } };
      await expectRefused(
        policies,
        WRITER,
        [...patch(status), '--subresource=status'],
        /status of an account is written by the operator alone/,
      );
      // A status in the object itself is ignored, and says nothing.
      await expectAccepted(policies, WRITER, patch(status));
      expect(
        await policies.deployed.kubectl(
          '-n',
          policies.namespace,
          'get',
          object,
          '-o',
          'jsonpath={.status.userId}',
        ),
      ).not.toBe('user_1');
      await expectAccepted(policies, WRITER, ['delete', object]);
    },
  );

  it('keeps the finalizer of an account in use, whatever tool writes the account', async () => {
    await expectAccepted(policies, ADMIN, {
      args: ['apply', '-f', '-'],
      input: account('GpuAccount', { name: 'default' }),
    });
    await rentWithDefault(policies, 'train');
    const plain = account('GpuAccount', { name: 'default' });
    for (const user of [WRITER, ADMIN]) {
      await expectRefused(
        policies,
        user,
        ['patch', 'gpuaccount', 'default', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'],
        /removed by the operator alone/,
      );
      await expectRefused(
        policies,
        user,
        { args: ['replace', '-f', '-'], input: plain },
        /use kubectl apply/,
      );
    }
    const before = await policies.deployed.kubectl(
      '-n',
      policies.namespace,
      'get',
      'gpuaccount',
      'default',
      '-o',
      'jsonpath={.status.userId}',
    );
    expect(before).toBe('user_2');
    for (const args of [
      ['apply', '-f', '-'],
      ['apply', '--server-side', '--force-conflicts', '--field-manager=gitops', '-f', '-'],
      ['apply', '--server-side', '--force-conflicts', '--field-manager=gitops', '-f', '-'],
    ]) {
      await expectAccepted(policies, ADMIN, { args: args, input: plain });
    }
    for (const args of [
      ['annotate', 'gpuaccount', 'default', 'team=a'],
      ['label', 'gpuaccount', 'default', 'team=a'],
      [
        'patch',
        'gpuaccount',
        'default',
        '--type=merge',
        '-p',
        '{"spec":{"suspend":true,"limits":{"maxInstances":3}}}',
      ],
      [
        'patch',
        'gpuaccount',
        'default',
        '--type=json',
        '-p',
        '[{"op":"add","path":"/metadata/finalizers/-","value":"example.com/mine"}]',
      ],
      [
        'patch',
        'gpuaccount',
        'default',
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers: [IN_USE] } }),
      ],
    ]) {
      await expectAccepted(policies, ADMIN, args);
    }
    // What kubectl edit and a GitOps tool send: the whole object, as it was read. Without the version, because the operator
    // may write the status meanwhile.
    const whole = await policies.deployed.kubectl(
      '-n',
      policies.namespace,
      'get',
      'gpuaccount',
      'default',
      '-o',
      'yaml',
    );
    const input = whole.replace(/^ {2}resourceVersion: .*\n/m, '');
    expect(input).not.toBe(whole);
    await expectAccepted(policies, ADMIN, { args: ['replace', '-f', '-'], input });
    await policies.deployed.kubectl('delete', 'namespace', policies.namespace, '--timeout=120s');
    expect(policies.deployed.simulator.ledger.live()).toEqual([]);
  });

  it('lets those confirm another user who have the verb accept-user, on CREATE as on UPDATE', async () => {
    const brought = account('GpuAccount', { name: 'team', annotations: { [ACCEPT]: 'user_1' } });
    const needsVerb = /needs the verb accept-user/;
    await expectRefused(policies, WRITER, { args: ['create', '-f', '-'], input: brought }, needsVerb);
    await expectAccepted(policies, ADMIN, { args: ['create', '-f', '-'], input: brought });
    // Whoever re-applies what an admin has confirmed confirms nothing new.
    await expectAccepted(policies, WRITER, {
      args: ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      input: brought,
    });
    await expectAccepted(policies, WRITER, ['label', 'gpuaccount', 'team', 'team=a']);
    const annotate = ['annotate', 'gpuaccount', 'team', '--overwrite'];
    await expectRefused(policies, WRITER, [...annotate, `${ACCEPT}=user_2`], needsVerb);
    await expectAccepted(policies, ADMIN, [...annotate, `${ACCEPT}=user_2`]);
    await expectAccepted(policies, WRITER, [...annotate, `${ACCEPT}-`]);
    await expectRefused(policies, WRITER, [...annotate, `${ACCEPT}=user_2`], needsVerb);

    await expectAccepted(policies, WRITER, {
      args: ['create', '-f', '-'],
      input: account('ClusterGpuAccount', { name: policies.namespace }),
    });
    await expectRefused(
      policies,
      WRITER,
      ['annotate', 'clustergpuaccount', policies.namespace, `${ACCEPT}=user_1`],
      needsVerb,
    );
    await policies.deployed.kubectl('annotate', 'clustergpuaccount', policies.namespace, `${ACCEPT}=user_1`);
    await policies.deployed.kubectl('delete', 'clustergpuaccount', policies.namespace);
  });

  it('lets backup tools restore an account as it was, and change none', async () => {
    const saved = account('GpuAccount', {
      name: 'default',
      finalizers: [IN_USE],
      annotations: { [ACCEPT]: 'user_2' },
    });
    const backup = ['--as-group=gpupod.dev:backup'];
    await expectAccepted(policies, WRITER, { args: [...backup, 'create', '-f', '-'], input: saved });
    await expectRefused(
      policies,
      WRITER,
      [...backup, 'annotate', 'gpuaccount', 'default', '--overwrite', `${ACCEPT}=user_1`],
      /needs the verb/,
    );
    // Nothing is rented with it, so the operator releases it.
    await policies.deployed.untilValue(
      ['-n', policies.namespace, 'gpuaccount/default'],
      '{.metadata.finalizers}',
      (is) => !is.includes(IN_USE),
    );
  });
});
