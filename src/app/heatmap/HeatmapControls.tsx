import { useMemo, useRef, useState } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading, Switch, Tooltip, TooltipTrigger } from 'react-aria-components';
import { valueOnScale } from '../../analysis/heatmap.ts';
import { mapValue } from '../../words/fields.ts';
import { times } from '../../words/numbers.ts';
import { Segments } from '../shell/Segments.tsx';
import { Slider } from '../shell/Slider.tsx';
import { useScreen, useSession } from '../state/session.ts';
import type { ShownRun } from '../state/shown-run.ts';
import { CoverageSwitch } from './CoverageSwitch.tsx';
import { flatAttention, type HeatmapView } from './heatmap-view.ts';
import { mapWords } from './Legend.tsx';

/** Which map lies over the slide, and how strongly; what is changed seldom is folded away. */
export function HeatmapControls({ heatmap, run }: { heatmap: HeatmapView; run: ShownRun }) {
  const { actions } = useSession();
  const { colors, opacity, threshold, style } = useScreen((screen) => screen.heatmap);
  const { map } = heatmap;
  const flat = useMemo(() => flatAttention(map), [map]);
  /** In the result, with the same way out. */
  const isSaid = run.notes.some(({ code }) => code === 'attention-uniform');
  const contribution = run.maps.find(({ kind }) => kind === 'contribution');
  const words = mapWords(run, map);
  return (
    <section aria-label="Map" className="map-controls" data-testid="map-controls">
      <div className="map-row">
        {run.maps.length > 1 ? (
          <Segments
            label="Map"
            isLabelHidden
            value={map.id}
            options={run.maps.map((one) => [one.id, mapWords(run, one).name] as const)}
            onChange={(mapId) => actions.setHeatmap({ mapId })}
          />
        ) : (
          <span>
            {words.name}
            {run.isPartial && ' so far'}
          </span>
        )}
        <MapSwitch />
      </div>
      <Slider
        label="Opacity"
        value={opacity}
        words={`${Math.round(opacity * 100)} %`}
        onChange={(next) => actions.setHeatmap({ opacity: next })}
      />
      {flat !== undefined && contribution !== undefined && !isSaid && (
        <p className="small" data-testid="flat-attention">
          No tile weighs more than {times(flat)} an equal share, so the map shows little contrast.{' '}
          <Button className="link" onPress={() => actions.setHeatmap({ mapId: contribution.id })}>
            Show contributions instead
          </Button>
        </p>
      )}
      <CoverageSwitch run={run} />
      <Disclosure className="disclosure">
        <Heading level={3}>
          <Button slot="trigger" className="link small">
            More of the map
          </Button>
        </Heading>
        <DisclosurePanel>
          <p className="muted small">{words.meaning}</p>
          <Slider
            label="Hide below"
            value={threshold}
            words={threshold === 0 ? 'none' : thresholdWords(heatmap, threshold)}
            onChange={(next) => actions.setHeatmap({ threshold: next })}
          />
          <Segments
            label="Tiles"
            value={style}
            options={[
              ['auto', 'Auto'],
              ['fill', 'Fill'],
              ['outline', 'Outline'],
            ]}
            onChange={(next) => actions.setHeatmap({ style: next })}
          />
          {style === 'auto' && (
            <p className="muted small">Filled below 20×; from there on outlined, so that nuclei stay clear.</p>
          )}
          {!map.isSigned && (
            <Segments
              label="Colors"
              value={colors}
              options={[
                ['greens', 'Green'],
                ['oranges', 'Orange'],
                ['grays', 'Gray'],
              ]}
              onChange={(next) => actions.setHeatmap({ colors: next })}
            />
          )}
        </DisclosurePanel>
      </Disclosure>
    </section>
  );
}

/** The map over the slide, on or off. Too narrow for words: they stand beside it on hover and on focus. */
function MapSwitch() {
  const { actions } = useSession();
  const isOn = useScreen((screen) => screen.heatmap.isOn);
  const element = useRef<HTMLLabelElement>(null);
  const [isPointedAt, setPointedAt] = useState(false);
  const [isFocused, setFocused] = useState(false);
  return (
    // The library puts a name beside buttons only, so when it shows is said here.
    <TooltipTrigger isOpen={isPointedAt || isFocused}>
      <Switch
        ref={element}
        className="switch"
        isSelected={isOn}
        aria-label="Heatmap"
        onChange={(next) => actions.setHeatmap({ isOn: next })}
        onHoverChange={setPointedAt}
        onFocusChange={setFocused}
      >
        <span className="switch-track" aria-hidden />
      </Switch>
      <Tooltip className="tooltip" placement="top" triggerRef={element}>
        Map on or off <kbd>H</kbd>
      </Tooltip>
    </TooltipTrigger>
  );
}

/** The threshold in the unit of the legend; of a signed map its strength on both sides. */
function thresholdWords({ map, scale }: HeatmapView, threshold: number): string {
  if (map.isSigned) return `±${Number(valueOnScale(scale, (1 + threshold) / 2).toPrecision(2))}`;
  return mapValue(map.kind, map.isSigned, valueOnScale(scale, threshold));
}
