/** Settings by name, without dashes in front: `{'window-settle': '1s'}`. */
export type Flags = Readonly<Record<string, string>>;

/**
 * The windows of the protocol, some hundred times shorter than with the real provider, and in the same proportions:
 * what takes minutes there takes a second here. No test may depend on how long anything takes.
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
  'window-sweep': '2s',
  'window-mass-absence': '6s',
};

/** Where an operator of a test works. */
export interface OperatorPlace {
  readonly kubeconfigPath: string;
  /** Its own namespace, and the only one that it watches. */
  readonly namespace: string;
  readonly primeUrl: string;
}

/** Arguments of an operator of a test; `flags` add to the scaled settings, or replace them. */
export function operatorArgs(place: OperatorPlace, flags: Flags): string[] {
  return unscaledArgs(place, { ...SCALED, ...flags });
}

/** The same with the times of production. */
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
