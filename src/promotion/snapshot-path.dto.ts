import { IsString, MaxLength } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';

export class SnapshotPathDto {
  /**
   * A file of the snapshot.
   * @example "repodata/repomd.xml"
   */
  @IsPrintable()
  @MaxLength(1_000)
  @IsString()
  path: string;
}
