/**
 * The value of a variable of every GpuPod of a simulation. It occurs nowhere else, so finding it anywhere
 * proves a leak.
 */
export const CANARY_ENV = 'canary-env-5511-qwertz';

/** An error in which a careless provider repeats parts of the request. */
export const ECHO = { detail: `docker run -e TOKEN=${CANARY_ENV} failed` };
