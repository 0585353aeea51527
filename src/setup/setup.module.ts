import { Module } from '@nestjs/common';
import { ComponentsModule } from '../components/components.module.js';
import { PublicUrl } from './public-url.js';
import { SetupService } from './setup.service.js';

@Module({
  imports: [ComponentsModule],
  providers: [PublicUrl, SetupService],
  exports: [SetupService, PublicUrl],
})
export class SetupModule {}
