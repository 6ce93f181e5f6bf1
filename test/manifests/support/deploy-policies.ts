import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const components = path.resolve(import.meta.dirname, '../../../deploy/components');

/** The manifests of every admission policy in deploy/. */
export function deployPolicies(): string {
  const files = ['admission-policy', 'deletion-guard'].flatMap((component) =>
    readdirSync(path.join(components, component))
      .filter((file) => file !== 'kustomization.yaml')
      .map((file) => path.join(components, component, file)),
  );
  return files.map((file) => readFileSync(file, 'utf8')).join('\n---\n');
}
