/** Where the hardware of an offer may stand: in data centers, at private hosts, or anywhere. */
export const SECURITIES = ['secure_cloud', 'community_cloud', 'any'] as const;

export type Security = (typeof SECURITIES)[number];
