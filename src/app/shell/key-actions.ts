/** What the keys and the tools over the slide do. */
import { MAGNIFICATIONS, toUmPerPx } from '../../viewer/scale-bar.ts';
import type { SlideView } from '../../viewer/slide-view.ts';
import { PLAIN_DISPLAY } from '../display/display.ts';
import { nextTile } from '../result/tile-order.ts';
import type { Actions } from '../state/actions.ts';
import type { Screen } from '../state/screen.ts';
import type { ShownMap } from '../state/shown-run.ts';
import type { KeyAction } from './keys.ts';

/** The part of the page that keys act on, as it is when one is pressed. */
export interface KeyTarget {
  readonly actions: Actions;
  readonly screen: Pick<Screen, 'heatmap' | 'display' | 'run'>;
  readonly view: SlideView | undefined;
  /** µm per level-0 px. */
  readonly mpp: number | undefined;
  /** False for a model that cannot look at slides. */
  readonly canRun: boolean;
  /** Those of the run on screen, and the one that is shown. */
  readonly maps: readonly ShownMap[];
  readonly map: ShownMap | undefined;
  /** Tiles in the order of the strip, and the one that is open. */
  readonly order: readonly number[];
  readonly chosen: number | undefined;
  /** Opens a tile at reading size. */
  goTo(tile: number): void;
  openTable(): void;
  openExport(): void;
  openHelp(): void;
  /** Tells those who do not see what changed. */
  say(words: string): void;
  nameOf(map: ShownMap): string;
}

const ACTS: Readonly<Record<KeyAction, (target: KeyTarget) => void>> = {
  'pan-left': ({ view }) => view?.panBy(-0.2, 0),
  'pan-right': ({ view }) => view?.panBy(0.2, 0),
  'pan-up': ({ view }) => view?.panBy(0, -0.2),
  'pan-down': ({ view }) => view?.panBy(0, 0.2),
  'zoom-in': ({ view }) => view?.zoomBy(1.5),
  'zoom-out': ({ view }) => view?.zoomBy(1 / 1.5),
  home: ({ view }) => view?.home(),
  'rotate-left': ({ view }) => view?.rotateBy(-15),
  'rotate-right': ({ view }) => view?.rotateBy(15),
  'full-screen': () => {
    if (document.fullscreenElement === null) void document.documentElement.requestFullscreen?.();
    else void document.exitFullscreen();
  },
  heatmap: ({ actions, screen, map, say, nameOf }) => {
    const { isOn } = screen.heatmap;
    actions.setHeatmap({ isOn: !isOn });
    if (map !== undefined) say(isOn ? 'Map hidden' : `${nameOf(map)} map shown`);
  },
  'hold-bare': () => {},
  'next-map': ({ actions, maps, map, say, nameOf }) => {
    const next = maps[(maps.findIndex(({ id }) => id === map?.id) + 1) % maps.length];
    if (next === undefined) return;
    actions.setHeatmap({ mapId: next.id, isOn: true });
    say(`${nameOf(next)} map shown`);
  },
  coverage: ({ actions, screen, maps, say }) => {
    if (maps.length === 0) return;
    const { hasCoverage } = screen.heatmap;
    actions.setHeatmap({ hasCoverage: !hasCoverage });
    say(hasCoverage ? 'Analyzed tiles hidden' : 'Analyzed tiles shown');
  },
  table: ({ openTable }) => openTable(),
  export: ({ openExport }) => openExport(),
  run: ({ actions, screen, canRun }) => {
    if (canRun && screen.run.status !== 'running') void actions.run();
  },
  colours: ({ actions, screen: { display } }) =>
    actions.setDisplay({ colors: display.colors === 'stored' ? display.managed : 'stored' }),
  'display-reset': ({ actions }) => actions.setDisplay({ adjustment: PLAIN_DISPLAY.adjustment }),
  'opacity-down': (target) => changeOpacity(target, -1),
  'opacity-up': (target) => changeOpacity(target, 1),
  'next-tile': (target) => step(target, 1),
  'previous-tile': (target) => step(target, -1),
  'magnification-0': (target) => magnify(target, 0),
  'magnification-1': (target) => magnify(target, 1),
  'magnification-2': (target) => magnify(target, 2),
  'magnification-3': (target) => magnify(target, 3),
  'magnification-4': (target) => magnify(target, 4),
  'magnification-5': (target) => magnify(target, 5),
  'no-tile': ({ actions }) => actions.chooseTile(undefined),
  help: ({ openHelp }) => openHelp(),
};

export function actOnKey(action: KeyAction, target: KeyTarget): void {
  ACTS[action](target);
}

function changeOpacity({ actions, screen, say }: KeyTarget, tenths: number): void {
  const opacity = Math.min(1, Math.max(0, Math.round(screen.heatmap.opacity * 10 + tenths) / 10));
  actions.setHeatmap({ opacity });
  say(`Opacity ${Math.round(opacity * 100)} %`);
}

function step({ order, chosen, goTo }: KeyTarget, by: 1 | -1): void {
  const tile = nextTile(order, chosen, by);
  if (tile !== undefined) goTo(tile);
}

function magnify({ view, mpp }: KeyTarget, preset: number): void {
  const magnification = MAGNIFICATIONS[preset];
  if (mpp !== undefined && magnification !== undefined) view?.zoomTo(mpp / toUmPerPx(magnification));
}
