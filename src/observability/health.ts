/** One condition of health. `message` says what is wrong, or describes the current state. */
export interface HealthCheck {
  readonly name: string;
  readonly read: () => HealthReading;
}

export interface HealthReading {
  readonly isOk: boolean;
  readonly message?: string;
}

/** `live`: restart the process if one fails. `ready`: send it no traffic if one fails. A standby is ready. */
export interface HealthChecks {
  readonly live: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
}

export interface HealthReport {
  readonly status: 'ok' | 'failing';
  readonly checks: readonly ({ readonly name: string } & HealthReading)[];
}

/** Runs all checks. A check that throws counts as failed. */
export function reportHealth(checks: readonly HealthCheck[]): HealthReport {
  const readings = checks.map((check) => ({ name: check.name, ...readSafely(check) }));
  return { status: readings.every(({ isOk }) => isOk) ? 'ok' : 'failing', checks: readings };
}

function readSafely(check: HealthCheck): HealthReading {
  try {
    return check.read();
  } catch {
    return { isOk: false, message: 'the check itself failed' };
  }
}
