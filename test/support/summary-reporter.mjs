/** Prints `N passed, N failed` alone on the last line, a form that any CI can read. */
export class SummaryReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not even load has no failed test in it, and is a failure all the same.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed\n`);
  }
}
export { SummaryReporter as default };
