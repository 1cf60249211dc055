/** Finds a Chromium for the browser tests, or gets one. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { capture, root, run, tool } from './project.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];

const OTHER_PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .map((folder) => path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe')),
};

/** A browser that is there but cannot start (a stub of a package, a missing library) is none. */
async function starts(file) {
  if (!file || !existsSync(file)) return false;
  // Chrome on Windows has no --version on the terminal.
  if (process.platform === 'win32') return true;
  const { code, stdout } = await capture(file, ['--version'], { timeout: 30_000 });
  return code === 0 && /Chrom|Edge/.test(stdout);
}

function installed() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return [
    ...folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))),
    ...(OTHER_PLACES[process.platform] ?? []),
  ];
}

async function firstThatStarts(files) {
  for (const file of files) if (await starts(file)) return file;
  return undefined;
}

async function fromDebian() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.log("No browser found: installing Debian's chromium ...");
  const options = { stdio: ['ignore', 'ignore', 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await run('apt-get', ['update', '-qq'], options);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
  return firstThatStarts(installed());
}

async function fromPlaywright() {
  const { chromium } = createRequire(path.join(root, 'package.json'))('@playwright/test');
  if (await starts(chromium.executablePath())) return chromium.executablePath();
  console.log("No browser found: downloading Playwright's Chromium ...");
  await tool('@playwright/test/cli.js', ['install', 'chromium'], { stdio: ['ignore', 'ignore', 2] });
  return firstThatStarts([chromium.executablePath()]);
}

/** The path of a Chromium that starts, or undefined when none could be found or got. */
export async function findBrowser() {
  const wanted = process.env.CHROMIUM_PATH;
  if (wanted) {
    if (await starts(wanted)) return wanted;
    console.error(`CHROMIUM_PATH names ${wanted}, which does not start; looking further.`);
  }
  return (await firstThatStarts(installed())) ?? (await fromDebian()) ?? (await fromPlaywright());
}
