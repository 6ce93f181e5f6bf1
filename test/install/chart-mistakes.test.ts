import { beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { template } from '../manifests/support/helm.ts';

const MINUTE_MS = 60_000;

beforeAll(async () => {
  await ensureBinaries(['helm']);
}, 40 * MINUTE_MS);

describe('helm install with an invalid value', () => {
  it.each([
    { set: 'networkPolicy.egressPorts={http}', why: 'a port is a number' },
    { set: 'networkPolicy.egressBlocks={example.com}', why: 'a block is a CIDR, not a host name' },
    { set: 'metrics.serviceMonitor.interval=soon', why: 'Prometheus would reject it' },
    { set: 'admissionPolicy.enable=true', why: 'a misspelled value would have no effect' },
    { set: 'watchNamespaces=team-a', why: 'it is a list' },
    { set: 'watchNamespaces={Team}', why: 'it is not a valid namespace name' },
    { set: 'watchNamespaces={a,a}', why: 'a namespace may occur once' },
    { set: 'podLabels.team=a b', why: 'it is not a valid label value' },
    { set: 'commonLabels.a/b/c=x', why: 'it is not a valid label name' },
    { set: 'simulator=true', why: 'the switch is simulator.enabled' },
    { set: 'simulator=null', why: 'templates need the section' },
    { set: 'crds.enabled=yes', why: 'it is true, false or auto' },
    { set: 'networkPolicy.dnsPorts={}', why: 'the operator needs DNS' },
    { set: 'livenessProbe.httpGet.path=/x', why: 'the operator defines the path' },
    { set: 'fullnameOverride=My_Name', why: 'it is not a valid object name' },
    { set: 'primeApiKey.key=../x', why: 'the key is also a file name' },
    { set: 'settings.max-price-cieling=3', why: 'there is no such setting' },
    { set: 'settings.sweep=soon', why: 'there is no such setting' },
    { set: 'settings.max-price-ceiling=3USD', why: 'it is a number' },
    { set: 'settings.concurrency=0', why: 'at least one worker is needed' },
    { set: 'settings.orphan-policy=Kill', why: 'it is Report or Terminate' },
    { set: 'settings.require-max-price=yes', why: 'it is true or false' },
    { set: 'settings.lease-duration=15', why: 'a duration has a unit' },
    { set: 'settings.watch-namespace=a', why: 'the RBAC rights depend on watchNamespace' },
    { set: 'settings.lease-name=a', why: 'the RBAC rights name the Lease' },
    { set: 'settings.leader-elect=false', why: 'two processes run during an update' },
    { set: 'uninstall.policy=Force', why: 'it is Refuse, Retain or Terminate' },
    { set: 'uninstall.timeout=240', why: 'a duration has a unit' },
    { set: 'uninstall.protectRecord=yes', why: 'it is true, false or auto' },
    { set: 'settings.http-address=off', why: 'the probes use port 8080' },
  ])('rejects --set $set, because $why', async ({ set }) => {
    await expect(template([set])).rejects.toThrow("values don't meet the specifications");
  });
});

describe('helm install with an ID that YAML reads as a number', () => {
  it.each([
    { setting: 'installation-id', value: '12345' },
    { setting: 'default-team-id', value: '1234567890123' },
    { setting: 'default-ssh-key-id', value: 'true' },
  ])('asks for quotes round settings.$setting: $value', async ({ setting, value }) => {
    await expect(template([`settings.${setting}=${value}`])).rejects.toThrow(
      `at '/settings/${setting}': value must be 'a text: quote it, as in "012345"'`,
    );
  });
});

describe('helm install with contradicting values', () => {
  it.each([
    {
      sets: ['watchNamespace=a', 'watchNamespaces={b}'],
      says: 'watchNamespace and watchNamespaces are both set: put all namespaces into watchNamespaces',
    },
    {
      sets: ['serviceAccount.create=false'],
      says: 'serviceAccount.name is empty: with serviceAccount.create',
    },
    {
      sets: ['simulator.enabled=true', 'primeApiKey.value=pit_abc'],
      says: 'primeApiKey.value and simulator.enabled are both set',
    },
    {
      sets: ['simulator.enabled=true', 'settings.prime-api-base-url=https://a.example.com'],
      says: 'settings.prime-api-base-url and simulator.enabled are both set',
    },
    {
      sets: ['uninstall.policy=Retain', 'crds.keep=false'],
      says: 'uninstall.policy=Retain and crds.keep=false contradict each other',
    },
    {
      sets: ['watchNamespaces={default}', 'crds.enabled=true', 'crds.keep=false'],
      says: 'watchNamespaces and crds.keep=false contradict each other',
    },
    { sets: ['uninstall.timeout=0s'], says: "at '/uninstall/timeout'" },
    { sets: ['proxy.httpsProxy=socks5://proxy.example.com:1080'], says: "at '/proxy/httpsProxy'" },
  ])('rejects $sets: $says', async ({ sets, says }) => {
    await expect(template(sets)).rejects.toThrow(says);
  });
});
