import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditController } from './audit.controller.js';
import { AuditStore } from './audit.store.js';

/** Reading the record of changes. It is written by `ChangeStore`, in each change's own transaction. */
@Module({
  controllers: [AuditController],
  providers: [
    {
      provide: AuditStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new AuditStore(database),
    },
  ],
})
export class AuditModule {}
