/** What a value of the chart changes, and where. */
export interface Effect {
  readonly sets: readonly string[];
  readonly kind: string;
  /** Needed if there are several of that kind. */
  readonly name?: string;
  readonly expected: object;
}

/** The namespace in which the tests render the chart. */
export const NAMESPACE = 'chart-system';

function podSpec(pod: object): object {
  return { spec: { template: { spec: pod } } };
}

export const DEPLOYMENT_EFFECTS: readonly Effect[] = [
  { sets: ['replicas=3'], kind: 'Deployment', expected: { spec: { replicas: 3 } } },
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
    sets: ['settings.max-price-ceiling=12.50'],
    kind: 'Deployment',
    expected: podSpec({
      containers: [
        { args: ['--max-price-ceiling=12.50', '--gpu-accounts=false', '--lease-owner=gpupod-operator'] },
      ],
    }),
  },
  {
    sets: ['accounts.enabled=true'],
    kind: 'Deployment',
    expected: podSpec({
      containers: [{ args: ['--gpu-accounts=true', '--lease-owner=gpupod-operator'] }],
    }),
  },
  {
    sets: ['sshProbe.enabled=true', 'sshProbe.allowedCidrs={10.20.0.0/16,fd00::/8}'],
    kind: 'Deployment',
    expected: podSpec({
      containers: [
        {
          args: [
            '--gpu-accounts=false',
            '--ssh-probe=true',
            '--ssh-probe-allowed-cidrs=10.20.0.0/16,fd00::/8',
            '--lease-owner=gpupod-operator',
          ],
        },
      ],
    }),
  },
  {
    sets: ['nameOverride=gpus'],
    kind: 'Deployment',
    expected: {
      metadata: { name: 'gpupod-operator-gpus' },
      spec: { selector: { matchLabels: { 'app.kubernetes.io/name': 'gpus' } } },
    },
  },
  { sets: ['fullnameOverride=rent'], kind: 'Deployment', expected: { metadata: { name: 'rent' } } },
  {
    sets: ['podLabels.team=a', 'podLabels.app\\.kubernetes\\.io/name=b'],
    kind: 'Deployment',
    expected: {
      spec: {
        template: { metadata: { labels: { team: 'a', 'app.kubernetes.io/name': 'gpupod-operator' } } },
      },
    },
  },
  {
    sets: ['serviceAccount.create=false', 'serviceAccount.name=mine'],
    kind: 'Deployment',
    expected: podSpec({ serviceAccountName: 'mine' }),
  },
  {
    sets: ['hostAliases[0].ip=10.0.0.1', 'hostAliases[0].hostnames={a.example.com}'],
    kind: 'Deployment',
    expected: podSpec({ hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.example.com'] }] }),
  },
  {
    sets: [
      'podSecurityContext.runAsNonRoot=true',
      'podSecurityContext.seccompProfile.type=Localhost',
      'podSecurityContext.fsGroup=7',
      'securityContext.allowPrivilegeEscalation=false',
      'securityContext.readOnlyRootFilesystem=false',
      'securityContext.capabilities.drop={ALL,X}',
      'livenessProbe.periodSeconds=5',
      'livenessProbe.failureThreshold=9',
      'readinessProbe.periodSeconds=6',
    ],
    kind: 'Deployment',
    expected: podSpec({
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' }, fsGroup: 7 },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: false,
            capabilities: { drop: ['ALL', 'X'] },
          },
          livenessProbe: {
            periodSeconds: 5,
            failureThreshold: 9,
            httpGet: { path: '/healthz', port: 'http' },
          },
          readinessProbe: { periodSeconds: 6, httpGet: { path: '/readyz', port: 'http' } },
        },
      ],
    }),
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
      topologySpreadConstraints: [
        {
          topologyKey: 'zone',
          labelSelector: { matchLabels: { 'app.kubernetes.io/instance': 'gpupod-operator' } },
        },
      ],
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
      'proxy.httpsProxy=http://proxy.example:3128',
      'proxy.httpProxy=http://other.example:3128',
      String.raw`proxy.noProxy=.example.com\,10.0.0.0/8`,
    ],
    kind: 'Deployment',
    expected: podSpec({
      containers: [
        {
          env: [
            { name: 'PRIME_API_KEY_FILE' },
            { name: 'POD_NAMESPACE' },
            { name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' },
            { name: 'HTTP_PROXY', value: 'http://other.example:3128' },
            {
              name: 'NO_PROXY',
              value: '.example.com,10.0.0.0/8,.svc,.cluster.local,$(KUBERNETES_SERVICE_HOST)',
            },
          ],
        },
      ],
    }),
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
