/** The keys, as data: what the page does on each. What the help says of them stands in key-help.ts. */

export type KeyAction =
  | 'pan-left'
  | 'pan-right'
  | 'pan-up'
  | 'pan-down'
  | 'zoom-in'
  | 'zoom-out'
  | 'home'
  | 'rotate-left'
  | 'rotate-right'
  | 'full-screen'
  /** A tap; held down it hides the map while it is held. */
  | 'heatmap'
  /** Does nothing as a tap. */
  | 'hold-bare'
  | 'next-map'
  | 'coverage'
  | 'table'
  | 'run'
  | 'export'
  | 'colours'
  | 'display-reset'
  | 'opacity-down'
  | 'opacity-up'
  | 'next-tile'
  | 'previous-tile'
  | 'magnification-0'
  | 'magnification-1'
  | 'magnification-2'
  | 'magnification-3'
  | 'magnification-4'
  | 'magnification-5'
  | 'no-tile'
  | 'help';

/** By KeyboardEvent.key, lower case. */
export const KEYS: Readonly<Record<string, KeyAction>> = {
  arrowleft: 'pan-left',
  arrowright: 'pan-right',
  arrowup: 'pan-up',
  arrowdown: 'pan-down',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  _: 'zoom-out',
  '0': 'home',
  '1': 'magnification-0',
  '2': 'magnification-1',
  '3': 'magnification-2',
  '4': 'magnification-3',
  '5': 'magnification-4',
  '6': 'magnification-5',
  r: 'rotate-right',
  e: 'rotate-left',
  f: 'full-screen',
  h: 'heatmap',
  ' ': 'hold-bare',
  v: 'next-map',
  a: 'coverage',
  t: 'table',
  x: 'export',
  c: 'colours',
  d: 'display-reset',
  '[': 'opacity-down',
  ']': 'opacity-up',
  n: 'next-tile',
  p: 'previous-tile',
  escape: 'no-tile',
  '?': 'help',
};

/** With Ctrl or the Mac's command key. They type nothing, so they stay where single-letter keys are switched off. */
export const CHORDS: Readonly<Record<string, KeyAction>> = { enter: 'run' };

/** The button that the key for Export presses. */
export const EXPORT_BUTTON_ID = 'export-button';

/** The parts of a KeyboardEvent that decide. */
export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly defaultPrevented: boolean;
}

/** What has the focus: a field that is typed into, a control that is stepped with the arrows, the slide, or none of them. */
export type Focus = 'typed' | 'stepped' | 'slide' | 'free';

/** What a key does, or undefined: fields keep all keys, sliders and choices keep the arrows, buttons keep Space. */
export function keyAction(pressed: PressedKey, focus: Focus, hasKeys: boolean): KeyAction | undefined {
  if (pressed.altKey || pressed.defaultPrevented || focus === 'typed') return undefined;
  const key = pressed.key.toLowerCase();
  if (pressed.ctrlKey || pressed.metaKey) return CHORDS[key];
  if (!hasKeys) return undefined;
  if (focus === 'stepped' && key.startsWith('arrow')) return undefined;
  if (key === ' ' && focus !== 'slide') return undefined;
  return KEYS[key];
}

const TYPED =
  'input:not([type=file], [type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable], [role=listbox], [role=menu], [role=dialog]';
const STEPPED = '[type=radio], [type=range], [role=radiogroup], [role=toolbar]';

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return 'free';
  if (target.closest(TYPED) !== null) return 'typed';
  if (target.closest('.slide-view') !== null) return 'slide';
  return target.closest(STEPPED) === null ? 'free' : 'stepped';
}
