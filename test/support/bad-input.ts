/** The smallest valid spec. */
export const SMALLEST = { gpu: { types: ['H100_80GB'] } };

/** A spec that the API server must refuse. */
export interface BadInput {
  readonly why: string;
  readonly spec: object;
  /** What the message must contain: the field, and what to do. */
  readonly says: readonly string[];
}

const secretKeyRef = { name: 'tokens', key: 'token' };

export const BAD_INPUT: readonly BadInput[] = [
  {
    why: 'an empty list is ambiguous',
    spec: { gpu: { types: [] } },
    says: ['spec.gpu.types', 'at least 1 items'],
  },
  { why: 'gpu is required', spec: {}, says: ['spec.gpu', 'Required'] },
  {
    why: 'a GPU type is one word',
    spec: { gpu: { types: ['H100 80GB'] } },
    says: ['spec.gpu.types[0]', 'should match'],
  },
  {
    why: 'the cost estimate of the rules limits the number of types',
    spec: { gpu: { types: 'ABCDEFGHI'.split('') } },
    says: ['spec.gpu.types', 'must have at most 8 items'],
  },
  {
    why: 'an instance has at least one GPU',
    spec: { gpu: { types: ['H100_80GB'], count: 0 } },
    says: ['spec.gpu.count', 'greater than or equal to 1'],
  },
  {
    why: 'an image and a template exclude each other',
    spec: { ...SMALLEST, image: 'ubuntu_22_cuda_12', customTemplateId: 'cm2szl4a20001tl3pyq7ua6o7' },
    says: ['spec.customTemplateId', 'exclude each other', 'remove image'],
  },
  {
    why: 'the operator sets custom_template itself',
    spec: { ...SMALLEST, image: 'custom_template' },
    says: ['spec.image', 'set customTemplateId to the ID of the template'],
  },
  {
    why: 'the two lists contradict each other',
    spec: { ...SMALLEST, placement: { providers: { allow: ['runpod', 'hyperstack'], deny: ['runpod'] } } },
    says: ['spec.placement.providers', 'both allowed and denied', 'remove it from one of the lists'],
  },
  {
    why: 'the provider reads 0 as no cap',
    spec: { ...SMALLEST, maxPrice: 0 },
    says: ['spec.maxPrice', '0.01'],
  },
  {
    why: 'the price is below the minimum',
    spec: { ...SMALLEST, maxPrice: 0.001 },
    says: ['spec.maxPrice', '0.01'],
  },
  { why: 'a price is not negative', spec: { ...SMALLEST, maxPrice: -1 }, says: ['spec.maxPrice', '0.01'] },
  {
    why: 'such a price is a typing error',
    spec: { ...SMALLEST, maxPrice: 1e9 },
    says: ['spec.maxPrice', 'less than or equal to 100000'],
  },
  {
    why: 'a price is a number',
    spec: { ...SMALLEST, maxPrice: '2.70' },
    says: ['spec.maxPrice', 'must be of type number'],
  },
  {
    why: 'an instance takes longer than that to become ready',
    spec: { ...SMALLEST, maxLifetime: '59s' },
    says: ['spec.maxLifetime', 'must be at least 1m'],
  },
  {
    why: 'nothing can be rented for less than a cent',
    spec: { ...SMALLEST, maxTotalCost: 0 },
    says: ['spec.maxTotalCost', '0.01'],
  },
  {
    why: 'a duration is not negative',
    spec: { ...SMALLEST, provisioningTimeout: '-5m' },
    says: ['spec.provisioningTimeout', 'should match'],
  },
  {
    why: 'a duration has no unit for days',
    spec: { ...SMALLEST, provisioningTimeout: '1d' },
    says: ['spec.provisioningTimeout', 'should match'],
  },
  {
    why: 'no instance is ready in five seconds, so each would be terminated',
    spec: { ...SMALLEST, provisioningTimeout: '5s' },
    says: ['spec.provisioningTimeout', 'must be at least 10s'],
  },
  {
    why: 'a duration has a unit',
    spec: { ...SMALLEST, offerTimeout: '30' },
    says: ['spec.offerTimeout', 'should match'],
  },
  {
    why: 'a variable has a value',
    spec: { ...SMALLEST, env: [{ name: 'A' }] },
    says: ['spec.env[0]', 'exactly one of value and valueFrom'],
  },
  {
    why: 'a variable has only one value',
    spec: { ...SMALLEST, env: [{ name: 'A', value: 'b', valueFrom: { secretKeyRef } }] },
    says: ['spec.env[0]', 'exactly one of value and valueFrom'],
  },
  {
    why: 'an environment variable cannot contain it',
    spec: { ...SMALLEST, env: [{ name: 'A', value: 'a\u0000b' }] },
    says: ['spec.env[0].value', 'must not contain a NUL character'],
  },
  {
    why: 'it is not a valid variable name',
    spec: { ...SMALLEST, env: [{ name: '1A', value: '' }] },
    says: ['spec.env[0].name', 'should match'],
  },
  {
    why: 'a variable is set once',
    spec: {
      ...SMALLEST,
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    },
    says: ['spec.env[1]', 'Duplicate value'],
  },
  {
    why: 'a disk is attached once',
    spec: { ...SMALLEST, disks: ['disk-1', 'disk-1'] },
    says: ['spec.disks[1]', 'Duplicate value'],
  },
  {
    why: 'the cost estimate of the rules needs an upper bound',
    spec: { ...SMALLEST, image: 'x'.repeat(129) },
    says: ['spec.image', 'may not be more than 128'],
  },
  {
    why: 'the length of a value is limited',
    spec: { ...SMALLEST, env: [{ name: 'A', value: 'x'.repeat(4097) }] },
    says: ['spec.env[0].value', 'may not be more than 4096'],
  },
  {
    why: 'the operator holds every GpuPod in memory',
    spec: {
      ...SMALLEST,
      env: Array.from({ length: 9 }, (_, index) => ({ name: `A${index}`, value: 'x'.repeat(4000) })),
    },
    says: ['spec.env', 'together must not be longer than 32768 characters', 'file or a Secret'],
  },
  {
    why: 'the value is not in the enum',
    spec: { ...SMALLEST, placement: { spot: 'Yes' } },
    says: ['spec.placement.spot', '"Forbid", "Allow", "Require"'],
  },
  {
    why: 'a country has two letters',
    spec: { ...SMALLEST, placement: { countries: ['Canada'] } },
    says: ['spec.placement.countries[0]', 'should match'],
  },
  {
    why: 'a disk has a size',
    spec: { ...SMALLEST, resources: { diskSize: 0 } },
    says: ['spec.resources.diskSize', 'greater than or equal to 1'],
  },
  {
    why: 'it is not a valid Secret name',
    spec: { ...SMALLEST, connectionSecretName: 'My Secret' },
    says: ['spec.connectionSecretName', 'should match'],
  },
  {
    why: 'each part of a name starts and ends with a letter or a digit',
    spec: { ...SMALLEST, connectionSecretName: 'a..b' },
    says: ['spec.connectionSecretName', 'should match'],
  },
  {
    why: 'one key opens an instance',
    spec: { ...SMALLEST, ssh: { keyId: 'key-1', publicKey: 'ssh-ed25519 AAAA' } },
    says: ['spec.ssh', 'give exactly one of keyId'],
  },
  { why: 'it names no key', spec: { ...SMALLEST, ssh: {} }, says: ['spec.ssh', 'give exactly one of keyId'] },
  {
    why: 'the former field means the same',
    spec: { ...SMALLEST, sshKeyId: 'key-1', ssh: { keyId: 'key-1' } },
    says: ['spec.sshKeyId', 'exclude each other', 'remove sshKeyId'],
  },
  {
    why: 'a GpuPod that generates no key names another',
    spec: { ...SMALLEST, ssh: { generate: false } },
    says: ['spec.ssh.generate', 'generate can only be true'],
  },
  {
    why: 'a private key must not be stored',
    spec: {
      ...SMALLEST,
      ssh: {
        publicKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----\n',
      },
    },
    says: ['spec.ssh.publicKey: Invalid value: this is a private key'],
  },
  {
    why: 'two keys are no key',
    spec: { ...SMALLEST, ssh: { publicKey: 'ssh-ed25519 AAAA\nssh-ed25519 BBBB' } },
    says: ['spec.ssh.publicKey', 'one key on one line'],
  },
  {
    why: 'no server accepts DSA',
    spec: { ...SMALLEST, ssh: { publicKey: 'ssh-dss AAAA' } },
    says: ['spec.ssh.publicKey', 'is a DSA key'],
  },
  {
    why: 'options would be installed as well',
    spec: { ...SMALLEST, ssh: { publicKey: 'no-pty ssh-ed25519 AAAA' } },
    says: ['spec.ssh.publicKey', 'remove options before it'],
  },
];
