/** What the text stands for; undefined where it is no JSON: people edit annotations and records. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
