import { Button, Disclosure, DisclosurePanel, Heading, Switch } from 'react-aria-components';
import { Slider } from '../shell/Slider.tsx';
import type { SlideRecord } from '../state/screen.ts';
import { useScreen, useSession } from '../state/session.ts';
import {
  adjustmentWords,
  brightnessWords,
  colorWords,
  factorWords,
  fromSlider,
  onSlider,
  PLAIN_DISPLAY,
} from './display.ts';

/** The colours on the screen: which they are, and by how much they are changed. */
export function DisplayControls({ slide }: { slide: SlideRecord }) {
  const { actions } = useSession();
  const { colors, managed, adjustment } = useScreen((screen) => screen.display);
  const profile = slide.info.colorProfile;
  const { brightness, contrast, gamma } = adjustment;
  const adjust = (change: Partial<typeof adjustment>) =>
    actions.setDisplay({ adjustment: { ...adjustment, ...change } });
  return (
    <section aria-labelledby="display-heading" data-testid="display">
      <h2 id="display-heading">Display</h2>
      <p className="small" data-testid="colour-line">
        Colour: {colorWords(profile, colors)}
      </p>
      {profile !== undefined && profile.problem === undefined && (
        <Switch
          className="switch"
          isSelected={colors !== 'stored'}
          onChange={(isOn) => actions.setDisplay({ colors: isOn ? managed : 'stored' })}
        >
          <span className="switch-track" />
          Scanner colours
        </Switch>
      )}
      <Disclosure className="disclosure">
        <Heading level={3}>
          <Button slot="trigger" className="link">
            Brightness, contrast, gamma
          </Button>
        </Heading>
        <DisclosurePanel>
          <Slider
            label="Brightness"
            value={onSlider.brightness(brightness)}
            words={brightnessWords(brightness)}
            onChange={(at) => adjust({ brightness: fromSlider.brightness(at) })}
          />
          <Slider
            label="Contrast"
            value={onSlider.factor(contrast)}
            words={factorWords(contrast)}
            onChange={(at) => adjust({ contrast: fromSlider.factor(at) })}
          />
          <Slider
            label="Gamma"
            value={onSlider.factor(gamma)}
            words={factorWords(gamma)}
            onChange={(at) => adjust({ gamma: fromSlider.factor(at) })}
          />
          <p className="muted small">Only for the eye: the model reads the slide as stored.</p>
        </DisclosurePanel>
      </Disclosure>
    </section>
  );
}

/** Stands over the slide while it does not look as it is. */
export function AdjustedNotice() {
  const { actions } = useSession();
  const words = adjustmentWords(useScreen((screen) => screen.display.adjustment));
  if (words === undefined) return null;
  return (
    <div className="notice" role="status" data-testid="adjusted">
      <p>Display adjusted: {words}</p>
      <Button className="link" onPress={() => actions.setDisplay({ adjustment: PLAIN_DISPLAY.adjustment })}>
        Reset
      </Button>
    </div>
  );
}
