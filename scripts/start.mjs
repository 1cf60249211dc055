/** npm start: installs, builds, makes the sample slide, serves the app. PORT chooses another port than 4173. */
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { giveUp, requireNode, root } from './project.mjs';

requireNode();
await ensureInstalled();
const { buildPage } = await import('./build.mjs');
const { serve } = await import('./serve.mjs');

await buildPage();
const port = Number(process.env.PORT ?? 4173);
try {
  const address = await serve(path.join(root, 'dist'), port);
  console.log(`milscope is ready: ${address}  (stop with Ctrl+C)`);
} catch (error) {
  if (error.code !== 'EADDRINUSE') throw error;
  giveUp(`Port ${port} is taken, perhaps by a milscope that already runs. Another one: PORT=4174 npm start`);
}
