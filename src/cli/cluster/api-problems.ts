import {
  ApiAnswerTooLargeError,
  ApiConnectionError,
  ApiError,
  ApiResponseError,
  ApiStatusError,
  ApiTimeoutError,
  apiErrorMessage,
} from '../../kubernetes/client/api-errors.ts';
import { CliError } from '../cli-error.ts';

/** One request to the API server, as RBAC names it. */
export interface AskedOf {
  readonly server: string;
  readonly verb: 'get' | 'list';
  /** `gpupods.gpupod.dev`, `secrets`. */
  readonly resource: string;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
}

/** Node's codes for a certificate that it does not accept. */
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS/;

/** Runs a request. An error of the API server becomes one that says what to do. */
export async function asked<R>(what: AskedOf, request: () => Promise<R>): Promise<R> {
  try {
    return await request();
  } catch (error) {
    throw error instanceof ApiError ? new CliError(problemOf(error, what), { cause: error }) : error;
  }
}

function problemOf(error: ApiError, what: AskedOf): string {
  const { server } = what;
  if (error instanceof ApiStatusError) {
    return statusProblem(error, what);
  }
  if (error instanceof ApiConnectionError && CERTIFICATE_CODE.test(error.code)) {
    return (
      `${server} has a certificate that is not trusted (${error.code}). ` +
      'Correct certificate-authority of the cluster in the kubeconfig, or choose another context with --context.'
    );
  }
  if (error instanceof ApiConnectionError || error instanceof ApiTimeoutError) {
    return (
      `${server} does not answer: ${apiErrorMessage(error)}. ` +
      'Check that the cluster runs and that this computer reaches it, or choose another context with --context.'
    );
  }
  return error instanceof ApiResponseError || error instanceof ApiAnswerTooLargeError
    ? `${server} gave an unusable answer: ${apiErrorMessage(error)}. Check that it is a Kubernetes API server.`
    : `The credentials of the kubeconfig cannot be used: ${apiErrorMessage(error)}. Log in again, or choose another context with --context.`;
}

function statusProblem(error: ApiStatusError, what: AskedOf): string {
  const { server, resource } = what;
  switch (error.status) {
    case 401:
      return `${server} refuses your credentials. Log in again, or choose another context with --context.`;
    case 403:
      return forbidden(what);
    case 404:
      return `${server} does not serve ${resource}. Install gpupod-operator there, or choose another context with --context.`;
    default:
      return `${server} refused to ${what.verb} ${resource}: ${apiErrorMessage(error)}`;
  }
}

function forbidden({ verb, resource, namespace }: AskedOf): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const flag = namespace === undefined ? '--all-namespaces' : `-n ${namespace}`;
  const narrower = namespace === undefined ? ', or choose one namespace with -n' : '';
  return (
    `You may not ${verb} ${resource} ${where}. Ask for a role with the verb ${verb} on ${resource}${narrower}. ` +
    `Check it with kubectl auth can-i ${verb} ${resource} ${flag}`
  );
}
