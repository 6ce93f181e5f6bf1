/** A phrase in which a retired word is the right one, or a word with another sense. */
export interface AllowedPhrase {
  readonly phrase: RegExp;
  readonly reason: string;
}

export const ALLOWED_PHRASES: readonly AllowedPhrase[] = [
  {
    phrase: /\b(?:any|good|in|reverse|same|the|their|this|that|your|its|sort) order\b/gi,
    reason: 'a sequence, not a create intent',
  },
  { phrase: /\bOrdered\b/g, reason: 'the name of a strategy' },
  { phrase: /\bNotAsRequested\b/g, reason: 'the name of a reason' },
  { phrase: /\bCreateUncertain\b|\bUncertain\b/g, reason: 'a reason and a phase, which are part of the API' },
  { phrase: /\bpod IDs?\b/g, reason: 'what the provider calls podId, and people search for' },
];

/** Retired words that plain English needs in another sense: too common to list each phrase. */
export const COMMON_WORDS: Readonly<Record<string, string>> = {
  end: 'anything may end: a page, a window of time, a process',
  look: 'people look at a page',
  memory: 'the RAM of an instance or of the operator',
  timings: 'windows of time, and flags that start with --window',
  provider: 'the one word for Prime Intellect in code and in the spec',
};
