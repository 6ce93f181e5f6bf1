import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { METRICS } from '../../src/observability/metric-definitions.ts';
import { startControlPlane, type ControlPlane } from '../control-plane/control-plane.ts';
import {
  chart,
  helm as runHelm,
  kubectl as runKubectl,
  SOME_IMAGE,
  template,
} from '../manifests/support/helm.ts';
import { objectsIn, one, type Objects } from '../manifests/support/rendered.ts';

const MINUTE_MS = 60_000;
jest.setTimeout(3 * MINUTE_MS);

const NAMESPACE = 'chart-system';

const alerts = z
  .object({
    groups: z.array(z.object({ rules: z.array(z.looseObject({ alert: z.string(), expr: z.string() })) })),
  })
  .parse(parse(readFileSync(`${chart}/alerts.yaml`, 'utf8')));

let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane();
}, 40 * MINUTE_MS);

afterAll(async () => {
  await controlPlane.stop();
});

async function rendered(sets: readonly string[]): Promise<Objects> {
  return objectsIn(await template(sets, NAMESPACE));
}

function podSpec(pod: object): object {
  return { spec: { template: { spec: pod } } };
}

/** What changes where, by what is set. */
const EFFECTS: readonly {
  readonly sets: readonly string[];
  readonly kind: string;
  readonly expected: object;
}[] = [
  { sets: ['replicas=3'], kind: 'Deployment', expected: { spec: { replicas: 3 } } },
  { sets: [], kind: 'PodDisruptionBudget', expected: { spec: { maxUnavailable: 1 } } },
  {
    sets: ['repository=example.com/gpupod', 'tag=9.9.9', 'digest=', 'pullPolicy=Always'].map(
      (set) => `image.${set}`,
    ),
    kind: 'Deployment',
    expected: podSpec({ containers: [{ image: 'example.com/gpupod:9.9.9', imagePullPolicy: 'Always' }] }),
  },
  {
    sets: ['primeApiKey.secretName=other', 'primeApiKey.key=token'],
    kind: 'Deployment',
    expected: podSpec({ volumes: [{ secret: { secretName: 'other', optional: true } }] }),
  },
  {
    sets: ['primeApiKey.value=pit_abc'],
    kind: 'Secret',
    expected: { metadata: { name: 'prime-api-key' }, stringData: { 'api-key': 'pit_abc' } },
  },
  {
    sets: ['settings.max-price-ceiling=12.50'],
    kind: 'Deployment',
    expected: podSpec({
      containers: [{ args: ['--max-price-ceiling=12.50', '--lease-owner=gpupod-operator'] }],
    }),
  },
  {
    sets: ['watchNamespace=team-a', 'admissionPolicy.enabled=true'],
    kind: 'ValidatingAdmissionPolicy',
    expected: {
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'team-a' } },
        },
      },
    },
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
      spec: alerts,
    },
  },
  {
    sets: [
      'networkPolicy.enabled=true',
      'networkPolicy.egressPorts={8443}',
      'networkPolicy.egressBlocks={10.0.0.0/8}',
    ],
    kind: 'NetworkPolicy',
    expected: {
      spec: {
        egress: [{}, { ports: [{ port: 8443, protocol: 'TCP' }], to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
      },
    },
  },
  {
    sets: [
      'resources.limits.memory=1Gi',
      'resources.requests.cpu=1',
      'resources.requests.memory=1Gi',
      'nodeSelector.pool=system',
      'tolerations[0].key=x',
    ],
    kind: 'Deployment',
    expected: podSpec({
      nodeSelector: { pool: 'system' },
      tolerations: [{ key: 'x' }],
      containers: [{ resources: { limits: { memory: '1Gi' }, requests: { cpu: 1, memory: '1Gi' } } }],
    }),
  },
  {
    sets: [
      'affinity.nodeAffinity.x=y',
      'topologySpreadConstraints[0].topologyKey=zone',
      'imagePullSecrets[0].name=registry',
      'priorityClassName=high',
    ],
    kind: 'Deployment',
    expected: podSpec({
      affinity: { nodeAffinity: { x: 'y' } },
      topologySpreadConstraints: [{ topologyKey: 'zone' }],
      imagePullSecrets: [{ name: 'registry' }],
      priorityClassName: 'high',
    }),
  },
  {
    sets: ['podAnnotations.team=gpu'],
    kind: 'Deployment',
    expected: { spec: { template: { metadata: { annotations: { team: 'gpu' } } } } },
  },
  {
    sets: [
      'extraEnv[0].name=NODE_EXTRA_CA_CERTS',
      'extraEnv[0].value=/ca/ca.pem',
      'extraVolumes[0].name=ca',
      'extraVolumes[0].configMap.name=ca',
      'extraVolumeMounts[0].name=ca',
      'extraVolumeMounts[0].mountPath=/ca',
    ],
    kind: 'Deployment',
    expected: podSpec({
      containers: [
        {
          env: [
            { name: 'PRIME_API_KEY_FILE' },
            { name: 'POD_NAMESPACE' },
            { name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.pem' },
          ],
          volumeMounts: [{ name: 'prime-api-key' }, { name: 'ca', mountPath: '/ca' }],
        },
      ],
      volumes: [{ name: 'prime-api-key' }, { name: 'ca', configMap: { name: 'ca' } }],
    }),
  },
];

/** Paths of all values: `image.tag`. What is empty or a list is one value. */
function valuePaths(values: unknown, path: string): readonly string[] {
  const isParent = typeof values === 'object' && values !== null && !Array.isArray(values);
  const entries = isParent ? Object.entries(values) : [];
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, value]) => valuePaths(value, path === '' ? key : `${path}.${key}`));
}

