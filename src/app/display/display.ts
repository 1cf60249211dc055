/** How the slide is shown: the colours of its scanner or as stored, brighter or not. No number of a model depends on it. */
import type { ScreenSpace } from '../../slide/color-profile.ts';
import type { ColorProfile } from '../../slide/slide.ts';
import { type Adjustment, isNeutral, NEUTRAL } from '../../viewer/display-curve.ts';
import type { ScreenColors } from '../../worker/protocol.ts';

export type ManagedColors = Exclude<ScreenColors, 'stored'>;

export interface DisplaySettings {
  readonly colors: ScreenColors;
  /** Those of `colors` when they are not as stored: by what the screen offered when the page was opened. */
  readonly managed: ManagedColors;
  readonly adjustment: Adjustment;
}

export const PLAIN_DISPLAY: DisplaySettings = { colors: 'managed', managed: 'managed', adjustment: NEUTRAL };

/** On a screen of so many colours. */
export function displayOn(space: ScreenSpace): DisplaySettings {
  const managed = space === 'display-p3' ? 'managed-p3' : 'managed';
  return { ...PLAIN_DISPLAY, colors: managed, managed };
}

/** Of the canvas that a slide is drawn on: only one with a usable profile has colours that sRGB lacks. */
export function canvasSpace(profile: ColorProfile | undefined, managed: ManagedColors): ScreenSpace {
  return managed === 'managed-p3' && profile !== undefined && profile.problem === undefined ? 'display-p3' : 'srgb';
}

/** One line: which colours are on the screen, and why. */
export function colorWords(profile: ColorProfile | undefined, colors: ScreenColors): string {
  if (profile === undefined) return 'as stored: no profile in the slide';
  if (profile.problem !== undefined) return `as stored: its profile cannot be used (${profile.problem})`;
  return {
    managed: `scanner profile → sRGB (${profile.name})`,
    'managed-p3': `scanner profile → Display-P3 (${profile.name})`,
    stored: `as stored: profile ${profile.name} is off`,
  }[colors];
}

/** "brightness +10 %, gamma 1.2", or undefined when nothing is adjusted. */
export function adjustmentWords(adjustment: Adjustment): string | undefined {
  if (isNeutral(adjustment)) return undefined;
  const { brightness, contrast, gamma } = adjustment;
  return [
    ...(brightness === 0 ? [] : [`brightness ${brightnessWords(brightness)}`]),
    ...(contrast === 1 ? [] : [`contrast ${factorWords(contrast)}`]),
    ...(gamma === 1 ? [] : [`gamma ${factorWords(gamma)}`]),
  ].join(', ');
}

export function brightnessWords(brightness: number): string {
  const percent = Math.round(brightness * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent)} %`;
}

export function factorWords(factor: number): string {
  return factor.toFixed(2);
}

/** Sliders run from 0 to 1 with the neutral value in the middle. */
const MOST = 4;

export const onSlider = {
  brightness: (value: number) => value + 0.5,
  factor: (value: number) => 0.5 + Math.log(value) / Math.log(MOST) / 2,
} as const;

/** The reverse; close to the middle is the middle, so that a hand finds it again. */
export const fromSlider = {
  brightness: (at: number) => (Math.abs(at - 0.5) < 0.008 ? 0 : at - 0.5),
  factor: (at: number) => (Math.abs(at - 0.5) < 0.008 ? 1 : MOST ** ((at - 0.5) * 2)),
} as const;
