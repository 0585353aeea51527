import { asReason, LONGEST_REASON } from './cancel-reason.js';

describe('a message as a reason', () => {
  it('is one line', () => {
    expect(asReason('\nrefused:\r\n  a.rpm\u0000\n')).toBe('refused:   a.rpm');
  });

  it('is cut to what the server takes, and not within a character', () => {
    expect(asReason('x'.repeat(600))).toBe('x'.repeat(LONGEST_REASON));
    expect(asReason('x'.repeat(499) + '🎉')).toBe('x'.repeat(499));
  });
});
