import { ADMIN_ROLES, ADMIN_TOKEN_NAME, type AdminToken } from '../common/admin-token.js';
import { parseYaml } from '../common/yaml/parse-yaml.js';
import type { TextGrammar } from '../common/yaml/text-grammar.js';
import { type Distinct, YamlMapping } from '../common/yaml/yaml-mapping.js';
import type { YamlMistake, YamlSource } from '../common/yaml/yaml-source.js';

const SHA256: TextGrammar = {
  pattern: /^[0-9a-f]{64}$/,
  meaning:
    'the SHA-256 of a token in 64 lower-case hex digits; `bin/packyard tokens create` prints it',
  unrepeated: true,
};

/**
 * Reads the text of the file that ADMIN_TOKENS_FILE names: its tokens, or every mistake in it at once.
 * No text makes it throw. A mistake repeats neither a name nor a digest: a token may stand there.
 */
export function parseAdminTokens(
  text: string,
): { document: readonly AdminToken[] } | { mistakes: YamlMistake[] } {
  return parseYaml(text, readTokens);
}

function readTokens(source: YamlSource): AdminToken[] | undefined {
  const root = YamlMapping.root(source, ['tokens']);
  if (!root) return undefined;
  const unique = { names: root.distinct(), digests: root.distinct() };
  return root
    .mappings('tokens', ['name', 'role', 'sha256'])
    .map((mapping) => readToken(mapping, unique));
}

function readToken(
  mapping: YamlMapping,
  unique: { names: Distinct; digests: Distinct },
): AdminToken {
  return {
    name: mapping.text('name', ADMIN_TOKEN_NAME, { distinct: unique.names }),
    role: mapping.word('role', ADMIN_ROLES),
    digest: Buffer.from(mapping.text('sha256', SHA256, { distinct: unique.digests }), 'hex'),
  };
}
