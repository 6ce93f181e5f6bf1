import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliBench } from './support/cli-bench.ts';

let bench: CliBench;

beforeEach(async () => {
  bench = await CliBench.open();
});

afterEach(async () => {
  await bench.close();
});

const EXEC_THAT_FAILS = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: 'false',
  interactiveMode: 'Never',
};

/** A mistake, and what the person reads about it. */
interface Mistake {
  readonly name: string;
  readonly argv: readonly string[];
  readonly prepare?: () => void | Promise<void>;
  readonly says: string | RegExp;
  readonly reason: string;
}

/** A text must be the whole message. */
function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
}

describe('a cluster that cannot be read', () => {
  it.each<Mistake>([
    {
      name: 'no right to list GpuPods',
      argv: ['cost', '-n', 'team-b'],
      prepare: () => bench.refuse('gpupods', 403, 'Forbidden'),
      says: 'error: You may not list gpupods.gpupod.dev in namespace team-b. Ask for a role with the verb list on gpupods.gpupod.dev. Check it with kubectl auth can-i list gpupods.gpupod.dev -n team-b',
      reason: 'an administrator needs the verb and the resource',
    },
    {
      name: 'no right to list GpuPods of all namespaces',
      argv: ['cost', '-A'],
      prepare: () => bench.refuse('gpupods', 403, 'Forbidden'),
      says: /in all namespaces\. .* or choose one namespace with -n\. .*--all-namespaces$/,
      reason: 'a person with rights in one namespace needs no others',
    },
    {
      name: 'refused credentials',
      argv: ['cost'],
      prepare: () => bench.refuse('gpupods', 401, 'Unauthorized'),
      says: /refuses your credentials\. Log in again, or choose another context with --context\.$/,
      reason: 'the token has probably expired',
    },
    {
      name: 'no CRD, for a list',
      argv: ['cost'],
      prepare: () => bench.withoutCrd(),
      says: /does not serve gpupods\.gpupod\.dev\. Install gpupod-operator there/,
      reason: 'it is another cluster, or the operator is not installed',
    },
    {
      name: 'no CRD, for one GpuPod',
      argv: ['ssh', 'train-1'],
      prepare: () => bench.withoutCrd(),
      says: /does not serve gpupods\.gpupod\.dev/,
      reason: 'the server answers as if only the GpuPod was missing',
    },
    {
      name: 'a GpuPod that does not exist',
      argv: ['ssh', 'train-9'],
      says: 'error: GpuPod team-a/train-9 does not exist. List them with kubectl get gpupods -n team-a, or choose another namespace with -n.',
      reason: 'the namespace may be the wrong one',
    },
    {
      name: 'a server that is not there',
      argv: ['cost'],
      prepare: async () => await bench.writeKubeConfig('http://127.0.0.1:9'),
      says: /^error: http:\/\/127\.0\.0\.1:9 does not answer: .*ECONNREFUSED.*Check that the cluster runs/,
      reason: 'the address says which cluster it is',
    },
    {
      name: 'a server that fails',
      argv: ['cost'],
      prepare: () => bench.refuse('gpupods', 500, 'InternalError'),
      says: /refused to list gpupods\.gpupod\.dev: 500 InternalError/,
      reason: 'the words of the server are all that is known',
    },
    {
      name: 'credentials that cannot be had',
      argv: ['cost'],
      prepare: async () => await bench.writeKubeConfig(bench.server.url, { exec: EXEC_THAT_FAILS }),
      says: /^error: The credentials of the kubeconfig cannot be used: .*false.*Log in again, or choose another context/,
      reason: 'the plug-in needs a new login',
    },
    {
      name: 'a server that is another one',
      argv: ['cost'],
      prepare: () => bench.answer('gpupods', { status: 200, body: '<html>' }),
      says: /gave an unusable answer: .* Check that it is a Kubernetes API server\.$/,
      reason: 'a portal answers every request',
    },
    {
      name: 'a context that does not exist',
      argv: ['cost', '--context', 'prod'],
      says: 'error: the kubeconfig has no context "prod"; it has: main, other',
      reason: 'it is probably misspelled',
    },
    {
      name: 'a kubeconfig that does not exist',
      argv: ['cost', '--kubeconfig', '/nowhere/config'],
      says: /^error: the kubeconfig cannot be read: \/nowhere\/config/,
      reason: 'the path is wrong',
    },
  ])('is explained: $name, because $reason', async ({ argv, prepare, says }) => {
    await prepare?.();

    const { code, out, err } = await bench.run(argv);

    expect(err).toMatch(typeof says === 'string' ? exactly(says) : says);
    expect([code, out]).toEqual([1, '']);
  });

  it('cannot send control characters to the terminal', async () => {
    await writeFile(path.join(bench.directory, 'kubeconfig'), '{"current-context": "\\u001b[2Jx"}');

    const { err } = await bench.run(['cost']);

    expect(err).toContain('[2Jx');
    expect(err).not.toContain('\u001B');
  });
});

describe('arguments that make no sense', () => {
  it.each<Mistake>([
    {
      name: 'a misspelled command',
      argv: ['costs'],
      says: /^error: unknown command 'costs'\n\(Did you mean cost\?\)/,
      reason: 'the right one is near',
    },
    {
      name: 'a misspelled option',
      argv: ['cost', '--sorts', 'price'],
      says: /unknown option '--sorts'/,
      reason: 'it would be ignored',
    },
    {
      name: 'a key to sort by that does not exist',
      argv: ['cost', '--sort', 'age'],
      says: /Allowed choices are name, price, accrued, expires/,
      reason: 'the list is short',
    },
    {
      name: 'a format',
      argv: ['cost', '-o', 'xml'],
      says: /Allowed choices are wide, json, yaml/,
      reason: 'as above',
    },
    { name: 'no name', argv: ['ssh'], says: /missing required argument 'gpupod'/, reason: 'one is needed' },
    {
      name: 'a timeout without a unit',
      argv: ['ssh', 'train-1', '--wait', '--timeout', '20'],
      says: /Write it as in 90s or 20m\./,
      reason: 'nobody knows whether these are minutes',
    },
    {
      name: 'a price that is no number',
      argv: ['offers', '--gpu', 'H100_80GB', '--max-price', 'cheap'],
      says: /It is not a number\./,
      reason: 'it would be no limit',
    },
  ])('are refused with exit code 2: $name, because $reason', async ({ argv, says }) => {
    const { code, out, err } = await bench.run(argv);

    expect(err).toMatch(says);
    expect(err).toContain('See gpupod --help.');
    expect([code, out]).toEqual([2, '']);
    expect(bench.server.requests).toEqual([]);
  });
});

describe('the kubeconfig', () => {
  it.each([
    [['cost'], 'team-a', 'the context has one'],
    [['cost', '-n', 'team-b'], 'team-b', '-n wins'],
    [['-n', 'team-b', 'cost'], 'team-b', '-n may come first'],
    [['cost', '--context', 'other'], 'default', 'that context has none'],
  ])('of %j leads to the namespace %s, because %s', async (argv, namespace) => {
    await bench.run(argv);

    expect(bench.server.requests.map(({ path: asked }) => asked)).toEqual([
      `/apis/gpupod.dev/v1alpha1/namespaces/${namespace}/gpupods`,
    ]);
  });
});
