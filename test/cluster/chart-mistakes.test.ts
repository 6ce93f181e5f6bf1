import { beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { template } from '../manifests/support/helm.ts';

const MINUTE_MS = 60_000;

beforeAll(async () => {
  await ensureBinaries(['helm']);
}, 40 * MINUTE_MS);

describe('values that cannot be meant', () => {
  it.each([
    { set: 'networkPolicy.egressPorts={http}', why: 'a port is a number' },
    { set: 'networkPolicy.egressBlocks={example.com}', why: 'names of hosts cannot be said there' },
    { set: 'metrics.serviceMonitor.interval=soon', why: 'Prometheus would not take it' },
    { set: 'admissionPolicy.enable=true', why: 'a misspelled value would do nothing' },
    { set: 'watchNamespaces=team-a', why: 'it is a list' },
    { set: 'watchNamespaces={Team}', why: 'no namespace is called like that' },
    { set: 'watchNamespaces={a,a}', why: 'a namespace is named once' },
    { set: 'podLabels.team=a b', why: 'no label has that value' },
    { set: 'commonLabels.a/b/c=x', why: 'no label is called like that' },
    { set: 'simulator=true', why: 'the switch is simulator.enabled' },
    { set: 'simulator=null', why: 'templates need the part' },
    { set: 'crds.enabled=yes', why: 'it is true, false or auto' },
    { set: 'networkPolicy.dnsPorts={}', why: 'without DNS nothing works' },
    { set: 'livenessProbe.httpGet.path=/x', why: 'the path is the operator’s' },
    { set: 'fullnameOverride=My_Name', why: 'no object is called like that' },
    { set: 'primeApiKey.key=../x', why: 'it is the name of a file too' },
    { set: 'settings.max-price-cieling=3', why: 'no setting is called like that' },
    { set: 'settings.sweep=soon', why: 'no setting is called like that' },
    { set: 'settings.max-price-ceiling=3USD', why: 'it is a number' },
    { set: 'settings.concurrency=0', why: 'somebody must work' },
    { set: 'settings.orphan-policy=Kill', why: 'it is Report or Terminate' },
    { set: 'settings.require-max-price=yes', why: 'it is true or false' },
    { set: 'settings.lease-duration=15', why: 'a duration has a unit' },
    { set: 'settings.watch-namespace=a', why: 'the rights go by watchNamespace' },
    { set: 'settings.lease-name=a', why: 'the rights name the Lease' },
    { set: 'settings.leader-elect=false', why: 'while it is updated there are two processes' },
    { set: 'settings.http-address=off', why: 'the probes ask port 8080' },
  ])('--set $set is refused: $why', async ({ set }) => {
    await expect(template([set])).rejects.toThrow("values don't meet the specifications");
  });
});

describe('values that contradict each other', () => {
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
  ])('$sets: $says', async ({ sets, says }) => {
    await expect(template(sets)).rejects.toThrow(says);
  });
});
