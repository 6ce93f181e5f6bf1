import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import { safeFields } from './safe-fields.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly version: string;
  /** @default stdout, written at once, so that nothing is lost when the process ends */
  readonly destination?: DestinationStream;
}

/** A constant text with its data as fields. No children: pino would write their fields past the filter. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * JSON lines with ISO times. Secrets do not belong into a log call; what slips in under a telling name is taken out,
 * and errors lose everything but message, code, stack and causes. Texts are written as they are.
 */
export function createLogger({ level, version, destination = pino.destination(1) }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service: 'gpupod-operator', version },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: safeFields },
      // The default one would copy every field of an error; `safeFields` has reduced it already.
      serializers: { err: (value: unknown) => value },
    },
    destination,
  );
}
