import { Inject, Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { SETTINGS, type Settings } from '../config/settings.js';
import { warningsOf } from './status-warnings.js';
import type { Status } from './status.js';
import { StatusService } from './status.service.js';

/** A figure with what it is of. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Names and meanings are in docs/operations/monitoring.md. No label takes anything that a client wrote. */
const METRICS = [
  {
    name: 'packyard_status_warnings',
    help: 'How many things need attention, by severity. The status has each in words, and what to do.',
    labelNames: ['severity'],
    samples: (status: Status) => {
      const all = warningsOf(status);
      const count = (severity: string) => all.filter((each) => each.severity === severity).length;
      return ['critical', 'warning'].map((severity): Sample => [{ severity }, count(severity)]);
    },
  },
  {
    name: 'packyard_database_up',
    help: 'Whether the database answers the admin process.',
    labelNames: [],
    samples: ({ health }: Status) => [flag(health.database.up)],
  },
  {
    name: 'packyard_registry_up',
    help: 'Whether the registry of images answers the admin process, where there is one.',
    labelNames: [],
    samples: ({ health: { registry } }: Status) => (registry ? [flag(registry.up)] : []),
  },
  {
    name: 'packyard_promotions_under_way',
    help: 'Promotions, rollbacks and withdrawals that were ordered and have not ended.',
    labelNames: ['publication'],
    samples: ({ promotions }: Status) =>
      (promotions ?? []).map(({ publication, underWay }): Sample => [{ publication }, underWay]),
  },
  {
    name: 'packyard_promotion_failed',
    help: 'Whether one has failed since a release of the publication went live.',
    labelNames: ['publication'],
    samples: ({ promotions }: Status) =>
      (promotions ?? []).map(({ publication, failure }): Sample => [
        { publication },
        failure === null ? 0 : 1,
      ]),
  },
  {
    name: 'packyard_keys',
    help: 'Keys by state.',
    labelNames: ['state'],
    samples: ({ keys }: Status) =>
      keys
        ? (['active', 'expired', 'revoked'] as const).map((state): Sample => [
            { state },
            keys[state],
          ])
        : [],
  },
  {
    name: 'packyard_backup_verified_timestamp_seconds',
    help: 'When the newest backup that was restored to try it was made, where BACKUP_DIR is set.',
    labelNames: [],
    samples: ({ health: { backup } }: Status): Sample[] =>
      backup ? [[{}, (backup.lastVerifiedAt?.getTime() ?? 0) / 1000]] : [],
  },
] as const;

function flag(up: boolean): Sample {
  return [{}, up ? 1 : 0];
}

/** What the status says as figures, from the process that has it: the one with the admin listener. */
@Injectable()
export class StatusMetrics {
  private reading: Promise<Status> | undefined;

  constructor(
    private readonly status: StatusService,
    @Inject(SETTINGS) { listen }: Settings,
  ) {
    if (listen.admin) for (const metric of METRICS) this.register(metric);
  }

  private register({ samples, ...metric }: (typeof METRICS)[number]): void {
    const gauge: Gauge = new Gauge({
      ...metric,
      collect: async () => {
        const status = await this.read();
        // A figure that is not known is none, and not 0, to which a reset sets the one without labels.
        if (metric.labelNames.length > 0) gauge.reset();
        else gauge.remove();
        for (const [labels, value] of samples(status)) gauge.set(labels, value);
      },
    });
  }

  /** One look for all that Prometheus asks for at a time. */
  private read(): Promise<Status> {
    this.reading ??= this.status.report().finally(() => (this.reading = undefined));
    return this.reading;
  }
}
