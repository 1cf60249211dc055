/** How a page lies in its window: what of its text is cut or outside, and how large what is pressed is. */
import type { Page } from '@playwright/test';

/**
 * Text that cannot be read: outside the window, or cut by a box that neither scrolls nor says with an ellipsis that it cuts.
 * One line each: the text, and by how many CSS px it is out. Also says so if the page itself scrolls.
 */
export function unreadableText(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const { scrollWidth, scrollHeight } = document.documentElement;
    if (scrollWidth > innerWidth || scrollHeight > innerHeight)
      found.push(`the page is ${scrollWidth}x${scrollHeight}`);
    const isUnseen = (element: Element | null): boolean => {
      if (element === null) return false;
      const { width, height } = element.getBoundingClientRect();
      return (width <= 1 && height <= 1) || isUnseen(element.parentElement);
    };
    const isHidden = (element: Element) =>
      !element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) ||
      element.closest('.visually-hidden, .skip-link, [aria-hidden=true]') !== null ||
      isUnseen(element);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (parent === null || text === '' || isHidden(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width === 0) continue;
      // Along an axis that scrolls, only the scrolled box itself must be in the window.
      let [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
      let out = 0;
      for (let at: Element | null = parent; at !== null && at !== document.body; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.display === 'contents' || style.display === 'inline') continue;
        const edge = at.getBoundingClientRect();
        const saysSo = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
        if (style.overflowX !== 'visible') {
          if (style.overflowX === 'hidden' && !saysSo) out = Math.max(out, right - edge.right, edge.left - left);
          [left, right] = [edge.left, edge.right];
        }
        if (style.overflowY !== 'visible') {
          if (style.overflowY === 'hidden' && !saysSo) out = Math.max(out, bottom - edge.bottom, edge.top - top);
          [top, bottom] = [edge.top, edge.bottom];
        }
      }
      out = Math.max(out, right - innerWidth, bottom - innerHeight, -left, -top);
      if (out > 1.5) found.push(`"${text.slice(0, 60)}" is out by ${Math.round(out)} px`);
    }
    return found;
  });
}

/** Everything to press that is smaller than so many CSS px in height or width; links inside sentences are as high as these. */
export function smallTargets(page: Page, least: number): Promise<string[]> {
  return page.evaluate((least) => {
    const found: string[] = [];
    const isUnseen = (element: Element | null): boolean => {
      if (element === null) return false;
      const { width, height } = element.getBoundingClientRect();
      return (width <= 1 && height <= 1) || isUnseen(element.parentElement);
    };
    const targets = 'button, a[href], [role=link], label:has(input), [role=menuitem], [role=option], .slider-track';
    for (const target of document.querySelectorAll<HTMLElement>(targets)) {
      if (!target.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      if (target.closest('.visually-hidden, .skip-link, [aria-hidden=true]') !== null || isUnseen(target)) continue;
      const { width, height } = target.getBoundingClientRect();
      if (Math.min(width, height) < least - 0.5) {
        const name = target.getAttribute('aria-label') ?? target.textContent?.trim() ?? target.className;
        found.push(`${name.slice(0, 40)}: ${Math.round(width)}x${Math.round(height)}`);
      }
    }
    return found;
  }, least);
}

/** What floats over the slide and covers something else that does. */
export function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const names = ['.view-tools', '.navigator', '.legend', '.scale-bar', '.magnifications', '.magnification'];
    const boxes = names.flatMap((name) =>
      [...document.querySelectorAll(`.stage ${name}`)]
        .filter((one) => one.checkVisibility())
        .map((one) => ({ name, box: one.getBoundingClientRect() })),
    );
    return boxes.flatMap((one, at) =>
      boxes
        .slice(at + 1)
        .filter(
          ({ box }) =>
            Math.min(box.right, one.box.right) - Math.max(box.left, one.box.left) > 1 &&
            Math.min(box.bottom, one.box.bottom) - Math.max(box.top, one.box.top) > 1,
        )
        .map(({ name }) => `${one.name} and ${name}`),
    );
  });
}
