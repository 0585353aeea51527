import { readFile } from 'node:fs/promises';
import type { Component } from '../components/catalogue.js';
import { parseCatalogue } from '../components/parse-catalogue.js';
import { SigningRefused } from './signing-refused.js';

/**
 * A component as the signer's own checkout has it, and not by the word of the server.
 * @throws SigningRefused where there is none, or the catalogue has mistakes
 */
export async function ownComponent(catalogueFile: string, name: string): Promise<Component> {
  const text = await readFile(catalogueFile, 'utf8').catch((error: Error) => {
    throw new SigningRefused(`The catalogue of this checkout cannot be read: ${error.message}`);
  });
  const read = parseCatalogue(text);
  if (!('document' in read)) {
    throw new SigningRefused(`The catalogue ${catalogueFile} of this checkout has mistakes.`);
  }
  const component = read.document.components.find((each) => each.name === name);
  if (component) return component;
  throw new SigningRefused(`The catalogue ${catalogueFile} of this checkout has no ${name}.`);
}
