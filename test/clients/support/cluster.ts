import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What kubectl applied: the path it was sent to, and the manifest. */
export interface Applied {
  path: string;
  manifest: string;
}

const documents: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'secrets', namespaced: true, kind: 'Secret', verbs: ['get', 'patch'] }],
  },
};

/**
 * What the real kubectl needs of a cluster to apply a Secret on the server side: discovery, a description
 * of types that names none (an empty protobuf), and somebody who takes the patch.
 */
export class Cluster {
  readonly applied: Applied[] = [];
  private readonly server = createServer((request, response) => {
    const { pathname: path } = new URL(request.url ?? '/', 'http://cluster');
    if (path === '/openapi/v2') return void response.end();
    const answer = documents[path];
    if (answer)
      return void response
        .setHeader('Content-Type', 'application/json')
        .end(JSON.stringify(answer));
    if (request.method !== 'PATCH') return void response.writeHead(404).end();
    void bodyOf(request).then((manifest) => {
      this.applied.push({ path, manifest });
      const name = path.split('/').at(-1);
      const secret = { kind: 'Secret', apiVersion: 'v1', metadata: { name, namespace: 'default' } };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(secret));
    });
  });

  static async start(): Promise<Cluster> {
    const cluster = new Cluster();
    await new Promise<void>((resolve) => cluster.server.listen(0, '127.0.0.1', resolve));
    return cluster;
  }

  /** For `~/.kube/config`. */
  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo;
    return `apiVersion: v1
kind: Config
clusters: [{ name: test, cluster: { server: 'http://127.0.0.1:${port}' } }]
contexts: [{ name: test, context: { cluster: test, user: test } }]
users: [{ name: test, user: {} }]
current-context: test
`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
