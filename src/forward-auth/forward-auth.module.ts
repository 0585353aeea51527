import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { ComponentsModule } from '../components/components.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { AccessRecorder, accessMetricProviders } from './access-recorder.js';
import { ForwardAuthHandler } from './forward-auth.handler.js';
import { ForwardAuthService } from './forward-auth.service.js';

/** May this request pass? Asked by Traefik on the auth listener, and by the gateway in-process. */
@Module({
  imports: [ChangesModule, ComponentsModule, KeysModule, UsageModule],
  providers: [ForwardAuthService, ForwardAuthHandler, AccessRecorder, ...accessMetricProviders],
  exports: [ForwardAuthService, ForwardAuthHandler],
})
export class ForwardAuthModule {}
