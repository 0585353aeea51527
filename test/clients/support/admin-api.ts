/** The two calls of the admin API that an operator needs for a subscriber. */
export class AdminApi {
  constructor(private readonly baseUrl: string) {}

  async createKey(
    component: string | string[],
    expiresAt?: Date,
  ): Promise<{ id: string; key: string }> {
    const components = [component].flat();
    const response = await fetch(`${this.baseUrl}/api/v1/keys`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        components,
        label: `client test, ${components.join(', ')}`,
        expires_at: expiresAt,
      }),
    });
    const body = await response.text();
    if (response.status !== 201) throw new Error(`POST /keys: ${response.status} ${body}`);
    return JSON.parse(body) as { id: string; key: string };
  }

  async revokeKey(id: string): Promise<void> {
    const response = await fetch(`${this.baseUrl}/api/v1/keys/${id}`, { method: 'DELETE' });
    if (response.status !== 204) throw new Error(`DELETE /keys/${id}: ${response.status}`);
  }
}
