import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { ComponentsModule } from '../components/components.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { KeyLookupController } from './key-lookup.controller.js';
import { KeyLookupService } from './key-lookup.service.js';

/** Support's question about a key, answered by the rule that judges requests. */
@Module({
  imports: [KeysModule, ComponentsModule, ChangesModule],
  controllers: [KeyLookupController],
  providers: [KeyLookupService],
})
export class KeyLookupModule {}
