/** Version of this operator. A test holds it against package.json, which the bundle does not carry. */
export const OPERATOR_VERSION = '0.1.0';
