import { Button, Label, Slider, SliderThumb, SliderTrack, Switch } from 'react-aria-components';
import { MAX_CHANNELS, type SlideChannel } from '../../slide/channel-view.ts';
import { NumberField } from '../shell/NumberField.tsx';
import type { SlideRecord } from '../state/screen.ts';
import { useSession } from '../state/session.ts';
import {
  type ChannelSetting,
  channelName,
  countOn,
  fromHex,
  movedWindow,
  sampleText,
  startSettings,
  stepOf,
  toHex,
  windowWith,
} from './channels.ts';
import './display.css';

/** Which fluorescence channels are on the screen, in which colour, and between which samples. */
export function Channels({ slide, channels }: { slide: SlideRecord; channels: readonly SlideChannel[] }) {
  const { actions } = useSession();
  const settings = slide.channels ?? startSettings(channels);
  const on = countOn(settings);
  const isFull = on >= MAX_CHANNELS;
  return (
    <section aria-labelledby="channels-heading" data-testid="channels">
      <div className="between">
        <h2 id="channels-heading">Channels</h2>
        <Button className="link" isDisabled={slide.channels === undefined} onPress={actions.resetChannels}>
          Reset
        </Button>
      </div>
      {channels.length > MAX_CHANNELS && (
        <p className="small">
          {on} of {channels.length} on{isFull && ', the most at once. Turn one off to see another.'}
        </p>
      )}
      <ul className={channels.length > MAX_CHANNELS ? 'channels is-long' : 'channels'}>
        {channels.map((channel, index) => {
          const setting = settings[index];
          return (
            setting !== undefined && (
              <ChannelRow
                // biome-ignore lint/suspicious/noArrayIndexKey: channels keep their places, and names can be the same
                key={index}
                name={channelName(channel, index)}
                channel={channel}
                setting={setting}
                isDisabled={isFull && !setting.isOn}
                onChange={(change) => actions.setChannel(index, change)}
              />
            )
          );
        })}
      </ul>
      <p className="muted small">For the eye only: the model reads the channels as the slide opened.</p>
    </section>
  );
}

function ChannelRow({
  name,
  channel,
  setting,
  isDisabled,
  onChange,
}: {
  name: string;
  channel: SlideChannel;
  setting: ChannelSetting;
  isDisabled: boolean;
  onChange: (change: Partial<ChannelSetting>) => void;
}) {
  const { isOn, color, window } = setting;
  const { range } = channel;
  return (
    <li className="channel" data-testid="channel" data-on={isOn}>
      <div className="channel-head">
        <input
          type="color"
          className="channel-color"
          aria-label={`Colour of ${name}`}
          title="Colour"
          value={toHex(color)}
          onChange={(event) => onChange({ color: fromHex(event.target.value) })}
        />
        <span className="channel-name" title={name}>
          {name}
        </span>
        <Switch
          className="switch small"
          isSelected={isOn}
          isDisabled={isDisabled}
          aria-label={name}
          onChange={(next) => onChange({ isOn: next })}
        >
          <span className="switch-track" aria-hidden />
        </Switch>
      </div>
      {isOn && (
        <div className="channel-window">
          <NumberField
            label={`Black of ${name}`}
            text={sampleText(window.low)}
            onChange={(value) => onChange({ window: windowWith(window, range, 'low', value) })}
          />
          <Slider
            className="channel-slider"
            value={[window.low, window.high]}
            minValue={range.low}
            maxValue={range.high}
            step={stepOf(range)}
            formatOptions={{ maximumSignificantDigits: 4 }}
            onChange={(moved) => onChange({ window: movedWindow(window, range, moved) })}
          >
            <Label className="visually-hidden">of {name}</Label>
            <SliderTrack className="slider-track">
              {({ state }) => {
                const [from, to] = [state.getThumbPercent(0) * 100, state.getThumbPercent(1) * 100];
                return (
                  <>
                    <div className="slider-rail">
                      <div
                        className="slider-fill"
                        style={{
                          marginLeft: `${from}%`,
                          width: `${to - from}%`,
                          background: `linear-gradient(to right, #000, ${toHex(color)})`,
                        }}
                      />
                    </div>
                    <SliderThumb index={0} className="slider-thumb" aria-label="Black" />
                    <SliderThumb index={1} className="slider-thumb" aria-label="Full colour" />
                  </>
                );
              }}
            </SliderTrack>
          </Slider>
          <NumberField
            label={`Full colour of ${name}`}
            text={sampleText(window.high)}
            onChange={(value) => onChange({ window: windowWith(window, range, 'high', value) })}
          />
        </div>
      )}
    </li>
  );
}
