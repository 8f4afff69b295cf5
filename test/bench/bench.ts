/** Runs the figures that were asked for and says which goal was missed. A missed goal fails nothing; a figure that breaks does. */
import { missed, type Figure, type Row } from './figure.ts';
import { answerFigure } from './answer.ts';
import { burstFigure } from './burst.ts';
import { addCallFigure } from './addcall.ts';
import { bridgeEventsFigure } from './bridge-events.ts';
import { coldStartFigure } from './cold.ts';
import { dayFigure } from './day.ts';
import { drainFigure } from './drain.ts';
import { idleFigure } from './idle.ts';
import { officeFigure, untoldOfficeFigure } from './office.ts';
import { busyReconnectFigure, idleReconnectFigure } from './reconnect.ts';
import { packageFigure } from './package.ts';
import { bundleFigure } from './page.ts';
import { panelOpenFigure, searchFigure } from './panel.ts';
import { refreshFigure } from './refresh.ts';
import { resumeFigure } from './resume.ts';
import { soakFigure } from './soak.ts';
import { startFigure } from './start.ts';
import { toastFigure } from './toast.ts';
import { typeFigure } from './type.ts';
import { widgetScriptFigure } from './widget-script.ts';

const FIGURES: readonly Figure[] = [
  startFigure,
  toastFigure,
  idleFigure,
  refreshFigure,
  drainFigure,
  officeFigure,
  untoldOfficeFigure,
  answerFigure,
  idleReconnectFigure,
  busyReconnectFigure,
  resumeFigure,
  burstFigure,
  soakFigure,
  dayFigure,
  bridgeEventsFigure,
  addCallFigure,
  widgetScriptFigure,
  packageFigure,
  coldStartFigure,
  bundleFigure,
  typeFigure,
  searchFigure,
  panelOpenFigure,
];

/**
 * @param only names of rows; none runs all
 * @throws where a name is not known, with those that are
 */
export async function bench(only: readonly string[], say: (line: string) => void): Promise<Row[]> {
  const known = FIGURES.flatMap(({ names }) => names);
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no figure ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  const wanted = (name: string) => only.length === 0 || only.includes(name);
  const rows: Row[] = [];
  for (const figure of FIGURES) {
    if (!figure.names.some(wanted)) continue;
    say(`measuring ${figure.names.filter(wanted).join(', ')}`);
    rows.push(...(await figure.measure(say)).filter(({ name }) => wanted(name)));
  }
  return rows;
}

/** The rows as a table for people. */
export function table(rows: readonly Row[]): string {
  const digits = (value: number | null) => (value === null ? '' : value.toFixed(Math.abs(value) < 10 ? 2 : 1));
  const cells = [
    ['figure', 'value', 'unit', 'baseline', 'ratio', 'goal', ''],
    ...rows.map((row) => [
      row.name,
      digits(row.value),
      row.unit,
      digits(row.baseline),
      row.ratio === null ? '' : row.ratio.toFixed(3),
      `${row.ratio === null ? '' : '× '}${row.atLeast ? '≥ ' : ''}${row.goal}`,
      missed(row) ? 'MISSED' : 'met',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const said = FIGURES.flatMap(({ names, inTheWay }) => {
    const rowsMissed = rows.filter((row) => names.includes(row.name) && missed(row));
    return rowsMissed.map(({ name }) => `${name} missed its goal. In the way: ${inTheWay}.`);
  });
  return [...lines, ...(said.length > 0 ? ['', ...said] : [])].join('\n');
}
