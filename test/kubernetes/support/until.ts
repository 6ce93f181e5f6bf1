/** One turn of the event loop, in which ready callbacks run. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** Far more turns than any test needs. Loopback sockets answer within a few. */
const MAX_TURNS = 200_000;

/** Waits until the condition holds, however long real I/O takes. Fails if it never holds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    if (condition()) return;
    await turn();
  }
  throw new Error(`${what} never came true`);
}
