import { Table2 } from 'lucide-react';
import { type CSSProperties, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { SlideInfo } from '../../slide/slide.ts';
import type { TileBag } from '../../tiling/bag.ts';
import { mapValue, sideLabel } from '../../words/fields.ts';
import { count } from '../../words/numbers.ts';
import { mapWords } from '../heatmap/Legend.tsx';
import { IconButton } from '../shell/IconButton.tsx';
import type { ShownMap, ShownRun } from '../state/shown-run.ts';
import { FieldRow } from './FieldRow.tsx';
import { FieldThumbnail } from './FieldThumbnail.tsx';
import { type FieldGroup, fieldOrder } from './fields.ts';
import { fieldsNote } from './fields-note.ts';
import { fieldAfterKey } from './tile-order.ts';
import './fields.css';

/** The fields to read first, for and against apart, in the order of the map on screen; one opens at reading size. */
export function FieldStrip({
  run,
  bag,
  map,
  groups,
  info,
  chosen,
  onGo,
  onTable,
}: {
  run: ShownRun;
  bag: TileBag;
  map: ShownMap;
  groups: readonly FieldGroup[];
  info: SlideInfo;
  /** The tile that is open. */
  chosen: number | undefined;
  onGo: (tile: number) => void;
  onTable: () => void;
}) {
  const strip = useRef<HTMLElement>(null);
  const [visited, setVisited] = useState<number>();
  const order = fieldOrder(groups);
  /** The one tab stop of the strip: where the person was last. */
  const stop = [visited, chosen].find((tile) => tile !== undefined && order.includes(tile)) ?? order[0];
  const words = mapWords(run, map);
  const note = fieldsNote(run, map, words, groups);

  // N, P and the map choose too: the strip follows, and the focus with it where it was in the strip.
  useEffect(() => {
    setVisited(chosen);
    const button = buttonOf(strip.current, chosen);
    if (button === undefined) return;
    if (strip.current?.querySelector('[role=toolbar]')?.contains(document.activeElement))
      button.focus({ preventScroll: true });
    bringIntoView(button, strip.current);
  }, [chosen]);

  const onKeyDown = (event: KeyboardEvent) => {
    const next = fieldAfterKey(order, stop, event.key);
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setVisited(next);
    const button = buttonOf(strip.current, next);
    button?.focus({ preventScroll: true });
    if (button !== undefined) bringIntoView(button, strip.current);
    // While a field is open the keys turn the pages; before that they only walk.
    if (chosen !== undefined && order.includes(chosen)) onGo(next);
  };

  return (
    <section ref={strip} className="fields" aria-label="Fields" data-testid="fields">
      {note !== undefined && (
        <p className="fields-note small" data-testid="fields-note">
          {note}
        </p>
      )}
      <div
        className="field-groups"
        role="toolbar"
        aria-label={`Fields by ${words.name.toLowerCase()}`}
        aria-orientation="horizontal"
        onKeyDown={onKeyDown}
      >
        {groups.map(({ id, fields, of }) => {
          const side = sideLabel(id, words);
          const listed = of > fields.length ? `${count(fields.length)} of ${count(of)}` : count(of);
          return (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; these are buttons of a toolbar.
            <div
              key={id}
              role="group"
              aria-label={side}
              className="field-group"
              data-side={id}
              style={
                { '--fields': fields.length, '--heading': `${side.length + listed.length + 3}ch` } as CSSProperties
              }
            >
              <FieldRow
                heading={
                  <h2 title={side}>
                    {side} <span className="field-count">{listed}</span>
                  </h2>
                }
              >
                {fields.map(({ tile, rank, value }) => (
                  <button
                    key={tile}
                    type="button"
                    className={chosen === tile ? 'field is-on' : 'field'}
                    data-testid="field"
                    data-tile={tile}
                    data-rank={rank}
                    data-value={value}
                    data-x={bag.xy[2 * tile]}
                    data-y={bag.xy[2 * tile + 1]}
                    tabIndex={tile === stop ? 0 : -1}
                    aria-pressed={chosen === tile}
                    aria-label={`Field ${rank}, ${mapValue(map.kind, map.isSigned, value)}`}
                    onFocus={() => setVisited(tile)}
                    onClick={() => onGo(tile)}
                  >
                    <FieldThumbnail info={info} bag={bag} tile={tile} />
                    <span className="field-words" aria-hidden>
                      <span>{rank}</span>
                      <b>{mapValue(map.kind, map.isSigned, value)}</b>
                    </span>
                  </button>
                ))}
              </FieldRow>
            </div>
          );
        })}
      </div>
      <div className="fields-table">
        <IconButton
          label="All tiles as a table"
          keyName="T"
          placement="top end"
          icon={<Table2 size={18} aria-hidden />}
          onPress={onTable}
        />
      </div>
    </section>
  );
}

function buttonOf(strip: HTMLElement | null, tile: number | undefined): HTMLButtonElement | undefined {
  if (strip === null || tile === undefined) return undefined;
  return strip.querySelector<HTMLButtonElement>(`button[data-tile="${tile}"]`) ?? undefined;
}

/** Sideways and inside the strip only: what lies around it stays where it is. */
function bringIntoView(button: HTMLElement, strip: HTMLElement | null): void {
  const AROUND = 8;
  for (let box = button.parentElement; box !== null; box = box === strip ? null : box.parentElement) {
    const [inner, outer] = [button.getBoundingClientRect(), box.getBoundingClientRect()];
    if (inner.left < outer.left + AROUND) box.scrollLeft -= outer.left + AROUND - inner.left;
    else if (inner.right > outer.right - AROUND) box.scrollLeft += inner.right - outer.right + AROUND;
  }
}
