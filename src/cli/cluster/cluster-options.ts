import type { Command } from 'commander';

/** Which cluster and namespace. The names are those of kubectl. */
export interface ClusterOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

export function addClusterOptions(program: Command): void {
  program
    .option('-n, --namespace <namespace>', 'Namespace of the GpuPods. Default: that of the context')
    .option('--context <context>', 'Context of the kubeconfig. Default: its current context')
    .option('--kubeconfig <file>', 'The kubeconfig. Default: KUBECONFIG, else ~/.kube/config');
}
