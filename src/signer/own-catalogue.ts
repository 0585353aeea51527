import { readFile } from 'node:fs/promises';
import type { Component } from '../components/catalogue.js';
import { ALL_ARCHITECTURES, type Destination } from '../promotion/publication.js';
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

/**
 * The component of a promotion of images.
 * @throws SigningRefused where it has no images, or they are to be promoted in part
 */
export async function ownImages(
  catalogueFile: string,
  { component: name, target }: Destination,
): Promise<Component> {
  const component = await ownComponent(catalogueFile, name);
  if (!component.oci) {
    throw new SigningRefused(
      `The catalogue ${catalogueFile} of this checkout has no images of ${name}.`,
    );
  }
  if (target === ALL_ARCHITECTURES) return component;
  throw new SigningRefused(
    `Images are promoted in all architectures at once: name ${ALL_ARCHITECTURES} in the place of ${target}.`,
  );
}
