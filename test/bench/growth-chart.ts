import type { Result } from './measurement.ts';

const WIDTH = 320;
const HEIGHT = 180;
const MARGIN = { left: 56, top: 34, right: 14, bottom: 30 };
const COLUMNS = 3;

interface Series {
  readonly title: string;
  readonly points: readonly { readonly count: number; readonly value: number }[];
}

/** One small chart for each measurement, with the number of GpuPods on a logarithmic axis, as an SVG document. */
export function growthChart(results: readonly Result[]): string {
  const charts = seriesOf(results);
  const rows = Math.ceil(charts.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH, rows * HEIGHT];
  const cells = charts.map((series, index) => {
    const [x, y] = [(index % COLUMNS) * WIDTH, Math.floor(index / COLUMNS) * HEIGHT];
    return `<g transform="translate(${String(x)} ${String(y)})">${chart(series)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="11">`,
    `<rect width="${String(width)}" height="${String(height)}" fill="white"/>`,
    ...cells,
    '</svg>\n',
  ].join('\n');
}

function seriesOf(results: readonly Result[]): readonly Series[] {
  const series = new Map<string, { count: number; value: number }[]>();
  for (const { scenario, count, measurements } of results) {
    for (const { label, value, unit } of measurements) {
      const title = `${scenario}: ${label} (${unit})`;
      series.set(title, [...(series.get(title) ?? []), { count, value }]);
    }
  }
  return [...series].map(([title, points]) => ({
    title,
    points: points.toSorted((a, b) => a.count - b.count),
  }));
}

function chart({ title, points }: Series): string {
  const counts = points.map(({ count }) => Math.log10(count));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const highest = Math.max(...points.map(({ value }) => value), Number.MIN_VALUE);
  const x = (count: number): number =>
    MARGIN.left +
    (most === least ? 0.5 : (Math.log10(count) - least) / (most - least)) *
      (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT - MARGIN.bottom - (value / highest) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = points.map(({ count, value }) => `${x(count).toFixed(1)},${y(value).toFixed(1)}`);
  return [
    `<text x="8" y="16" font-weight="bold">${escaped(title)}</text>`,
    `<line x1="${String(MARGIN.left)}" y1="${String(y(0))}" x2="${String(WIDTH - MARGIN.right)}" y2="${String(y(0))}" stroke="#999"/>`,
    `<text x="${String(MARGIN.left - 6)}" y="${String(y(highest) + 4)}" text-anchor="end">${shortNumber(highest)}</text>`,
    `<text x="${String(MARGIN.left - 6)}" y="${String(y(0) + 4)}" text-anchor="end">0</text>`,
    `<polyline points="${path.join(' ')}" fill="none" stroke="#1f6feb" stroke-width="2"/>`,
    ...points.map(
      ({ count, value }) =>
        `<circle cx="${x(count).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="#1f6feb"/>` +
        `<text x="${x(count).toFixed(1)}" y="${String(HEIGHT - 12)}" text-anchor="middle">${String(count)}</text>`,
    ),
  ].join('');
}

function shortNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
