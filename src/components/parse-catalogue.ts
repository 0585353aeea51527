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
import { parseYaml } from '../common/yaml/parse-yaml.js';
import { type Distinct, YamlMapping } from '../common/yaml/yaml-mapping.js';
import type { YamlMistake, YamlSource } from '../common/yaml/yaml-source.js';

/** A mistake in the catalogue file and its place. */
export type CatalogueMistake = YamlMistake;

/**
 * Reads the text of `config/packyard.yml`: the catalogue, or every mistake in it
 * at once, in the order of the file. No text makes it throw.
 *
 * The shape is read from the YAML nodes and not by class-validator, which does
 * not say which element of a list is wrong, and knows no lines.
 */
export function parseCatalogue(
  yamlText: string,
): { document: CatalogueDocument } | { mistakes: CatalogueMistake[] } {
  return parseYaml(yamlText, readCatalogue);
}

function readCatalogue(source: YamlSource): CatalogueDocument | undefined {
  const root = YamlMapping.root(source, ['components']);
  if (!root) return undefined;
  const unique = { names: root.distinct(), repositories: root.distinct() };
  const components = root
    .mappings('components', ['name', 'description', 'visibility', 'series', 'rpm', 'deb', 'oci'])
    .map((mapping) => readComponent(mapping, unique));
  return { components };
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
