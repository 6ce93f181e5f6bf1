/** Runs jobs, at most `limit` at a time. The results are in the order of the jobs. */
export async function inParallel<Job, Result>(
  limit: number,
  jobs: readonly Job[],
  run: (job: Job) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = jobs.entries();
  async function work(): Promise<void> {
    for (const [index, job] of waiting) results[index] = await run(job);
  }
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
