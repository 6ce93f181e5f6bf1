import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { gpuPodCrd } from '../src/api/crd.ts';
import { GROUP, PLURAL } from '../src/api/names.ts';
import { settingsReference } from '../src/config/settings-reference.ts';
import { OPERATOR_VERSION } from '../src/config/version.ts';
import { metricsReference } from '../src/observability/metrics-reference.ts';
import { gpuPodReference } from './reference/gpu-pod-reference.ts';
import { GENERATED } from './reference/markdown.ts';
import { simulatorPage } from './reference/simulator-reference.ts';
import { conditionsReference, rejectionsReference } from './reference/word-references.ts';

const HEADER = '# Generated from src/api by `npm run generate`. Do not edit.\n';

/** The CRD with a mark of its content, by which the chart and the operator know an older one. */
function crdWithHash(): object {
  const crd = gpuPodCrd();
  const hash = createHash('sha256').update(JSON.stringify(crd['spec'])).digest('hex').slice(0, 16);
  const annotations = { 'gpupod.dev/crd-hash': hash, 'gpupod.dev/crd-version': OPERATOR_VERSION };
  return { ...crd, metadata: { name: `${PLURAL}.${GROUP}`, annotations } };
}

/** Path (from the root of the project) and content of every generated file. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const crd = HEADER + stringify(crdWithHash(), { lineWidth: 120, aliasDuplicateObjects: false });
  return new Map([
    ['crds/gpupods.gpupod.dev.yaml', crd],
    ['charts/gpupod-operator/files/gpupods.gpupod.dev.yaml', crd],
    ['deploy/crd.yaml', crd],
    ['docs/reference/gpupod.md', gpuPodReference()],
    ['docs/reference/conditions.md', conditionsReference()],
    ['docs/reference/rejections.md', rejectionsReference()],
    ['docs/reference/settings.md', GENERATED + settingsReference()],
    ['docs/reference/metrics.md', GENERATED + metricsReference()],
    ['docs/reference/simulator.md', simulatorPage()],
  ]);
}
