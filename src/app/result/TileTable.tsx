import { X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { TileBag } from '../../tiling/bag.ts';
import { mapValue } from '../../words/fields.ts';
import { count } from '../../words/numbers.ts';
import { mapWords } from '../heatmap/Legend.tsx';
import { tilesByValue } from '../heatmap/tile-ranks.ts';
import { IconButton } from '../shell/IconButton.tsx';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import './tile-table.css';

/** Rows that are added at a time: more would keep a page of 100,000 tiles busy. */
const ROWS = 200;

/** Every tile of the run with its values and its place, for whoever does not see the map. */
export function TileTable({
  run,
  bag,
  map,
  onGo,
  onClose,
}: {
  run: ShownRun;
  bag: TileBag;
  /** The one on screen: the table is in its order first. */
  map: ShownMap;
  onGo: (tile: number) => void;
  onClose: () => void;
}) {
  const [sort, setSort] = useState({ mapId: map.id, isHighestFirst: true });
  const [rows, setRows] = useState(ROWS);
  const sorted = run.maps.find(({ id }) => id === sort.mapId) ?? map;
  const order = useMemo(() => tilesByValue(sorted.values, sort.isHighestFirst), [sorted, sort.isHighestFirst]);
  const shown = order.slice(0, rows);
  const rankOf = (place: number) => (sort.isHighestFirst ? place + 1 : order.length - place);
  return (
    <ModalOverlay className="modal-veil" isDismissable isOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="modal tile-table-modal">
        <Dialog>
          <div className="between">
            <Heading slot="title">Tiles as a table</Heading>
            <IconButton slot="close" label="Close" icon={<X size={18} aria-hidden />} />
          </div>
          <div className="tile-table-scroll">
            <table className="tile-table" data-testid="tile-table">
              <caption className="muted small">
                {count(order.length)} tiles, {sort.isHighestFirst ? 'highest' : 'lowest'}{' '}
                {mapWords(run, sorted).name.toLowerCase()} first. Position: top left corner, in pixels of the whole
                image.
              </caption>
              <thead>
                <tr>
                  <th scope="col">Rank</th>
                  {run.maps.map((one) => {
                    const isSorted = one.id === sorted.id;
                    const { name, exactUnit } = mapWords(run, one);
                    return (
                      <th
                        key={one.id}
                        scope="col"
                        title={exactUnit}
                        aria-sort={isSorted ? (sort.isHighestFirst ? 'descending' : 'ascending') : 'none'}
                      >
                        <Button
                          className="link"
                          onPress={() => {
                            setSort({ mapId: one.id, isHighestFirst: isSorted ? !sort.isHighestFirst : true });
                            setRows(ROWS);
                          }}
                        >
                          {name} <span aria-hidden>{isSorted ? (sort.isHighestFirst ? '▾' : '▴') : ''}</span>
                        </Button>
                      </th>
                    );
                  })}
                  <th scope="col">x</th>
                  <th scope="col">y</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((tile, place) => (
                  <tr key={tile}>
                    <th scope="row">
                      <button
                        type="button"
                        className="link"
                        aria-label={`${rankOf(place)}: open on the slide`}
                        onClick={() => {
                          onClose();
                          onGo(tile);
                        }}
                      >
                        {count(rankOf(place))}
                      </button>
                    </th>
                    {run.maps.map(({ id, kind, isSigned, values }) => (
                      <td key={id}>{mapValue(kind, isSigned, values[tile] ?? Number.NaN)}</td>
                    ))}
                    <td>{count(bag.xy[2 * tile] ?? 0)}</td>
                    <td>{count(bag.xy[2 * tile + 1] ?? 0)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {shown.length < order.length && (
            <Button className="button" onPress={() => setRows(rows + ROWS)}>
              Show {count(Math.min(ROWS, order.length - shown.length))} more of {count(order.length)}
            </Button>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
