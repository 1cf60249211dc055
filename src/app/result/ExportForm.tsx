import { Check } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { Button, Checkbox, Dialog, Input, Label, Text, TextField } from 'react-aria-components';
import type { SlideView } from '../../viewer/slide-view.ts';
import { count } from '../../words/numbers.ts';
import { Segments } from '../shell/Segments.tsx';
import { LEAST_WIDTH, MOST_SIDE, MOST_WIDTH, widestPicture } from './png/picture-plan.ts';
import { offeredWidths, type PictureWidth, parseWidth, widthInPx } from './png/picture-width.ts';

export interface ExportChoice {
  readonly format: 'JSON' | 'CSV' | 'PNG';
  readonly withName: boolean;
  /** Of the picture, px. */
  readonly widthPx: number;
}

/** What can be exported and how. The box for the file name is empty each time: it is never ticked by habit. */
export function ExportForm({
  view,
  canHavePicture,
  isMaking,
  onExport,
}: {
  view: RefObject<SlideView | undefined>;
  canHavePicture: boolean;
  isMaking: boolean;
  onExport: (choice: ExportChoice) => void;
}) {
  const [withName, setWithName] = useState(false);
  const [width, setWidth] = useState<PictureWidth>('screen');
  const size = view.current?.size() ?? { width: 1, height: 1 };
  const widest = widestPicture(size);
  const widthPx = widthInPx(width, size.width, window.devicePixelRatio, widest);
  return (
    <Dialog className="export-form" aria-label="Export">
      {({ close }) => {
        const give = (format: ExportChoice['format']) => {
          close();
          onExport({ format, withName, widthPx });
        };
        return (
          <>
            <Button className="button" onPress={() => give('JSON')}>
              Result as JSON
            </Button>
            <Button className="button" onPress={() => give('CSV')}>
              Tiles as CSV
            </Button>
            <Button className="button" isDisabled={!canHavePicture || isMaking} onPress={() => give('PNG')}>
              This view as PNG
            </Button>
            {canHavePicture ? (
              <Width width={width} widthPx={widthPx} widest={widest} size={size} onChange={setWidth} />
            ) : (
              <p className="muted small">No picture: the tiles of this result lie in another image of the file.</p>
            )}
            <Checkbox className="checkbox" isSelected={withName} onChange={setWithName}>
              <span className="checkbox-box" aria-hidden>
                <Check size={14} />
              </span>
              Include the file name
            </Checkbox>
            <p className="muted small">It is often an accession number.</p>
          </>
        );
      }}
    </Dialog>
  );
}

function Width({
  width,
  widthPx,
  widest,
  size,
  onChange,
}: {
  width: PictureWidth;
  /** Of the picture as it would be. */
  widthPx: number;
  widest: number;
  size: { readonly width: number; readonly height: number };
  onChange: (width: PictureWidth) => void;
}) {
  /** Undefined while nothing is typed: then the field follows the choice. */
  const [typed, setTyped] = useState<string>();
  const give = () => {
    const asked = typed === undefined ? undefined : parseWidth(typed);
    if (asked !== undefined) onChange(Math.max(LEAST_WIDTH, Math.min(widest, asked)));
    setTyped(undefined);
  };
  return (
    <div className="picture-width">
      <Segments
        label="Width of the picture"
        isLabelHidden
        value={String(width)}
        options={[
          ['screen', 'Screen'] as const,
          ...offeredWidths(widest).map((one) => [String(one), count(one)] as const),
        ]}
        onChange={(next) => onChange(next === 'screen' ? 'screen' : Number(next))}
      />
      <TextField
        className="row"
        value={typed ?? String(widthPx)}
        onChange={setTyped}
        onBlur={give}
        onKeyDown={(event) => {
          if (event.key === 'Enter') give();
        }}
      >
        <Label className="small">Width, px</Label>
        <Input inputMode="numeric" autoComplete="off" />
        <Text slot="description" className="muted small">
          {count(LEAST_WIDTH)} to {count(widest)}
        </Text>
      </TextField>
      <p className="muted small">
        {count(widthPx)} × {count(Math.round((size.height * widthPx) / size.width))} px and the words below, read anew
        from the slide.
        {widest < MOST_WIDTH &&
          ` This view is so high that browsers draw no wider picture of it: ${count(MOST_SIDE)} px is the most they can.`}
      </p>
    </div>
  );
}
