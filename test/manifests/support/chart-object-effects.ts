import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { NAMESPACE } from './chart-effects.ts';
import type { Effect } from './chart-effects.ts';
import { POLICY_EFFECTS } from './chart-policy-effects.ts';
import { chart } from './helm.ts';

/** The rules of alerts.yaml. */
export const alerts = z
  .object({
    groups: z.array(z.object({ rules: z.array(z.looseObject({ alert: z.string(), expr: z.string() })) })),
  })
  .parse(parse(readFileSync(`${chart}/alerts.yaml`, 'utf8')));

export const OBJECT_EFFECTS: readonly Effect[] = [
  ...POLICY_EFFECTS,
  { sets: [], kind: 'PodDisruptionBudget', expected: { spec: { maxUnavailable: 1 } } },
  {
    sets: ['primeApiKey.value=pit_abc'],
    kind: 'Secret',
    expected: { metadata: { name: 'prime-api-key' }, stringData: { 'api-key': 'pit_abc' } },
  },
  ...['watchNamespace=team-a', 'watchNamespaces={team-a}'].map((set) => ({
    sets: [set, 'admissionPolicy.enabled=true'],
    kind: 'ValidatingAdmissionPolicy',
    name: `${NAMESPACE}-gpupod-operator`,
    expected: {
      spec: {
        matchConstraints: {
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['team-a'] }],
          },
        },
      },
    },
  })),
  {
    sets: ['crds.enabled=true', 'crds.keep=true'],
    kind: 'CustomResourceDefinition',
    expected: {
      metadata: { name: 'gpupods.gpupod.dev', annotations: { 'helm.sh/resource-policy': 'keep' } },
    },
  },
  {
    sets: ['uninstall.policy=Terminate', 'uninstall.timeout=30m', 'settings.allow-retain=false'],
    kind: 'Job',
    expected: {
      metadata: { annotations: { 'helm.sh/hook': 'pre-delete' } },
      spec: {
        template: {
          spec: {
            containers: [
              {
                args: ['uninstall-check', '--policy=Terminate', '--timeout=30m', '--allow-retain=false'],
              },
            ],
          },
        },
      },
    },
  },
  {
    sets: ['uninstall.protectRecord=true', 'crds.keep=false'],
    kind: 'ValidatingAdmissionPolicy',
    expected: {
      spec: {
        matchConditions: [{ expression: `oldObject.metadata.name in ["${NAMESPACE}"]` }],
      },
    },
  },
  {
    sets: ['rbac.aggregateToView=true'],
    kind: 'ClusterRole',
    name: `${NAMESPACE}-gpupod-operator-view`,
    expected: {
      metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
      rules: [{ verbs: ['get', 'list', 'watch'] }],
    },
  },
  {
    sets: ['rbac.aggregateToEdit=true'],
    kind: 'ClusterRole',
    name: `${NAMESPACE}-gpupod-operator-edit`,
    expected: {
      metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } },
      rules: [{ resources: ['gpupods'] }],
    },
  },
  {
    sets: ['accounts.enabled=true'],
    kind: 'ClusterRole',
    name: `${NAMESPACE}-gpupod-operator-admin`,
    expected: {
      metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } },
      rules: [{ resources: ['gpuaccounts'] }],
    },
  },
  {
    sets: ['accounts.enabled=true', 'accounts.watchSecrets=true'],
    kind: 'ClusterRole',
    name: `${NAMESPACE}-gpupod-operator`,
    expected: {
      rules: expect.arrayContaining([
        expect.objectContaining({
          resources: ['secrets'],
          verbs: ['get', 'create', 'update', 'delete', 'patch', 'watch'],
        }),
      ]) as unknown,
    },
  },
  {
    sets: ['commonLabels.team=a', 'commonLabels.app\\.kubernetes\\.io/name=b'],
    kind: 'ServiceAccount',
    expected: { metadata: { labels: { team: 'a', 'app.kubernetes.io/name': 'gpupod-operator' } } },
  },
  {
    sets: ['serviceAccount.name=rent', 'serviceAccount.annotations.a=b'],
    kind: 'ServiceAccount',
    expected: { metadata: { name: 'rent', annotations: { a: 'b' } } },
  },
  {
    sets: ['serviceAccount.create=false', 'serviceAccount.name=mine'],
    kind: 'RoleBinding',
    expected: { subjects: [{ kind: 'ServiceAccount', name: 'mine', namespace: NAMESPACE }] },
  },
  {
    sets: ['networkPolicy.enabled=true', 'sshProbe.enabled=true', 'sshProbe.allowedCidrs={10.20.0.0/16}'],
    kind: 'NetworkPolicy',
    expected: {
      spec: {
        egress: [
          {},
          {},
          {
            ports: [{ port: 1, endPort: 65_535, protocol: 'TCP' }],
            to: [
              { ipBlock: { cidr: '0.0.0.0/0' } },
              { ipBlock: { cidr: '2000::/3' } },
              { ipBlock: { cidr: '10.20.0.0/16' } },
            ],
          },
        ],
      },
    },
  },
  {
    sets: ['simulator.enabled=true'],
    kind: 'Service',
    expected: {
      metadata: { name: 'gpupod-operator-simulator' },
      spec: { ports: [{ name: 'http', port: 18080, targetPort: 'http' }] },
    },
  },
  {
    sets: ['extraObjects[0].kind=Extra', 'extraObjects[0].spec.in=in {{ .Release.Namespace }}'],
    kind: 'Extra',
    expected: { spec: { in: `in ${NAMESPACE}` } },
  },
  {
    sets: ['extraObjects[0]=kind: {{ print "Ex" "tra" }}'],
    kind: 'Extra',
    expected: { kind: 'Extra' },
  },
  {
    sets: ['enabled=true', 'alsoAllow[0]=al', 'backupGroups[0]=b'].map((set) => `admissionPolicy.${set}`),
    kind: 'ValidatingAdmissionPolicy',
    expected: {
      spec: {
        matchConditions: ['gpupod-operator","al"]', 'group in ["b"]'].map((text) => ({
          expression: expect.stringContaining(text),
        })),
      },
    },
  },
  {
    sets: ['admissionPolicy.enabled=true'],
    kind: 'ValidatingAdmissionPolicyBinding',
    name: `${NAMESPACE}-gpupod-operator`,
    expected: { spec: { policyName: `${NAMESPACE}-gpupod-operator`, validationActions: ['Deny'] } },
  },
  {
    sets: ['metrics.service=true'],
    kind: 'Service',
    expected: { spec: { clusterIP: 'None', ports: [{ name: 'http', port: 8080, targetPort: 'http' }] } },
  },
  {
    sets: [
      'metrics.serviceMonitor.enabled=true',
      'metrics.serviceMonitor.interval=10s',
      'metrics.serviceMonitor.labels.release=prometheus',
    ],
    kind: 'ServiceMonitor',
    expected: {
      metadata: { labels: { release: 'prometheus' } },
      spec: { endpoints: [{ port: 'http', interval: '10s', honorLabels: true }] },
    },
  },
  {
    sets: ['metrics.serviceMonitor.enabled=true'],
    kind: 'Service',
    expected: { spec: { clusterIP: 'None' } },
  },
  {
    sets: ['metrics.prometheusRule.enabled=true', 'metrics.prometheusRule.labels.release=prometheus'],
    kind: 'PrometheusRule',
    expected: {
      metadata: { labels: { release: 'prometheus' } },
      spec: { groups: [{ name: 'gpupod-operator.rules' }, ...alerts.groups] },
    },
  },
  {
    sets: ['enabled=true', 'runbookUrl=https://wiki.example.com/gpupod', 'longRunningAfterHours=24'].map(
      (set) => `metrics.prometheusRule.${set}`,
    ),
    kind: 'PrometheusRule',
    expected: {
      spec: {
        groups: [
          {},
          {
            rules: alerts.groups.flatMap(({ rules }) =>
              rules.map(({ alert, expr }) => ({
                expr: expr.replace('168 * 3600', '24 * 3600'),
                annotations: { runbook_url: `https://wiki.example.com/gpupod#${alert.toLowerCase()}` },
              })),
            ),
          },
        ],
      },
    },
  },
  {
    sets: ['metrics.prometheusRule.enabled=true', 'metrics.serviceMonitor.enabled=true'],
    kind: 'PrometheusRule',
    expected: {
      spec: {
        groups: [
          {},
          {
            rules: alerts.groups.flatMap(({ rules }) =>
              rules.map(({ expr }) => ({
                expr: expr.replace(
                  'absent_over_time(gpupod_leader[6h])',
                  `absent_over_time(gpupod_leader{namespace="${NAMESPACE}", job="gpupod-operator-metrics"}[6h])`,
                ),
              })),
            ),
          },
        ],
      },
    },
  },
  {
    sets: ['enabled=true', 'labels.grafana_dashboard=gpus', 'annotations.grafana_folder=GPUs'].map(
      (set) => `metrics.dashboard.${set}`,
    ),
    kind: 'ConfigMap',
    expected: {
      metadata: {
        name: 'gpupod-operator-dashboard',
        labels: { grafana_dashboard: 'gpus' },
        annotations: { grafana_folder: 'GPUs' },
      },
      data: { 'gpupod-operator.json': readFileSync(`${chart}/files/dashboard.json`, 'utf8') },
    },
  },
  {
    sets: [
      'networkPolicy.enabled=true',
      'networkPolicy.dnsPorts={53,5353}',
      'networkPolicy.egressPorts={8443}',
      'networkPolicy.egressBlocks={10.0.0.0/8}',
    ],
    kind: 'NetworkPolicy',
    expected: {
      spec: {
        egress: [
          {
            ports: [53, 53, 5353, 5353].map((port, index) => ({
              port,
              protocol: index % 2 === 0 ? 'UDP' : 'TCP',
            })),
          },
          { ports: [{ port: 8443, protocol: 'TCP' }], to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
        ],
      },
    },
  },
];
