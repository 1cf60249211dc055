/** Light or dark greys: the system's choice until the person makes one, kept for the next visit. */
import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

const KEY = 'milscope-theme';

export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = readKept();
    if (kept !== undefined) return kept;
    return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  });
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    setTheme(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Storage is off: the choice holds for this visit.
    }
  };
  return [theme, toggle];
}

/** What the switch of the theme would do. */
export function themeWords(theme: Theme): string {
  return theme === 'dark' ? 'Light theme' : 'Dark theme';
}

function readKept(): Theme | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : undefined;
  } catch {
    return undefined;
  }
}
