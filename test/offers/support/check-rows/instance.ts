import { guideOffer, offer } from '../builders.ts';
import type { CheckRow } from './row.ts';

/** Rows for the checks of src/offers/checks/instance.ts. */
export const INSTANCE_ROWS: readonly CheckRow[] = [
  {
    name: 'the guide',
    offer: offer(),
    expected: 'fits',
    why: 'the smallest spec accepts the offer of the guide',
  },
  {
    name: 'another type',
    offer: offer({ gpuType: 'A100_80GB' }),
    expected: 'GpuTypeNotWanted',
    why: 'not in gpu.types',
  },
  {
    name: 'second type',
    offer: offer({ gpuType: 'A100_80GB' }),
    spec: { gpu: { types: ['H100_80GB', 'A100_80GB'] } },
    expected: 'fits',
    why: 'any type of the list is accepted',
  },
  {
    name: 'more GPUs',
    offer: offer({ gpuCount: 8 }),
    expected: 'GpuCountDiffers',
    why: 'more GPUs cost more',
  },
  {
    name: 'fewer GPUs',
    offer: offer(),
    spec: { gpu: { types: ['H100_80GB'], count: 2 } },
    expected: 'GpuCountDiffers',
    why: 'the count is exact',
  },
  {
    name: 'cluster',
    offer: offer({ multiNode: true }),
    expected: 'MultiNode',
    why: 'another endpoint rents those',
  },
  {
    name: 'socket',
    offer: offer(),
    spec: { gpu: { types: ['H100_80GB'], sockets: ['SXM5'] } },
    expected: 'SocketNotWanted',
    why: 'PCIe is not in the list',
  },
  {
    name: 'default image',
    offer: offer({ images: ['flux'] }),
    expected: 'ImageNotOffered',
    why: 'ubuntu_22_cuda_12 is the default',
  },
  { name: 'image', offer: offer(), spec: { image: 'flux' }, expected: 'ImageNotOffered', why: 'not listed' },
  {
    name: 'listed image',
    offer: offer({ images: ['flux'] }),
    spec: { image: 'flux' },
    expected: 'fits',
    why: 'listed',
  },
  {
    name: 'template',
    offer: offer({ images: ['flux'] }),
    spec: { customTemplateId: 'tpl1' },
    expected: 'fits',
    why: 'the guide uses a template on an offer that does not list it',
  },
  {
    name: 'size',
    offer: guideOffer(),
    spec: { resources: { diskSize: 1001 } },
    expected: 'SizeNotOffered',
    why: 'at most 1000',
  },
  {
    name: 'size unknown',
    offer: offer({ memory: { defaultIncludedInPrice: true } }),
    spec: { resources: { memory: 1 } },
    expected: 'SizeNotOffered',
    why: 'no default, not sizable',
  },
];
