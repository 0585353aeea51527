import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { KeyEntity } from './key.entity.js';

/** One secret of a key: its SHA-256 and a hint, never the secret. */
@Entity('key_secret')
export class KeySecretEntity {
  @PrimaryColumn('bytea') hash: Buffer;
  @Column('uuid', { name: 'key_id' }) keyId: string;
  @Column('text') hint: string;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @ManyToOne('KeyEntity', 'secrets')
  @JoinColumn({ name: 'key_id', foreignKeyConstraintName: 'key_secret_key_fk' })
  key: Relation<KeyEntity>;
}
