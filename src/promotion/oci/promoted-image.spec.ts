import type { ReleasePackage } from '../release.js';
import { promotedImage, withdrawnImage } from './promoted-image.js';

function image(architecture: string, version: string, identity = `${architecture} ${version}`) {
  const path = `blobs/sha256/${identity}`;
  const all = { target: 'all', name: 'lts-core', version, architecture, path, size: 1 };
  return { ...all, sha256: identity, identity } satisfies ReleasePackage;
}
const version = (of: string) => [image('amd64', of), image('arm64', of)];

describe('the images of a promotion', () => {
  it('take the place of what is live', () => {
    expect(promotedImage(version('1'), version('2'))).toEqual({
      packages: version('2'),
      added: version('2'),
      removed: version('1'),
    });
  });

  it('change nothing where they are live', () => {
    expect(promotedImage(version('1'), version('1'))).toMatchObject({ added: [], removed: [] });
  });

  it('are of one version', () => {
    expect(() => promotedImage([], [image('amd64', '1'), image('arm64', '2')])).toThrow(
      /amd64: 1, arm64: 2/,
    );
  });

  it.each([
    ['other content', [image('amd64', '1', 'other'), image('arm64', '1')]],
    ['a further architecture', [...version('1'), image('riscv64', '1')]],
    ['one architecture less', [image('amd64', '1')]],
  ])('do not change a version that is live: %s', (_what, staged) => {
    expect(() => promotedImage(version('1'), staged)).toThrow(/lts-core:1 is live with other/);
  });
});

describe('a withdrawal of images', () => {
  it.each([['1'], ['blobs/sha256/arm64 1']])('takes a version whole, by %s', (name) => {
    expect(withdrawnImage(version('2'), version('1'), [name])).toEqual({
      packages: version('2'),
      added: [],
      removed: version('1'),
    });
  });

  it('refuses what is live, and what is not there', () => {
    expect(() => withdrawnImage(version('2'), version('2'), ['2'])).toThrow(/names now/);
    expect(() => withdrawnImage(version('2'), version('1'), ['3'])).toThrow(/path 3/);
  });
});
