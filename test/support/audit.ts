import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { OPERATOR_NAME } from '../../src/api/common/names.ts';

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', verbs: [...WRITES, ...READS] }, { level: 'None' }],
};

const entrySchema = z.object({
  verb: z.string(),
  userAgent: z.string().default(''),
  objectRef: z
    .object({
      resource: z.string().default(''),
      subresource: z.string().default(''),
      namespace: z.string().default(''),
    })
    .default({ resource: '', subresource: '', namespace: '' }),
  responseStatus: z.object({ code: z.number().default(0) }).default({ code: 0 }),
});

/** An API server's own record of every request. What the operator logs is no evidence. */
export interface RequestRecord {
  /** Writes of the operator in a namespace, in order, as `patch gpupods` or `update gpupods/status 409`. */
  writes(namespace: string): Promise<string[]>;
  /** The same with its reads, such as `get secrets`. A watch is recorded when it ends. */
  requests(namespace: string): Promise<string[]>;
}

/** The audit log of a real API server. */
export interface Audit extends RequestRecord {
  /** Flags for the API server. */
  readonly flags: Readonly<Record<string, string>>;
}

/** Prepares an audit log in `directory`. */
export async function prepareAudit(directory: string): Promise<Audit> {
  const policyFile = path.join(directory, 'audit-policy.json');
  const logFile = path.join(directory, 'audit.log');
  await writeFile(policyFile, JSON.stringify(policy));
  await writeFile(logFile, '');
  const recorded = async (namespace: string, verbs: ReadonlySet<string>): Promise<string[]> => {
    const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
    return lines
      .map((line) => entrySchema.parse(JSON.parse(line)))
      .filter(({ userAgent, verb }) => userAgent.startsWith(OPERATOR_NAME) && verbs.has(verb))
      .filter(({ objectRef }) => objectRef.namespace === namespace)
      .map(({ verb, objectRef: { resource, subresource }, responseStatus: { code } }) => {
        const target = subresource === '' ? resource : `${resource}/${subresource}`;
        return code < 300 ? `${verb} ${target}` : `${verb} ${target} ${code}`;
      });
  };
  return {
    flags: { 'audit-policy-file': policyFile, 'audit-log-path': logFile },
    writes: async (namespace) => await recorded(namespace, WRITES),
    requests: async (namespace) => await recorded(namespace, new Set([...WRITES, ...READS])),
  };
}
