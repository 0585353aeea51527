import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Up to which change the journal of keys, outside this database, has everything; null where none is kept. */
export class KeyJournal1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE change_counter ADD journaled bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE change_counter DROP journaled');
  }
}
