/** Secrets of a test by name. They occur nowhere else, so that every occurrence is a leak. */
export type Canaries = Readonly<Record<string, string>>;

/** The secrets in a text with their form, as `apiKey (base64)`. */
export function findSecret(text: string, canaries: Canaries): string[] {
  const found: string[] = [];
  for (const [name, secret] of Object.entries(canaries)) {
    if (secret.length < MIN_LENGTH) throw new Error(`${name} is too short to be told from other text`);
    const forms = formsOf(secret).filter(([, form]) => text.includes(form));
    const names = new Set(forms.map(([kind]) => `${name} (${kind})`));
    found.push(...names);
  }
  return found;
}

const MIN_LENGTH = 8;

type Form = readonly [kind: string, form: string];

const known = new Map<string, readonly Form[]>();

function formsOf(secret: string): readonly Form[] {
  const forms = known.get(secret) ?? makeForms(secret);
  known.set(secret, forms);
  return forms;
}

/** The forms that a text has in logs, dumps and answers. */
function makeForms(secret: string): readonly Form[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = Buffer.from(secret).toString('hex');
  const url = encodeURIComponent(secret);
  return [
    ['plain', secret],
    ['JSON', json],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['hex', hex],
    ['hex', hex.toUpperCase()],
    ['URL', url],
    ['URL', url.replaceAll('%20', '+')],
    ...[0, 1, 2].flatMap((offset) => base64Forms(secret, offset)),
  ];
}

/** The form inside the base64 of a longer text, after this many bytes (modulo 3). */
function base64Forms(secret: string, offset: number): readonly Form[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  // Characters that contain bits of the text before or after it are unknown.
  const start = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return [
    ['base64', bytes.toString('base64').slice(start, end)],
    ['base64', bytes.toString('base64url').slice(start, end)],
  ];
}
