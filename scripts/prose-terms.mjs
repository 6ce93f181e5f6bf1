/** What to avoid, as a regular expression, and what to write instead. Beside the default terms of the rule. */
export const TERMS = [
  // Phrases that read like a translation.
  ['for ever', 'forever'],
  ['bills? on', 'keeps billing'],
  ['runs? on and bills?', 'keeps running and billing'],
  ['comes? about', 'happens'],
  ['heeded', 'followed'],
  ['dearer', 'more expensive'],
  ['too dear', 'too expensive'],
  ['that was to be done', 'that was needed'],
  ['begins? anew', 'starts over'],
  // Words with one spelling here.
  ['pod ids', 'pod IDs'],
  ['pod id', 'pod ID'],
  ['vcpus', 'vCPUs'],
  ['uids', 'UIDs'],
  ['uid', 'UID'],
  ['kubernetes', 'Kubernetes'],
  ['prime-? ?intellect', 'Prime Intellect'],
];

/** Default terms, as the rule writes them, that do not suit: the usual spelling is meant here. */
export const EXCEPTIONS = [
  "API['’]?s",
  'Git',
  'Jest',
  'end ?to ?end',
  'file[- ]name(s)?',
  'lock[- ]file(s)?',
  'lint(?:er|ing)?[ -]?rule(s)?',
];
