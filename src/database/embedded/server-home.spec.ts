import { nameAfter } from './server-home.js';

describe('nameAfter', () => {
  it('is the same for the same folder, another for another, and short enough for a socket path', () => {
    expect(nameAfter('/root/packyard/.packyard')).toBe(nameAfter('/root/packyard/.packyard'));
    expect(nameAfter('/root/packyard/.packyard')).not.toBe(nameAfter('/root/other/.packyard'));
    expect(nameAfter('/root/packyard/.packyard')).toMatch(/^[0-9a-f]{16}$/);
  });
});
