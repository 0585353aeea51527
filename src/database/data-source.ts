import { DataSource } from 'typeorm';
import { KeysAndCatalogue1763900000000 } from '../../migrations/1763900000000-keys-and-catalogue.js';
import { UsageAndProcesses1764000000000 } from '../../migrations/1764000000000-usage-and-processes.js';
import { AuditAndRotation1764100000000 } from '../../migrations/1764100000000-audit-and-rotation.js';
import { Promotion1764200000000 } from '../../migrations/1764200000000-promotion.js';
import { KeyJournal1764600000000 } from '../../migrations/1764600000000-key-journal.js';
import { CancelReason1764700000000 } from '../../migrations/1764700000000-cancel-reason.js';
import { KeySecretEntity } from '../keys/key-secret.entity.js';
import { KeyEntity } from '../keys/key.entity.js';

/** In the order in which they run. */
const migrations = [
  KeysAndCatalogue1763900000000,
  UsageAndProcesses1764000000000,
  AuditAndRotation1764100000000,
  Promotion1764200000000,
  KeyJournal1764600000000,
  CancelReason1764700000000,
];

/** Milliseconds. A database that is paused, not gone, answers nothing: a query must end by itself. */
const QUERY_TIMEOUT = 10_000;
const CONNECT_TIMEOUT = 5_000;

/** The one connection pool of this process. It is not connected yet. */
export function createDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [KeyEntity, KeySecretEntity],
    migrations,
    migrationsTableName: 'migration',
    applicationName: 'packyard',
    logging: false,
    poolSize: 10,
    connectTimeoutMS: CONNECT_TIMEOUT,
    extra: { query_timeout: QUERY_TIMEOUT, keepAlive: true },
  });
}
