import type { ClientSetup, SetupOrder } from './key-setup.js';
import { authFile, type OciComponent, repositoryOf } from './registry-login.js';
import { askForKey, paste, PREAMBLE, quoted } from './root-shell.js';

/**
 * A pull secret for each repository, filed under `HOST/oci/NAME` and not under the host, so that two
 * subscriptions of one host can live side by side: kubelet takes the longest match (Kubernetes,
 * "Images", "Interpretation of config.json").
 */
export function kubernetesSetup(
  order: SetupOrder,
  components: readonly OciComponent[],
): ClientSetup {
  const names = components.map((component) => secretName(order, component));
  const usage = `imagePullSecrets:\n${names.map((name) => `  - name: ${name}`).join('\n')}`;
  return {
    client: 'kubernetes',
    title: 'Kubernetes pull secret',
    explanation:
      'Paste it where kubectl is set up for the cluster; it asks for the key and makes the secret in the ' +
      'current namespace (kubectl config set-context --current --namespace=NAME changes it). It applies on the ' +
      'server side, which keeps no second copy of the key in an annotation. Pods, or their service account, name the ' +
      'secret: the lines are printed in the end.',
    text: kubernetesScript(order, components, usage),
    files: [
      {
        path: `${order.site.slug}-pull-secret.yaml`,
        mode: '0600',
        content: `${usage.replace(/^/gm, '# ')}\n${manifests(order, components)}\n`,
      },
    ],
  };
}

function kubernetesScript(
  order: SetupOrder,
  components: readonly OciComponent[],
  usage: string,
): string {
  const standIn = 'AUTH';
  const manifest = quoted(manifests(order, components, standIn)).replaceAll(
    `\\"${standIn}\\"`,
    '\\"$auth\\"',
  );
  return paste(
    PREAMBLE,
    askForKey(order.site.host),
    `
auth=$(printf "subscriber:%s" "$key" | base64 | tr -d "\\n")
printf "%s\\n" ${manifest} |
  kubectl apply --server-side --filename -`,
    `
printf "%s\\n" "For the spec of a pod, or for a service account:" ${quoted(usage)}`,
  );
}

function manifests(order: SetupOrder, components: readonly OciComponent[], auth?: string): string {
  return components
    .map(
      (component) => `apiVersion: v1
kind: Secret
metadata:
  name: ${secretName(order, component)}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: |
${authFile(order, [repositoryOf(order, component)], auth).replace(/^/gm, '    ')}`,
    )
    .join('\n---\n');
}

/** A DNS label: what a component's name alone need not be, since it may end with a hyphen (RFC 1123). */
function secretName({ site }: SetupOrder, { name }: OciComponent): string {
  return `${site.slug}-${name}-pull`;
}
