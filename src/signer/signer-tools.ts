import type { Format } from '../promotion/publication.js';
import { requireTools } from '../promotion/tools/run-tool.js';

export { startToolsElsewhere } from '../promotion/tools/run-tool.js';

/**
 * What signing runs, of each format.
 * @throws DomainError TOOL_MISSING, naming each tool that is missing and its Debian package
 */
export async function requireSignerTools(format: Format): Promise<void> {
  await requireTools(['gpg', 'gpgconf', ...TOOLS[format]]);
}

const TOOLS = {
  rpm: ['rpm', 'rpmkeys', 'rpmsign', 'createrepo_c'],
  deb: ['dpkg-deb'],
  oci: [],
} as const;
