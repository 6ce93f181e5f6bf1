/**
 * Caches what was computed from an object, as long as the object exists. Only for objects that nobody mutates, such
 * as those of the watch cache.
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
