import { GROUP, PLURAL, VERSION } from '../../src/api/common/names.ts';
import { systemClock } from '../../src/clock.ts';
import { Reflector } from '../../src/kubernetes/cache/reflector.ts';
import { ApiTransport } from '../../src/kubernetes/client/api-transport.ts';
import { resourcePath } from '../../src/kubernetes/client/resource-client.ts';
import { loadKubeConfig } from '../../src/kubernetes/kubeconfig/kube-config.ts';
import type { RawObject } from '../../src/kubernetes/objects.ts';
import { RecordingLog } from '../kubernetes/support/recording-log.ts';
import { isReady } from '../simulation/readings.ts';
import type { Stage } from './stage.ts';

/** Watches when each GpuPod of the stage appears, and when it is Ready for the first time. */
export class ReadyTimes {
  readonly #transport: ApiTransport;
  readonly #reflector: Reflector<RawObject>;
  readonly #appearedAtMs = new Map<string, number>();
  readonly #tookMs = new Map<string, number>();

  constructor({ bench, scene }: Stage) {
    const { kubeConfig } = loadKubeConfig({ path: bench.controlPlane.kubeconfigPath });
    this.#transport = new ApiTransport({ kubeConfig, clock: systemClock, userAgent: 'gpupod-bench' });
    this.#reflector = new Reflector({
      transport: this.#transport,
      clock: systemClock,
      log: new RecordingLog(),
      path: resourcePath({ group: GROUP, version: VERSION, plural: PLURAL }, scene.namespace),
      decode: (raw) => raw,
    });
    this.#reflector.subscribe({
      onEvent: ({ type, object }) => {
        if (type !== 'DELETED') this.#note(object);
      },
    });
    this.#reflector.start();
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
    this.#transport.close();
  }

  /** Milliseconds from its appearance until Ready; undefined before that. */
  of(name: string): number | undefined {
    return this.#tookMs.get(name);
  }

  #note(object: RawObject): void {
    const { name } = object.metadata;
    const nowMs = systemClock.monotonicMs();
    const appearedAtMs = this.#appearedAtMs.get(name) ?? nowMs;
    this.#appearedAtMs.set(name, appearedAtMs);
    if (isReady(object) && !this.#tookMs.has(name)) {
      this.#tookMs.set(name, nowMs - appearedAtMs);
    }
  }
}