describe('every value of the chart has an effect', () => {
  it('that is tested here', () => {
    const all = valuePaths(parse(readFileSync(`${chart}/values.yaml`, 'utf8')), '');
    const set = EFFECTS.flatMap(({ sets }) => sets);
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((path) => !set.some((text) => text.startsWith(path)))).toEqual([]);
  });

  it.each(EFFECTS)('$sets in $kind', async ({ sets, kind, expected }) => {
    expect(one(await rendered(sets), kind)).toMatchObject(expected);
  });

  it.each([
    { kind: 'Secret', why: 'a key in values is in the record of the release' },
    { kind: 'ValidatingAdmissionPolicy', why: 'some ways out need a person first' },
    { kind: 'ServiceMonitor', why: 'not every cluster knows that kind' },
    { kind: 'PrometheusRule', why: 'not every cluster knows that kind' },
    { kind: 'NetworkPolicy', why: 'the ports of the API server differ' },
    { kind: 'Service', why: 'nobody scrapes it unless that is wanted' },
  ])('there is no $kind by default: $why', async ({ kind }) => {
    expect(one(await rendered([]), kind)).toBeUndefined();
  });

  it('a single process has no budget that would block every drain', async () => {
    expect(one(await rendered(['replicas=1']), 'PodDisruptionBudget')).toBeUndefined();
  });

  it.each([
    { set: 'networkPolicy.egressPorts={http}', why: 'a port is a number' },
    { set: 'networkPolicy.egressBlocks={example.com}', why: 'names of hosts cannot be said there' },
    { set: 'metrics.serviceMonitor.interval=soon', why: 'Prometheus would not take it' },
    { set: 'admissionPolicy.enable=true', why: 'a misspelled value would do nothing' },
    { set: 'primeApiKey.key=../x', why: 'it is the name of a file too' },
    { set: 'settings.watch-namespace=a', why: 'the rights go by watchNamespace' },
    { set: 'settings.lease-name=a', why: 'the rights name the Lease' },
    { set: 'settings.leader-elect=false', why: 'while it is updated there are two processes' },
    { set: 'settings.http-address=off', why: 'the probes ask port 8080' },
  ])('--set $set is refused: $why', async ({ set }) => {
    await expect(rendered([set])).rejects.toThrow("values don't meet the specifications");
  });
});

describe('what the chart makes', () => {
  it('is taken by a real API server, and the admission policy is in force', async () => {
    const sets = ['admissionPolicy.enabled=true', 'metrics.service=true', 'networkPolicy.enabled=true'];
    const args = [...sets, 'primeApiKey.value=pit_abc'].flatMap((set) => ['--set', set]);
    const notes = await runHelm(
      controlPlane,
      ...['install', 'gpupod-operator', chart, '-n', NAMESPACE, '--create-namespace', ...SOME_IMAGE, ...args],
    );
    expect(notes).toContain('The API key is in the Secret prime-api-key.');
    expect(notes).toContain('No price ceiling is set');
    const kinds = 'validatingadmissionpolicy,networkpolicy,service,poddisruptionbudget,secret';
    const made = await runKubectl(
      controlPlane,
      ...['-n', NAMESPACE, 'get', kinds, '-l', 'app.kubernetes.io/instance=gpupod-operator', '-o', 'name'],
    );
    expect(made.trim().split('\n')).toHaveLength(5);
  });

  it('has the admission policy of deploy/', async () => {
    const files = ['admissionPolicy.enabled=true'];
    const ofChart = one(await rendered(files), 'ValidatingAdmissionPolicy');
    const component = readFileSync('deploy/components/admission-policy/policy.yaml', 'utf8');
    const ofDeploy = one(objectsIn(component), 'ValidatingAdmissionPolicy');
    expect(JSON.stringify(ofChart?.['spec']).replaceAll(NAMESPACE, 'gpupod-system')).toBe(
      JSON.stringify(ofDeploy?.['spec']),
    );
  });
});

describe('the alerts', () => {
  const names: readonly string[] = Object.values(METRICS).map(({ name }) => name);

  it.each(alerts.groups.flatMap(({ rules }) => rules))('$alert asks for metrics that exist', ({ expr }) => {
    const asked = expr.match(/gpupod_\w+/g) ?? [];
    expect(asked).not.toEqual([]);
    expect(asked.filter((name) => !names.includes(name))).toEqual([]);
  });
});
