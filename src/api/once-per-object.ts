/**
 * Remembers what was made of each object, for as long as the object itself is held. Only for objects that nobody
 * changes, as those of the watch cache are.
 */
export function oncePerObject<Input extends object, Output>(
  make: (input: Input) => Output,
): (input: Input) => Output {
  const made = new WeakMap<Input, { readonly output: Output }>();
  return (input) => {
    const known = made.get(input);
    if (known !== undefined) {
      return known.output;
    }
    const output = make(input);
    made.set(input, { output });
    return output;
  };
}
