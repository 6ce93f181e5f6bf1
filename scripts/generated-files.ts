import { stringify } from 'yaml';
import { ACCOUNT_PLURALS, GROUP } from '../src/api/common/names.ts';
import { markedAccountCrd } from '../src/api/gpuaccount/crd.ts';
import { markedGpuPodCrd } from '../src/api/gpupod/crd.ts';
import { settingsReference } from '../src/config/settings-reference.ts';
import { OPERATOR_VERSION } from '../src/config/version.ts';
import { metricsReference } from '../src/observability/metrics-reference.ts';
import { dashboard } from './dashboard/grafana.ts';
import { ROWS, VARIABLES } from './dashboard/panels.ts';
import { ARGOCD_CM, argocdCm } from './gitops/argocd-cm.ts';
import { cliReference } from './reference/cli-reference.ts';
import { accountsReference } from './reference/accounts-reference.ts';
import { gpuPodReference } from './reference/gpu-pod-reference.ts';
import { CHART_README, chartReadme } from './reference/chart-readme.ts';
import { CHART_SCHEMA, chartSchema } from './reference/chart-schema.ts';
import { GENERATED } from './reference/markdown.ts';
import { simulatorPage } from './reference/simulator-reference.ts';
import { conditionsReference, rejectionsReference } from './reference/word-references.ts';

const HEADER = '# Generated from src/api by `npm run generate`. Do not edit.\n';

/** Path (relative to the root of the project) and content of every generated file. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const crd =
    HEADER + stringify(markedGpuPodCrd(OPERATOR_VERSION), { lineWidth: 120, aliasDuplicateObjects: false });
  return new Map([
    ...accountCrds(),
    ['docs/reference/accounts.md', accountsReference()],
    ['crds/gpupods.gpupod.dev.yaml', crd],
    ['charts/gpupod-operator/files/gpupods.gpupod.dev.yaml', crd],
    ['deploy/crd.yaml', crd],
    ['charts/gpupod-operator/files/dashboard.json', dashboardJson()],
    [ARGOCD_CM, argocdCm()],
    [CHART_SCHEMA, chartSchema()],
    [CHART_README, chartReadme()],
    ['docs/reference/gpupod.md', gpuPodReference()],
    ['docs/reference/conditions.md', conditionsReference()],
    ['docs/reference/rejections.md', rejectionsReference()],
    ['docs/reference/settings.md', GENERATED + settingsReference()],
    ['docs/reference/metrics.md', GENERATED + metricsReference()],
    ['docs/reference/simulator.md', simulatorPage()],
    ['docs/reference/gpupod-cli.md', cliReference()],
  ]);
}

/** Kustomize has them as a component, because the operator serves accounts only where somebody asks for it. */
function accountCrds(): readonly (readonly [string, string])[] {
  return (['GpuAccount', 'ClusterGpuAccount'] as const).flatMap((kind) => {
    const crd =
      HEADER +
      stringify(markedAccountCrd(kind, OPERATOR_VERSION), { lineWidth: 120, aliasDuplicateObjects: false });
    const file = `${ACCOUNT_PLURALS[kind]}.${GROUP}.yaml`;
    return [
      [`crds/${file}`, crd],
      [`charts/gpupod-operator/files/${file}`, crd],
      [`deploy/components/accounts/${file}`, crd],
    ] as const;
  });
}

function dashboardJson(): string {
  return `${JSON.stringify(dashboard('GpuPods', 'gpupod-operator', VARIABLES, ROWS), null, 2)}\n`;
}
