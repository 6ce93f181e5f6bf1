/** A turn of the event loop: what is ready runs. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** Far more turns than anything here needs; sockets of loopback answer within a few. */
const MAX_TURNS = 200_000;

/** Waits until the condition holds, however long real input and output take; fails when it never does. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns += 1) {
    if (condition()) return;
    await turn();
  }
  throw new Error(`${what} never came true`);
}
