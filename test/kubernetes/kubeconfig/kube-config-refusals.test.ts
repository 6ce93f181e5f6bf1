import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadKubeConfig } from '../../../src/kubernetes/kubeconfig/kube-config.ts';
import { LOOPBACK_CERTIFICATE } from '../../prime/loopback-certificate.ts';
import { NAMED_KEY } from '../../support/named-certificate.ts';
import { kubeConfigText } from '../support/kubectl-rules.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'kubectl-rules-test-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const CA = { 'certificate-authority-data': base64(LOOPBACK_CERTIFICATE) };

describe('is refused at the start, with the sentence of kubectl', () => {
  const https = { server: 'https://10.0.0.1' };
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'login' };
  it.each([
    {
      title: 'a certificate file that is missing',
      cluster: { ...https, 'certificate-authority': '/nonexistent/ca.crt' },
      message: /unable to read certificate-authority \/nonexistent\/ca\.crt for c due to ENOENT/,
    },
    {
      title: 'a certificate that is none',
      cluster: { ...https, 'certificate-authority-data': base64('garbage') },
      message: /the certificates or the key of cluster "c" .* cannot be used/,
    },
    {
      title: 'a certificate together with insecure-skip-tls-verify',
      cluster: { ...https, ...CA, 'insecure-skip-tls-verify': true },
      message: /specifying a root certificates file with the insecure flag is not allowed/,
    },
    {
      title: 'a client certificate file that is missing',
      user: { 'client-certificate': '/nonexistent/a', 'client-key': '/nonexistent/b' },
      message:
        /unable to read client-cert \/nonexistent\/a for u.*unable to read client-key \/nonexistent\/b for u/,
    },
    {
      title: 'a client certificate without a key',
      user: { 'client-certificate-data': base64(LOOPBACK_CERTIFICATE) },
      message: /client-key-data or client-key must be specified for u/,
    },
    {
      title: 'a client key that does not fit',
      user: {
        'client-certificate-data': base64(LOOPBACK_CERTIFICATE),
        'client-key-data': base64(NAMED_KEY),
      },
      message: /cannot be used/,
    },
    {
      title: 'a token file that is missing',
      user: { tokenFile: '/nonexistent/token' },
      message: /unable to read tokenFile \/nonexistent\/token for u/,
    },
    {
      title: 'two ways to authenticate',
      user: { token: 't', username: 'me', password: 'pw' },
      message: /more than one authentication method found for u; found \[token basicAuth\]/,
    },
    {
      title: 'groups without a user to impersonate',
      user: { token: 't', 'as-groups': ['g'] },
      message: /requesting uid, groups or user-extra for u without impersonating a user/,
    },
    {
      title: 'a UID without a user to impersonate',
      user: { token: 't', 'as-uid': '1' },
      message: /without impersonating a user/,
    },
    {
      title: 'extra fields without a user to impersonate',
      user: { token: 't', 'as-user-extra': { a: ['b'] } },
      message: /without impersonating a user/,
    },
    {
      title: 'groups that are not a list',
      user: { token: 't', as: 'a', 'as-groups': 'g' },
      message: /user "u" of the kubeconfig: as-groups must be a list of strings/,
    },
    {
      title: 'a group with a line break',
      user: { token: 't', as: 'a', 'as-groups': ['g\nh'] },
      message: /control characters/,
    },
    {
      title: 'a token that is a number',
      user: { token: 12_345 },
      message: /user "u" of the kubeconfig: token must be a string/,
    },
    {
      title: 'a plug-in without a command',
      user: { exec: { ...exec, command: '' } },
      message: /command must be specified for u to use exec authentication plugin/,
    },
    {
      title: 'a plug-in that needs a terminal',
      user: { exec: { ...exec, interactiveMode: 'Always' } },
      message: /interactiveMode Always/,
    },
    {
      title: 'a plug-in together with an auth provider',
      user: { exec, 'auth-provider': { name: 'oidc' } },
      message: /authProvider cannot be provided in combination with an exec plugin for u/,
    },
    {
      title: 'an auth provider that nobody knows',
      user: { 'auth-provider': { name: 'openstack' } },
      message: /no Auth Provider found for name "openstack"/,
    },
    {
      title: 'a proxy of an unknown kind',
      cluster: { ...https, 'proxy-url': 'ftp://me:pass-word@proxy.example' },
      message: /invalid proxy-url for cluster "c": unsupported scheme "ftp", must be http, https, or socks5$/,
    },
    {
      title: 'a proxy that could read the token',
      cluster: {
        server: 'http://10.0.0.1',
        'insecure-skip-tls-verify': true,
        'proxy-url': 'http://proxy.example',
      },
      message: /the proxy could read the credentials/,
    },
    {
      title: 'a cluster without a server',
      cluster: {},
      message: /no server found for cluster "c"/,
    },
  ])('$title', async ({ cluster = https, user, message }) => {
    const file = path.join(directory, 'config');
    await writeFile(file, kubeConfigText({ cluster, user }));

    expect(() => loadKubeConfig({ path: file })).toThrow(message);
  });

  it.each([
    {
      title: 'a user that is missing',
      config: {
        contexts: [{ name: 'main', context: { cluster: 'c', user: 'gone' } }],
        'current-context': 'main',
      },
      message: /names the user "gone", which it does not contain/,
    },
    {
      title: 'no current context',
      config: { contexts: [{ name: 'main', context: { cluster: 'c' } }] },
      message: /sets no current-context: choose one with --context; it has: main/,
    },
    {
      title: 'a name that is defined twice in one file',
      config: { users: [{ name: 'u' }, { name: 'u' }] },
      message: /duplicate name "u" in "users"/,
    },
  ])('$title', async ({ config, message }) => {
    const file = path.join(directory, 'config');
    await writeFile(file, JSON.stringify({ clusters: [{ name: 'c', cluster: https }], ...config }));

    expect(() => loadKubeConfig({ path: file })).toThrow(message);
  });
});
