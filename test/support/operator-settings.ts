/** Settings by name, without the leading dashes: `{'window-settle': '1s'}`. */
export type Flags = Readonly<Record<string, string>>;

/**
 * The timings of the protocol, about a hundred times shorter than in production, and in the same proportions.
 * Minutes become a second. No test may depend on a duration.
 */
const SCALED: Flags = {
  'create-timeout': '3s',
  'offer-cache': '50ms',
  'cool-down-scale': '0.01',
  'window-create-fence': '2s',
  'window-foreign-request': '5s',
  'window-settle': '900ms',
  'window-settle-spacing': '300ms',
  'window-gone-spacing': '300ms',
  'window-unread-pod-age': '3s',
  'window-delete-resend': '2s',
  'window-quiet-failure': '600ms',
  'window-offer-retry': '300ms',
  'window-busy-poll': '100ms',
  'window-quiet-poll': '600ms',
  'window-probe-retry': '200ms',
  'window-probe': '1s',
  'window-sweep': '2s',
  'window-mass-absence': '6s',
};

/** The environment of an operator of a test. */
export interface OperatorPlace {
  readonly kubeconfigPath: string;
  /** The namespace of the operator, and the only one that it watches. */
  readonly namespace: string;
  readonly primeUrl: string;
}

/** The arguments of an operator of a test. `flags` add to the scaled settings, or replace them. */
export function operatorArgs(place: OperatorPlace, flags: Flags): string[] {
  return unscaledArgs(place, { ...SCALED, ...flags });
}

/** The same with the timings of production. */
export function unscaledArgs({ kubeconfigPath, namespace, primeUrl }: OperatorPlace, flags: Flags): string[] {
  const all: Flags = {
    kubeconfig: kubeconfigPath,
    namespace,
    'watch-namespace': namespace,
    'prime-api-base-url': primeUrl,
    'http-address': 'off',
    ...flags,
  };
  return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
}
