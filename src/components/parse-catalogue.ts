import type { CatalogueDocument, Component } from './catalogue.js';
import {
  COMPONENT_NAME,
  DEB_ARCHITECTURE,
  DEB_DISTRIBUTION,
  DESCRIPTION,
  OCI_ARCHITECTURE,
  OCI_REPOSITORY,
  RPM_TARGET,
  SERIES,
} from './catalogue-grammar.js';
import { type Distinct, YamlMapping } from './yaml-mapping.js';
import { TooManyValues, type YamlMistake, YamlSource } from './yaml-source.js';

/** A mistake in the catalogue file and its place. */
export type CatalogueMistake = YamlMistake;

/**
 * Reads the text of `config/packyard.yml`: the catalogue, or every mistake in it
 * at once, in the order of the file. Where the text is no YAML, the mistakes are
 * those of its syntax alone. No text makes it throw.
 *
 * The shape is read from the YAML nodes and not by class-validator, which does
 * not say which element of a list is wrong, and knows no lines.
 */
export function parseCatalogue(
  yamlText: string,
): { document: CatalogueDocument } | { mistakes: CatalogueMistake[] } {
  const source = new YamlSource(yamlText);
  const document = source.mistakes.length === 0 ? readCatalogue(source) : undefined;
  if (document && source.mistakes.length === 0) return { document };
  return { mistakes: source.mistakes.sort((a, b) => a.line - b.line || a.column - b.column) };
}

function readCatalogue(source: YamlSource): CatalogueDocument | undefined {
  try {
    const root = YamlMapping.root(source, ['components']);
    if (!root) return undefined;
    const unique = { names: root.distinct(), repositories: root.distinct() };
    const components = root
      .mappings('components', ['name', 'description', 'visibility', 'series', 'rpm', 'deb', 'oci'])
      .map((mapping) => readComponent(mapping, unique));
    return { components };
  } catch (error) {
    if (error instanceof TooManyValues) return undefined;
    throw error;
  }
}

function readComponent(
  mapping: YamlMapping,
  unique: { names: Distinct; repositories: Distinct },
): Component {
  if (!['rpm', 'deb', 'oci'].some((format) => mapping.has(format))) {
    mapping.refuse('a component needs at least one of rpm, deb, oci');
  }
  const rpm = mapping.mapping('rpm', ['targets']);
  const deb = mapping.mapping('deb', ['distributions', 'architectures']);
  const oci = mapping.mapping('oci', ['repository', 'architectures']);
  return {
    name: mapping.text('name', COMPONENT_NAME, { distinct: unique.names }),
    description: mapping.text('description', DESCRIPTION, { fallback: '' }),
    visibility: mapping.choice('visibility', ['private', 'public']),
    series: mapping.texts('series', SERIES),
    ...(rpm && { rpm: { targets: rpm.texts('targets', RPM_TARGET) } }),
    ...(deb && {
      deb: {
        distributions: deb.texts('distributions', DEB_DISTRIBUTION),
        architectures: deb.texts('architectures', DEB_ARCHITECTURE),
      },
    }),
    ...(oci && {
      oci: {
        repository: oci.text('repository', OCI_REPOSITORY, { distinct: unique.repositories }),
        architectures: oci.texts('architectures', OCI_ARCHITECTURE),
      },
    }),
  };
}
