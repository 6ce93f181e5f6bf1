/** Values with which somebody installs the chart. */
export interface ValueSet {
  readonly name: string;
  /** Arguments of `helm template`. */
  readonly args: readonly string[];
}

/** Namespaces that must exist before the chart is installed with these values. */
export const WATCHED = ['team-a', '43764', '3240286e-210077'] as const;

function set(...values: readonly string[]): readonly string[] {
  return values.flatMap((value) => ['--set', value]);
}

const DIGEST = `sha256:${'ab'.repeat(32)}`;

const MONITORING = [
  'metrics.service=true',
  'metrics.serviceMonitor.enabled=true',
  'metrics.serviceMonitor.labels.release=prometheus',
  'metrics.prometheusRule.enabled=true',
  'metrics.dashboard.enabled=true',
];

const NETWORK = [
  'networkPolicy.enabled=true',
  'networkPolicy.dnsPorts={53,1053}',
  'networkPolicy.egressBlocks={10.0.0.0/8,fd00::/8}',
];

const PLACEMENT = [
  'priorityClassName=system-cluster-critical',
  'nodeSelector.kubernetes\\.io/os=linux',
  'tolerations[0].key=gpu',
  'tolerations[0].operator=Exists',
  'topologySpreadConstraints=null',
];

export const VALUE_SETS: readonly ValueSet[] = [
  { name: 'the defaults', args: [] },
  { name: 'one replica', args: set('replicas=1') },
  { name: 'an image by digest', args: set(`image.digest=${DIGEST}`, 'image.pullPolicy=Always') },
  { name: 'an image of a private registry', args: set('imagePullSecrets[0].name=registry') },
  { name: 'the key in the values', args: set('primeApiKey.value=secret') },
  { name: 'the key in another Secret', args: set('primeApiKey.secretName=mine', 'primeApiKey.key=token') },
  {
    name: 'settings of each type',
    args: set(
      'settings.max-price-ceiling=12.50',
      'settings.max-total-price-per-hour=1000000',
      'settings.log-level=debug',
      'settings.orphan-policy=Report',
      'settings.max-lifetime=12h',
    ),
  },
  { name: 'accounts', args: set('accounts.enabled=true') },
  {
    name: 'SSH probes',
    args: set('networkPolicy.enabled=true', 'sshProbe.enabled=true', 'sshProbe.allowedCidrs={10.20.0.0/16}'),
  },
  { name: 'one namespace', args: set('watchNamespace=team-a') },
  { name: 'a list of namespaces', args: set('watchNamespaces={team-a}') },
  {
    name: 'namespaces that look like numbers',
    args: ['--set-json', 'watchNamespaces=["43764","3240286e-210077"]'],
  },
  { name: 'watched accounts', args: set('accounts.enabled=true', 'accounts.watchSecrets=true') },
  { name: 'accounts in some namespaces', args: set('watchNamespaces={team-a}', 'accounts.enabled=true') },
  { name: 'the CRD from elsewhere', args: set('crds.enabled=false') },
  { name: 'a CRD that goes with the release', args: set('crds.keep=false') },
  { name: 'an uninstall that retains', args: set('uninstall.policy=Retain') },
  {
    name: 'an uninstall that terminates',
    args: set('uninstall.policy=Terminate', 'uninstall.timeout=10m', 'uninstall.protectRecord=true'),
  },
  { name: 'the simulator', args: set('simulator.enabled=true') },
  {
    name: 'a service account of yours',
    args: set('serviceAccount.create=false', 'serviceAccount.name=mine'),
  },
  {
    name: 'a service account of a cloud',
    args: set('serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::1:role/x'),
  },
  { name: 'editors who may rent', args: set('rbac.aggregateToEdit=true', 'rbac.aggregateToView=false') },
  {
    name: 'the admission policy',
    args: set('admissionPolicy.enabled=true', 'admissionPolicy.alsoAllow={system:serviceaccount:argocd:x}'),
  },
  { name: 'monitoring', args: set(...MONITORING) },
  { name: 'a network policy', args: set(...NETWORK) },
  { name: 'large resources', args: set('resources.limits.memory=2Gi', 'resources.requests.cpu=1') },
  {
    name: 'a fixed user',
    args: set('podSecurityContext.runAsUser=1000700000', 'podSecurityContext.fsGroup=1000700000'),
  },
  { name: 'patient probes', args: set('livenessProbe.failureThreshold=9', 'readinessProbe.periodSeconds=3') },
  { name: 'a place of its own', args: set(...PLACEMENT) },
  {
    name: 'labels and annotations',
    args: [
      ...set('commonLabels.team=ml', 'podAnnotations.example\\.com/a=b'),
      '--set-string',
      'podLabels.cost=1000000',
    ],
  },
  {
    name: 'a proxy',
    args: set('proxy.httpsProxy=http://proxy.example.com:3128', 'proxy.noProxy=10.0.0.0/8'),
  },
  {
    name: 'hosts without DNS',
    args: set('hostAliases[0].ip=10.0.0.1', 'hostAliases[0].hostnames={api.primeintellect.ai}'),
  },
  {
    name: 'certificates of a company',
    args: set(
      'extraEnv[0].name=NODE_EXTRA_CA_CERTS',
      'extraEnv[0].value=/ca/ca.pem',
      'extraVolumes[0].name=ca',
      'extraVolumes[0].configMap.name=ca',
      'extraVolumeMounts[0].name=ca',
      'extraVolumeMounts[0].mountPath=/ca',
    ),
  },
  {
    name: 'objects of yours',
    args: ['--set-json', 'extraObjects=[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"mine"}}]'],
  },
  { name: 'a long name', args: set(`fullnameOverride=${'gpupod-operator-'.repeat(3)}x`) },
  { name: 'another name', args: set('nameOverride=gpus') },
  {
    name: 'nearly everything',
    args: set(
      ...MONITORING,
      ...NETWORK,
      'accounts.enabled=true',
      'admissionPolicy.enabled=true',
      'simulator.enabled=true',
      'commonLabels.team=ml',
    ),
  },
];
