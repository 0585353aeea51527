import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why a promotion was cancelled, in the words of who did. */
export class CancelReason1764700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE promotion ADD cancel_reason text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE promotion DROP cancel_reason');
  }
}
