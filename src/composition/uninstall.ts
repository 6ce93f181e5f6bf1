import { GROUP, OPERATOR_NAME } from '../api/common/names.ts';
import { systemClock } from '../clock.ts';
import type { UninstallConfig } from '../config/uninstall-settings.ts';
import { OPERATOR_VERSION } from '../config/version.ts';
import { ApiError, apiErrorMessage, isNotFound } from '../kubernetes/client/api-errors.ts';
import { ApiTransport } from '../kubernetes/client/api-transport.ts';
import type { CallOptions } from '../kubernetes/client/api-transport.ts';
import { loadKubeConfig } from '../kubernetes/kubeconfig/kube-config.ts';
import { checkUninstall } from '../controllers/gpupod/installation/uninstall-check.ts';
import type { UninstallVerdict } from '../lifecycle/uninstall/uninstall-verdict.ts';
import { gpuPodClient } from './cluster.ts';

/**
 * Checks the GpuPods of a real cluster. A request that keeps failing is a refusal: who cannot list the GpuPods does not
 * know what bills.
 *
 * @throws {KubeConfigError} if there is no usable kubeconfig
 */
export async function runUninstallCheck(
  { uninstall, policy, kubernetes, environment, proxies }: UninstallConfig,
  print: (text: string) => void,
): Promise<UninstallVerdict> {
  const { kubeConfig } = loadKubeConfig({
    path: kubernetes.kubeconfig,
    context: kubernetes.context,
    env: environment,
  });
  const clock = systemClock;
  const transport = new ApiTransport({
    kubeConfig,
    clock,
    proxyUrlFor: proxies?.forApiServer,
    userAgent: `${OPERATOR_NAME}-uninstall/${OPERATOR_VERSION}`,
  });
  try {
    return await checkUninstall({
      ...uninstall,
      ...policy,
      api: gpuPodClient(transport),
      isKindServed: async (options) => await isGroupServed(transport, options),
      clock,
      namespaces: kubernetes.watchNamespaces,
      print,
    });
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    return { isAllowed: false, text: failed(error) };
  } finally {
    transport.close();
  }
}

/** Discovery needs no right of its own. */
async function isGroupServed(transport: ApiTransport, options: CallOptions): Promise<boolean> {
  try {
    await transport.requestJson({ ...options, method: 'GET', path: `/apis/${GROUP}` });
    return true;
  } catch (error) {
    if (isNotFound(error)) {
      return false;
    }
    throw error;
  }
}

function failed(error: ApiError): string {
  return (
    `Refused to uninstall: the check failed, so nobody knows which instances run. ${apiErrorMessage(error)}\n\n` +
    'Nothing of the operator was deleted. List the GpuPods with kubectl get gpupods --all-namespaces -o wide. ' +
    'helm uninstall --no-hooks skips this check; instances then keep billing.'
  );
}
