import { Column, Entity, OneToMany, PrimaryColumn, type Relation } from 'typeorm';
import { KeySecretEntity } from './key-secret.entity.js';

@Entity('key')
export class KeyEntity {
  @PrimaryColumn('uuid') id: string;
  @Column('text') label: string;
  @Column('text', { nullable: true }) customer: string | null;
  @Column('text', { array: true }) components: string[];
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('text', { name: 'idempotency_key', nullable: true, select: false })
  idempotencyKey: string | null;
  @OneToMany(() => KeySecretEntity, (secret) => secret.key) secrets: Relation<KeySecretEntity>[];
}
