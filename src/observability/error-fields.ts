/** What the log keeps of an error. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

const MAX_CAUSES = 3;
const MAX_MESSAGE_LENGTH = 2_000;
const MAX_STACK_LENGTH = 4_000;

/**
 * Name, message, code, stack and causes of an error. Nothing else: HTTP libraries attach requests, with
 * their headers and bodies, to their errors.
 */
export function errorFields(error: Error, causesLeft = MAX_CAUSES): ErrorFields {
  const { stack, cause } = error;
  const code = codeOf(error);
  return {
    type: error.name,
    message: error.message.slice(0, MAX_MESSAGE_LENGTH),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack: stack.slice(0, MAX_STACK_LENGTH) }),
    ...(cause instanceof Error && causesLeft > 0 ? { cause: errorFields(cause, causesLeft - 1) } : {}),
  };
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
