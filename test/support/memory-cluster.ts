import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { OPERATOR_NAME } from '../../src/api/common/names.ts';
import { isRecord, recordAt, stringAt } from '../../src/json.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { FakeApiServer, kindOf } from '../kubernetes/support/fake-api-server.ts';
import type { ObjectRules } from '../kubernetes/support/fake-objects.ts';
import type { SeenRequest } from '../kubernetes/support/seen-request.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const NAMESPACES = '/api/v1/namespaces';
const crdDirectory = path.resolve(import.meta.dirname, '../../crds');

/** What the operator relies on: generations, timestamps, finalizers, and the data of Secrets. */
const RULES: ObjectRules = {
  complete: (next, held) => {
    const { creationTimestamp = new Date().toISOString(), deletionTimestamp } = held?.metadata ?? {};
    const isChanged = held !== undefined && !isDeepStrictEqual(held['spec'], next['spec']);
    const generation = (held?.metadata.generation ?? 1) + (isChanged ? 1 : 0);
    const marks = deletionTimestamp === undefined ? {} : { deletionTimestamp };
    return { ...withData(next), metadata: { ...next.metadata, creationTimestamp, generation, ...marks } };
  },
  afterDelete: (held) =>
    (held.metadata.finalizers ?? []).length === 0 ? undefined : { ...held, metadata: deleting(held) },
  isGone: ({ metadata: { deletionTimestamp, finalizers = [] } }) =>
    deletionTimestamp !== undefined && finalizers.length === 0,
};

function deleting({ metadata }: RawObject): RawObject['metadata'] {
  return { ...metadata, deletionTimestamp: metadata.deletionTimestamp ?? new Date().toISOString() };
}

function withData(object: RawObject): RawObject {
  const { stringData, ...rest } = object;
  if (!isRecord(stringData)) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString('base64'),
  ]);
  return { ...rest, data: { ...recordAt(object, 'data'), ...Object.fromEntries(encoded) } };
}

/**
 * Starts an API server that keeps its objects in memory and checks nothing, with the CRDs. Many thousand GpuPods then
 * need no etcd. It has no admission and no permissions, so it measures the operator and proves nothing about a cluster.
 */
export async function startMemoryCluster(): Promise<FakeApiServer> {
  const server = await FakeApiServer.start(RULES);
  for (const file of await readdir(crdDirectory)) {
    const crd: unknown = parse(await readFile(path.join(crdDirectory, file), 'utf8'));
    if (isRecord(crd)) server.objects.put(CRDS, `/${stringAt(recordAt(crd, 'metadata'), 'name') ?? ''}`, crd);
  }
  server.objects.put(NAMESPACES, '/kube-system');
  return server;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
  GET: 'get',
  LIST: 'list',
  WATCH: 'watch',
};

/** The operator's requests in a namespace, as the audit log of a real API server names them. */
export function auditedRequests({ requests }: Pick<FakeApiServer, 'requests'>, namespace: string): string[] {
  const inNamespace = new RegExp(`/namespaces/${namespace}/(?<plural>[^/]+)(?:/[^/]+(?<status>/status)?)?$`);
  return requests.flatMap((request) => {
    const { plural, status = '' } = inNamespace.exec(request.path)?.groups ?? {};
    return plural === undefined || !isOfOperator(request)
      ? []
      : [`${VERBS[kindOf(request)] ?? ''} ${plural}${status}`];
  });
}

function isOfOperator({ headers }: SeenRequest): boolean {
  return headers['user-agent']?.startsWith(OPERATOR_NAME) === true;
}
