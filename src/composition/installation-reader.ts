import { ensureProofKey } from '../controllers/gpupod/installation/id-proofs.ts';
import { ensureInstallation } from '../controllers/gpupod/installation/installation.ts';
import type { Installation } from '../controllers/gpupod/installation/installation.ts';
import { apiErrorMessage } from '../kubernetes/client/api-errors.ts';
import type { Cluster, ClusterParts } from './cluster.ts';

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 20_000;

/**
 * Reads the record of this installation when this process begins to lead. An unreadable record is not an absent one,
 * so the reader retries with back-off. Until it succeeds, this process is not ready and says why.
 */
export class InstallationReader {
  readonly #cluster: Cluster;
  readonly #parts: ClusterParts;
  #problem: string | undefined;

  constructor(cluster: Cluster, parts: ClusterParts) {
    this.#cluster = cluster;
    this.#parts = parts;
  }

  /** Why the last try failed, for the readiness check. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @returns the installation; undefined once the signal aborts */
  async read(signal: AbortSignal): Promise<Installation | undefined> {
    const { clock } = this.#parts;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)) {
      try {
        const installation = await this.#readOnce();
        this.#problem = undefined;
        this.#warn(installation);
        return installation;
      } catch (error) {
        this.#report(error);
        await clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #readOnce(): Promise<Installation> {
    const { config, clock } = this.#parts;
    const { ports, namespaces, namespace } = this.#cluster;
    const { id: givenId, acceptCluster, acceptInstallation } = config.installation;
    const installation = await ensureInstallation({
      configMaps: ports.configMaps,
      namespaces,
      namespace,
      givenId,
      acceptCluster,
      acceptInstallation,
      nowMs: clock.nowMs(),
    });
    return { ...installation, proofKey: await ensureProofKey(ports.secrets, namespace) };
  }

  /** Logs each problem once, because every retry has the same one. */
  #report(error: unknown): void {
    const problem = `Failed to read or create the record of the installation: ${apiErrorMessage(error)}`;
    if (problem !== this.#problem) {
      this.#parts.log.error(
        { err: error },
        'failed to read or create the record of the installation; nothing is rented or terminated until that succeeds',
      );
    }
    this.#problem = problem;
  }

  #warn({ isClusterKnown, idDoubt }: Installation): void {
    const { log, config } = this.#parts;
    if (!isClusterKnown) {
      log.warn(
        {},
        'failed to read namespace kube-system, so the operator cannot tell a copy of this cluster from it: allow the operator to get it',
      );
    }
    if (idDoubt !== undefined && config.installation.orphanPolicy === 'Terminate') {
      log.warn(
        { why: idDoubt },
        'orphans whose GpuPod was never seen here are only reported, whatever --orphan-policy says',
      );
    }
  }
}
