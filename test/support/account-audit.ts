import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

/** Every request of a service account, reads included. */
const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

const Entry = z.object({
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      resource: z.string().default(''),
      subresource: z.string().optional(),
      apiGroup: z.string().default(''),
      namespace: z.string().default(''),
      name: z.string().default(''),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().default(0) }).default({ code: 0 }),
});

/** One request to the API server. */
export interface AuditedRequest {
  /** As rules of a Role name it: `update gpupods/status.gpupod.dev`. */
  readonly permission: string;
  /** Name of the object; empty for a list, a watch, and an object that does not exist yet. */
  readonly name: string;
  readonly namespace: string;
  /** HTTP status. */
  readonly code: number;
}

/** What the API server recorded of each service account. */
export interface AccountAudit {
  /** Flags for the API server. */
  readonly flags: Readonly<Record<string, string>>;
  requestsOf(namespace: string, serviceAccount: string): Promise<readonly AuditedRequest[]>;
}

/** Prepares an audit log in `directory`. */
export async function prepareAccountAudit(directory: string): Promise<AccountAudit> {
  const policyFile = path.join(directory, 'audit-policy.json');
  const logFile = path.join(directory, 'audit.log');
  await writeFile(policyFile, JSON.stringify(policy));
  await writeFile(logFile, '');
  return {
    flags: { 'audit-policy-file': policyFile, 'audit-log-path': logFile },
    async requestsOf(namespace, serviceAccount) {
      const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
      const username = `system:serviceaccount:${namespace}:${serviceAccount}`;
      return lines
        .map((line) => Entry.parse(JSON.parse(line)))
        .filter(({ user }) => user.username === username)
        .map((entry) => requestOf(entry));
    },
  };
}

function requestOf({ verb, requestURI, objectRef, responseStatus }: z.output<typeof Entry>): AuditedRequest {
  // Paths such as /version belong to no resource.
  if (objectRef === undefined) {
    return { permission: `${verb} ${requestURI}`, name: '', namespace: '', code: responseStatus.code };
  }
  const { resource, subresource, apiGroup, name, namespace } = objectRef;
  const target = subresource === undefined ? resource : `${resource}/${subresource}`;
  return { permission: `${verb} ${target}.${apiGroup}`, name, namespace, code: responseStatus.code };
}
