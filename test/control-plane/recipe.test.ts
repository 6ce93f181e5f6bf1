import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { allBinaries, readRecipe } from './recipe.ts';

describe('readRecipe', () => {
  it('reads the versions from go.mod', async () => {
    const recipe = await readRecipe();
    expect(recipe.kubernetesVersion).toMatch(/^v1\.\d+\.\d+$/);
    expect(recipe.goVersion).toMatch(/^1\.\d+(\.\d+)?$/);
  });

  it('sets version, major and minor, without which clients cannot parse the server', async () => {
    const { kubernetesVersion, linkerFlags } = await readRecipe();
    const [, minor] = kubernetesVersion.split('.');
    expect(linkerFlags).toContain(`-X k8s.io/component-base/version.gitVersion=${kubernetesVersion} `);
    expect(linkerFlags).toContain('-X k8s.io/component-base/version.gitMajor=1 ');
    expect(linkerFlags).toContain(`-X k8s.io/component-base/version.gitMinor=${String(minor)} `);
    expect(linkerFlags).toMatch(/helm\/v4\/internal\/version\.version=v4\.\d+\.\d+$/);
  });

  it('has a main package for each executable, in exactly one module', async () => {
    const { modules } = await readRecipe();
    const mains = modules
      .filter(({ packages }) => packages === undefined)
      .flatMap(({ directory, binaries }) =>
        binaries.map((name) => path.join(directory, 'cmd', name, 'main.go')),
      );
    await Promise.all(mains.map(async (file) => readFile(file)));
    expect(modules.flatMap(({ binaries }) => binaries).sort()).toEqual([...allBinaries].sort());
  });

  it('requires every other main package as a tool', async () => {
    const { modules } = await readRecipe();
    const others = modules.flatMap(({ directory, binaries, packages }) =>
      packages === undefined ? [] : binaries.map((name) => ({ directory, tool: `${packages}/${name}` })),
    );
    expect(others).toHaveLength(3);
    for (const { directory, tool } of others) {
      expect(await readFile(path.join(directory, 'go.mod'), 'utf8')).toContain(`\ntool ${tool}\n`);
    }
  });

  it('replaces every staging module by the version that belongs to this Kubernetes', async () => {
    const { kubernetesVersion, modules } = await readRecipe();
    const goMod = await readFile(path.join(String(modules[0]?.directory), 'go.mod'), 'utf8');
    const replaced = [...goMod.matchAll(/^\t(\S+) => (\S+) (\S+)$/gm)];
    const stagingVersion = kubernetesVersion.replace('v1.', 'v0.');
    expect(replaced.length).toBeGreaterThan(30);
    expect(replaced.filter(([, from, to, version]) => from !== to || version !== stagingVersion)).toEqual([]);
  });
});
