/** One query of a panel, and the name that the legend gives its series. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** What a panel shows. Sizes are in columns (24 in a row) and lines of Grafana's grid. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: 'stat' | 'timeseries' | 'table';
  readonly unit: string;
  readonly width: number;
  readonly queries: readonly Query[];
  readonly isStacked?: boolean;
}

/** A heading, and the panels below it. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A choice at the top of the dashboard. Its values come from one label of one metric. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly metric: string;
}

const COLUMNS = 24;
const HEIGHTS = { stat: 4, timeseries: 8, table: 8 } as const;
/** All panels and variables use the data source that the person chooses. */
const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' };

/** The dashboard as Grafana imports it. It contains no ID of any Grafana. */
export function dashboard(
  title: string,
  uid: string,
  variables: readonly Variable[],
  rows: readonly Row[],
): object {
  return {
    id: null,
    uid,
    title,
    description: 'What GPU instances cost, and how the operator and its provider are. Amounts are estimates.',
    tags: ['gpupod', 'kubernetes'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-24h', to: 'now' },
    timezone: 'browser',
    templating: { list: [dataSourceVariable(), ...variables.map((variable) => labelVariable(variable))] },
    panels: place(rows),
  };
}

function dataSourceVariable(): object {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0 };
}

function labelVariable({ name, label, metric }: Variable): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATA_SOURCE,
    query: { query: `label_values(${metric}, ${name})`, refId: name },
    definition: `label_values(${metric}, ${name})`,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    // Also matches series without the label, as where there is only one cluster.
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  };
}

/** Puts panels side by side until a row is full. */
function place(rows: readonly Row[]): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let [x, height] = [0, 0];
    for (const panel of panels) {
      if (x + panel.width > COLUMNS) {
        [x, y, height] = [0, y + height, 0];
      }
      const gridPos = { x, y, w: panel.width, h: HEIGHTS[panel.type] };
      placed.push({ id: placed.length + 1, gridPos, ...panelJson(panel) });
      x += panel.width;
      height = Math.max(height, gridPos.h);
    }
    y += height;
  }
  return placed;
}

function panelJson({ title, description, type, unit, queries, isStacked = false }: Panel): object {
  const stacking = { mode: isStacked ? 'normal' : 'none' };
  const custom = type === 'timeseries' ? { custom: { fillOpacity: isStacked ? 30 : 0, stacking } } : {};
  return {
    type,
    title,
    description,
    datasource: DATA_SOURCE,
    fieldConfig: { defaults: { unit, ...custom }, overrides: [] },
    options: OPTIONS[type],
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATA_SOURCE,
      expr,
      legendFormat: legend,
      ...(type === 'timeseries' ? { range: true } : { instant: true }),
      ...(type === 'table' ? { format: 'table' } : {}),
    })),
    ...(type === 'table' ? { transformations: [{ id: 'organize', options: HIDE_TIME }] } : {}),
  };
}

const HIDE_TIME = { excludeByName: { Time: true } };
const OPTIONS = {
  stat: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' },
  timeseries: { legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] } },
  table: { showHeader: true },
} as const;
