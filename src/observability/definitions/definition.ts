/** One metric, as Prometheus and the reference show it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** All values of the only label, if they are known. Each of these series starts as 0. */
  readonly values?: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}
