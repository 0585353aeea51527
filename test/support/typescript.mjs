/**
 * Lets plain Node load the sources outside Jest, as CommonJS compiled on the fly,
 * where './x.js' means './x.ts' as in the sources: for tests that need a process
 * of their own to kill. `load(path)` takes a path relative to the checkout.
 */
import Module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

Module._extensions['.ts'] = (module, file) => {
  const { code } = transformFileSync(file, {
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      keepClassNames: true,
    },
    module: { type: 'commonjs', ignoreDynamic: true },
    sourceMaps: 'inline',
  });
  module._compile(code, file);
};

const resolve = Module._resolveFilename;
Module._resolveFilename = (request, parent, ...rest) => {
  const inSources = parent?.filename?.endsWith('.ts') && request.startsWith('.');
  const meant = inSources ? request.replace(/\.js$/, '.ts') : request;
  return resolve.call(Module, meant, parent, ...rest);
};

export const load = (path) => createRequire(checkout)(`./${path}`);
