/** The version of this operator. A test compares it with package.json, which the bundle does not contain. */
export const OPERATOR_VERSION = '0.1.0';
