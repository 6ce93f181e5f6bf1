/** The random simulations of a soak: one namespace with one key, or tenants with accounts. */
export const WORLDS = ['single', 'tenants'] as const;
export type World = (typeof WORLDS)[number];

export interface SeedRequest {
  readonly world: World;
  readonly seed: number;
  /** How many lives a seed has, in the world with one namespace. */
  readonly lives: number;
}
