import { IsBoolean } from 'class-validator';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import type { Published } from '../published/published.js';
import { type PublishedDto, publishedDto } from '../published/published.dto.js';
import type { Component } from './catalogue.js';

export class RpmDto {
  /**
   * The targets that packages are promoted to.
   * @example ["el9-x86_64", "el10-x86_64"]
   */
  targets: string[];
}

export class DebDto {
  /** @example ["bookworm", "noble"] */
  distributions: string[];
  /** @example ["amd64", "arm64"] */
  architectures: string[];
}

export class OciDto {
  /**
   * The image is `HOST/oci/{repository}`.
   * @example lts-core
   */
  repository: string;
  /** @example ["amd64", "arm64"] */
  architectures: string[];
}

/** A component of the catalogue: what a key can be scoped to. */
export class ComponentDto {
  /**
   * What a key is scoped to, and the second segment of package URLs.
   * @example core
   */
  name: string;
  /**
   * For people; empty where the file says nothing.
   * @example "Core server"
   */
  description: string;
  /** A public component is served without a key. */
  visibility: 'public' | 'private';
  /**
   * The lines of releases that it has.
   * @example ["2024", "2025"]
   */
  series: string[];
  /** Present when the component has RPM packages. */
  rpm?: RpmDto;
  /** Present when the component has DEB packages. */
  deb?: DebDto;
  /** Present when the component has a container image. */
  oci?: OciDto;
  /** What subscribers get of it now. */
  published: PublishedDto;
}

export class ReloadCatalogueDto {
  /** Put the file in force although a component that live keys use is missing from it. */
  @MayBeLeftOut()
  @IsBoolean()
  force?: boolean;
}

export class AffectedKeyDto {
  id: string;
  /** @example "Acme Corp — Core" */
  label: string;
  /** What it was made for, whether or not that exists any more. */
  components: string[];
}

export class ReloadedCatalogueDto {
  /** False when the file says what was in force already. */
  changed: boolean;
  components: ComponentDto[];
  /** The live keys that lost a component by it: none but with `force`. */
  affected_keys: AffectedKeyDto[];
}

export function componentDto(
  { name, description, visibility, series, rpm, deb, oci }: Component,
  published: Published,
): ComponentDto {
  return {
    name,
    description,
    visibility,
    series: [...series],
    ...(rpm && { rpm: { targets: [...rpm.targets] } }),
    ...(deb && {
      deb: { distributions: [...deb.distributions], architectures: [...deb.architectures] },
    }),
    ...(oci && { oci: { repository: oci.repository, architectures: [...oci.architectures] } }),
    published: publishedDto(published),
  };
}
