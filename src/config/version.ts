import packageJson from '../../package.json' with { type: 'json' };

/** Version of this operator, as package.json says it. */
export const OPERATOR_VERSION: string = packageJson.version;
