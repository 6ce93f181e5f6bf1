/** One thing that must be right; `message` says what is wrong, or for people how it stands. */
export interface HealthCheck {
  readonly name: string;
  readonly read: () => HealthReading;
}

export interface HealthReading {
  readonly isOk: boolean;
  readonly message?: string;
}

/** `live`: the process should be restarted where one fails. `ready`: it should get no traffic. A standby is ready. */
export interface HealthChecks {
  readonly live: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
}

export interface HealthReport {
  readonly status: 'ok' | 'failing';
  readonly checks: readonly ({ readonly name: string } & HealthReading)[];
}

/** Looks at everything; a check that throws has failed. */
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
