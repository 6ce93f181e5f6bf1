import { afterAll, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import { stringify } from 'yaml';
import { IN_USE_FINALIZER } from '../../src/api/common/names.ts';
import type { AccountKind } from '../../src/api/common/names.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import { openDeployed } from './deployed.ts';
import type { Deployed } from './deployed.ts';

const MINUTE_MS = 60_000;

/** May do everything with accounts and Secrets, except what needs the verb accept-user. */
export const WRITER = 'writer';
/** An admin of each namespace, as the component makes them. */
export const ADMIN = 'admin';

/** A cluster with the policies of accounts, and a namespace with an API key for each test. */
export interface AccountPolicies {
  readonly deployed: Deployed;
  readonly namespace: string;
}

/** Opens the cluster for all tests of this file, and closes it after them. */
export function useAccountPolicies(): AccountPolicies {
  jest.setTimeout(3 * MINUTE_MS);
  let deployed: Deployed | undefined;
  let namespaces = 0;
  const theDeployed = (): Deployed => {
    if (deployed === undefined) throw new Error('the cluster is there from the first test on');
    return deployed;
  };
  const namespace = (): string => `team-${String(namespaces)}`;

  beforeAll(async () => {
    deployed = await openDeployed(['accounts', 'admission-policy', 'deletion-guard']);
    await deployed.kubectl(
      ...['create', 'clusterrole', WRITER, '--verb=get,list,create,update,patch,delete'],
      ...['--resource=gpuaccounts.gpupod.dev,clustergpuaccounts.gpupod.dev,secrets'],
      ...['--resource=gpuaccounts.gpupod.dev/status,clustergpuaccounts.gpupod.dev/status'],
    );
    const binding = ['create', 'clusterrolebinding', WRITER, `--clusterrole=${WRITER}`, `--user=${WRITER}`];
    await deployed.kubectl(...binding);
    const metadata = { name: 'probe', namespace: 'default', finalizers: [IN_USE_FINALIZER] };
    await deployed.untilRefused(['create', '-f', '-'], account('GpuAccount', metadata));
    await deployed.start();
  }, 40 * MINUTE_MS);

  beforeEach(async () => {
    namespaces += 1;
    await theDeployed().kubectl('create', 'namespace', namespace());
    const inNamespace = ['-n', namespace(), 'create'];
    await theDeployed().kubectl(
      ...[...inNamespace, 'secret', 'generic', 'team-key', '--from-literal=api-key=other-key'],
    );
    await theDeployed().kubectl(
      ...inNamespace,
      'rolebinding',
      ADMIN,
      '--clusterrole=admin',
      `--user=${ADMIN}`,
    );
    await theDeployed().untilValue(['clusterrole', 'admin'], '{.rules}', (is) => is.includes('accept-user'));
  });

  afterAll(async () => {
    await theDeployed().stop();
  });

  return {
    get deployed() {
      return theDeployed();
    },
    get namespace() {
      return namespace();
    },
  };
}

/** The manifest of an account with the key of the namespace. */
export function account(kind: AccountKind, metadata: object): string {
  const spec = { apiKeySecretRef: { name: 'team-key' } };
  return stringify({ apiVersion: 'gpupod.dev/v1alpha1', kind, metadata, spec });
}

/** Arguments of kubectl, and what `-f -` reads. */
type Call = readonly string[] | { readonly args: readonly string[]; readonly input: string };

async function run(
  { deployed, namespace }: AccountPolicies,
  user: string,
  call: Call,
): Promise<KubectlResult> {
  const { args, input } = 'args' in call ? call : { args: call, input: undefined };
  return await deployed.as(user, ['-n', namespace, ...args], input);
}

/** Runs kubectl as this user in the namespace of this test, which must succeed. */
export async function expectAccepted(policies: AccountPolicies, user: string, call: Call): Promise<void> {
  expect({ user, call, ...(await run(policies, user, call)) }).toMatchObject({ user, call, code: 0 });
}

/** Runs kubectl as this user in the namespace of this test. The API server must refuse it with these words. */
export async function expectRefused(
  policies: AccountPolicies,
  user: string,
  call: Call,
  says: RegExp,
): Promise<void> {
  const { code, stderr } = await run(policies, user, call);
  expect({ user, call, code, stderr }).toEqual({ user, call, code: 1, stderr: expect.stringMatching(says) });
}

/** Rents with the GpuAccount `default`, and waits until it and its Secret are in use. */
export async function rentWithDefault({ deployed, namespace }: AccountPolicies, name: string): Promise<void> {
  await deployed.apply({
    apiVersion: 'gpupod.dev/v1alpha1',
    kind: 'GpuPod',
    metadata: { name, namespace },
    spec: { gpu: { types: ['H100_80GB'] }, maxPrice: 3 },
  });
  await deployed.kubectl('-n', namespace, 'wait', `gpupod/${name}`, '--for=condition=Ready', '--timeout=60s');
  for (const object of ['gpuaccount/default', 'secret/team-key']) {
    await deployed.untilValue(['-n', namespace, object], '{.metadata.finalizers}', (is) =>
      is.includes(IN_USE_FINALIZER),
    );
  }
}
