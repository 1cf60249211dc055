/** Opens a slide in a viewer: a picture of the whole of it first, where there is one, then its tiles. */
import type OpenSeadragon from 'openseadragon';
import { isAbort } from '../errors.ts';
import type { ScreenSpace } from '../slide/color-profile.ts';
import type { OverviewPicture } from '../slide/overview.ts';
import type { SlideInfo } from '../slide/slide.ts';
import { toOneBitmap } from './overview-bitmap.ts';
import { NO_OVERVIEW, type OverviewState, type ReadOverview } from './overview-state.ts';
import {
  createTileSource,
  type FailedTile,
  type Overview,
  type ReadReduced,
  type ReadTile,
  type SlideTiles,
} from './tile-source.ts';
import { abortUnseenTiles } from './unseen-tiles.ts';

export interface SlideReaders {
  readonly readTile: ReadTile;
  readonly readReduced: ReadReduced;
  readonly readOverview?: ReadOverview | undefined;
}

/** Marks in the page's timeline (Performance): when the whole slide was first on screen, and the first tile. */
const MARKS = { overview: 'milscope overview', tile: 'milscope first tile' } as const;

export interface OpenedTiles {
  /** Reads all again: the readers give others now. */
  reload(): void;
  close(): void;
}

/** `scaleOf`: CSS px for one level-0 px. */
export function openTiles(
  viewer: OpenSeadragon.Viewer,
  info: SlideInfo,
  space: ScreenSpace,
  readers: SlideReaders,
  scaleOf: () => number,
  events: {
    onTileFailed(error: unknown, tile: FailedTile): void;
    onOverview(state: OverviewState): void;
  },
): OpenedTiles {
  let tiles: SlideTiles | undefined;
  let reading = new AbortController();

  const open = async () => {
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    let picture: OverviewPicture<ImageBitmap> | undefined;
    try {
      picture = await readers.readOverview?.(signal, (share) => {
        if (!signal.aborted) events.onOverview({ ...NO_OVERVIEW, share });
      });
    } catch (error) {
      // Without it the tiles show the slide, and what is wrong with them.
      if (isAbort(error)) return;
    }
    if (signal.aborted) return closePieces(picture);
    begin(picture);
  };

  const begin = (picture: OverviewPicture<ImageBitmap> | undefined) => {
    const kind = picture?.source.kind ?? 'growing';
    const made = createTileSource(info, space, readers, picture && toOverview(picture, space, readers), {
      onTileFailed: events.onTileFailed,
      onFirstStep: (share) => {
        if (kind === 'growing') events.onOverview({ kind, share, isComplete: share >= 1 });
      },
    });
    tiles = made;
    if (kind === 'growing') events.onOverview({ kind, share: 0, isComplete: false });
    watchFirstDrawn(viewer, kind, () => {
      made.overviewIsShown();
      events.onOverview({ kind, share: 1, isComplete: true });
    });
    abortUnseenTiles(viewer, made, scaleOf);
    viewer.open([{ tileSource: made.source }]);
  };

  void open();
  return {
    reload: () => {
      if (tiles === undefined) void open();
      else {
        tiles.renew();
        viewer.world.resetItems();
        viewer.navigator?.world.resetItems();
      }
    },
    close: () => {
      reading.abort();
      tiles?.close();
    },
  };
}

/** Read again as the slide looks later, it must be the same picture: its place among the tiles is fixed. */
function toOverview(
  picture: OverviewPicture<ImageBitmap>,
  space: ScreenSpace,
  { readOverview }: SlideReaders,
): Overview {
  const { source, width, height } = picture;
  let first: ImageBitmap | undefined = toOneBitmap(picture, space);
  return {
    width,
    height,
    level: source.kind === 'level' ? source.level : undefined,
    read: async (signal) => {
      const known = first;
      first = undefined;
      if (known !== undefined) return known;
      const next = await readOverview?.(signal, () => undefined);
      if (next !== undefined && next.width === width && next.height === height) return toOneBitmap(next, space);
      closePieces(next);
      throw new Error('the picture of the whole slide can no longer be read');
    },
  };
}

function closePieces(picture: OverviewPicture<ImageBitmap> | undefined): void {
  for (const { bitmap } of picture?.pieces ?? []) bitmap.close();
}

/** Notes when the first tile is drawn and when the overview, of which it tells. */
function watchFirstDrawn(viewer: OpenSeadragon.Viewer, kind: OverviewState['kind'], onOverview: () => void): void {
  const hasOverview = kind !== 'growing';
  const noted = new Set<string>();
  const note = (name: string) => {
    if (noted.has(name)) return;
    noted.add(name);
    performance.mark(name);
    if (name === MARKS.overview) onOverview();
  };
  const look = ({ tiles }: { readonly tiles: readonly OpenSeadragon.Tile[] }) => {
    if (hasOverview && tiles.some(({ level }) => level === 0)) note(MARKS.overview);
    if (tiles.some(({ level }) => !hasOverview || level > 0)) note(MARKS.tile);
    if (noted.size === 2) viewer.removeHandler('tiled-image-drawn', look);
  };
  viewer.addHandler('tiled-image-drawn', look);
}
