/** Secrets of a test by name: texts that stand nowhere else, so that whoever finds one has found a leak. */
export type Canaries = Readonly<Record<string, string>>;

/** Where a secret stands in a text, and in which form: `apiKey (base64)`. Empty: nowhere. */
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

/** The forms that logs, dumps and servers give a text. */
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

/** As it looks inside the base64 of a longer text, where so many bytes (modulo 3) stand before it. */
function base64Forms(secret: string, offset: number): readonly Form[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  // Characters that hold bits of what stands before or behind are not known.
  const start = Math.ceil((offset * 8) / 6);
  const end = Math.floor((bytes.length * 8) / 6);
  return [
    ['base64', bytes.toString('base64').slice(start, end)],
    ['base64', bytes.toString('base64url').slice(start, end)],
  ];
}
