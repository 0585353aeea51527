/** A process in the midst of a tool: dpkg-deb waits at the named pipe that it is given for ever. */
import { load } from '../../support/typescript.mjs';

const { runTool } = load('src/promotion/tools/run-tool.ts');
const [pipe, home] = process.argv.slice(2);
await runTool('dpkg-deb', ['--field', pipe], { home });
