/** The value of a variable of every GpuPod of a world: it stands nowhere else, so whoever finds it has found a leak. */
export const CANARY_ENV = 'canary-env-5511-qwertz';

/** An error in which a careless provider repeats what it was sent. */
export const ECHO = { detail: `docker run -e TOKEN=${CANARY_ENV} failed` };
