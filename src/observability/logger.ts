import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import { safeFields } from './safe-fields.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly version: string;
  /** @default stdout, written synchronously, so that nothing is lost when the process exits */
  readonly destination?: DestinationStream;
}

/**
 * Each message is a constant text with its data as fields. There are no child loggers, because pino would
 * write their fields unfiltered.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * JSON lines with ISO times. Do not log secrets: the filter removes only fields whose name suggests a
 * secret, and reduces errors to message, code, stack and causes. It does not search texts.
 */
export function createLogger({ level, version, destination = pino.destination(1) }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service: 'gpupod-operator', version },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: safeFields },
      // The default serializer would copy every field of an error. `safeFields` has already reduced it.
      serializers: { err: (value: unknown) => value },
    },
    destination,
  );
}
