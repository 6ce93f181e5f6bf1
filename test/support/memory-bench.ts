import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { FakeApiServer } from '../kubernetes/support/fake-api-server.ts';
import type { RequestRecord } from './audit.ts';
import { benchOn } from './bench.ts';
import type { SceneBench } from './bench.ts';
import { auditedRequests, startMemoryCluster } from './memory-cluster.ts';

/** A bench whose API server keeps its objects in memory, and what that server has received. */
export interface MemoryBench {
  readonly bench: SceneBench;
  readonly audit: RequestRecord;
  readonly server: FakeApiServer;
}

const READS = /^(?:get|list|watch) /;

/** Opens a bench without etcd, for many thousand GpuPods. Close its `bench`. */
export async function openMemoryBench(): Promise<MemoryBench> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'gpupod-memory-bench-'));
  const server = await startMemoryCluster();
  const kubeconfigPath = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, server.kubeConfig().exportConfig(), { mode: 0o600 });
  const requests = async (namespace: string): Promise<string[]> =>
    await Promise.resolve(auditedRequests(server, namespace));
  const controlPlane = {
    kubeconfigPath,
    kubectl: async () => await Promise.reject(new Error('kubectl needs a real API server')),
    stop: async () => {
      await server.close();
    },
  };
  return {
    bench: benchOn(controlPlane, directory),
    audit: {
      requests,
      writes: async (namespace) => (await requests(namespace)).filter((one) => !READS.test(one)),
    },
    server,
  };
}
