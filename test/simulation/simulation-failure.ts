/** The simulation did not reach a state in time, or broke a rule. */
export class SimulationFailure extends Error {
  override name = 'WorldFailure';
}
