import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { noteLine, noteText } from '../../words/notes.ts';
import { count, duration, micrometres } from '../../words/numbers.ts';
import type { RunRecord } from '../state/run-record.ts';
import { deviceWords, leftOutRows, type Row, unusedWords } from './result-words.ts';

/** What an engineer asks of a run; folded until somebody does. */
export function Details({ record }: { record: RunRecord }) {
  const { notes } = record.prediction;
  const long = notes.filter((note) => noteText(note) !== noteLine(note));
  return (
    <Disclosure className="disclosure">
      <Heading level={3}>
        <Button slot="trigger" className="link small">
          Details
        </Button>
      </Heading>
      <DisclosurePanel>
        {long.map((note) => (
          <p key={note.code} className="muted small detail-note">
            {noteText(note)}
          </p>
        ))}
        <dl className="facts small">
          {detailRows(record).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </DisclosurePanel>
    </Disclosure>
  );
}

function detailRows({ prediction, madeWith, context }: RunRecord): readonly Row[] {
  const { attention, elapsedMs, backend, modelId } = prediction;
  const { bag } = attention;
  const { date, model } = context;
  const weightsSha256 = model.weightsSha256 ?? '';
  const unused = unusedWords(backend);
  return [
    ['Tiles used', count(bag.count)],
    ...leftOutRows(bag),
    ['Tile side', `${bag.tilePx} px${bag.mpp === undefined ? '' : ` = ${Math.round(bag.tilePx * bag.mpp)} µm`}`],
    ...(bag.mpp === undefined ? [] : [['Read at', `${micrometres(bag.mpp)}/px`] as const]),
    ...(madeWith.mpp === undefined ? [] : [['Slide pixel size', `${micrometres(madeWith.mpp)}/px`] as const]),
    ['Pyramid level', `${bag.level}, counted from 0`],
    ['Model', modelId],
    ...(weightsSha256 === '' ? [] : [['Weights SHA-256', `${weightsSha256.slice(0, 16)}…`] as const]),
    ['Computed by', deviceWords(backend)],
    ...(unused === undefined ? [] : [['Not used', unused] as const]),
    [
      'Self-test',
      `differs by ${Math.max(backend.selfTest.probability, backend.selfTest.attention).toExponential(0)} from the reference result`,
    ],
    ['Finding tissue', duration(elapsedMs.tissue)],
    ['Reading tiles', duration(elapsedMs.tiles)],
    ['Network', duration(elapsedMs.encode)],
    ['Attention', duration(elapsedMs.head)],
    ['Whole run', duration(elapsedMs.total)],
    ...(date === null ? [] : [['Date', date.slice(0, 16).replace('T', ' ')] as const]),
  ];
}
