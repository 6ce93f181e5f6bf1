/** One thing that must be right; `message` says what is wrong, or for people how it stands. */
export interface HealthCheck {
  readonly name: string;
  readonly look: () => HealthLook;
}

export interface HealthLook {
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
  readonly checks: readonly ({ readonly name: string } & HealthLook)[];
}

/** Looks at everything; a check that throws has failed. */
export function reportHealth(checks: readonly HealthCheck[]): HealthReport {
  const looks = checks.map((check) => ({ name: check.name, ...lookSafely(check) }));
  return { status: looks.every(({ isOk }) => isOk) ? 'ok' : 'failing', checks: looks };
}

function lookSafely(check: HealthCheck): HealthLook {
  try {
    return check.look();
  } catch {
    return { isOk: false, message: 'the check itself failed' };
  }
}
