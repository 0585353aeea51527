import { Catalogue, type Component } from './catalogue.js';

const core: Component = {
  name: 'core',
  description: 'Core server',
  visibility: 'private',
  series: ['2025'],
  rpm: { targets: ['el9-x86_64'] },
  oci: { repository: 'lts-core', architectures: ['amd64'] },
};
const tools: Component = { ...core, name: 'tools', visibility: 'public', oci: undefined };

describe('Catalogue', () => {
  it('finds a component by its name and by its repository', () => {
    const catalogue = new Catalogue({ components: [core, tools] });

    expect(catalogue.component('tools')).toEqual(tools);
    expect(catalogue.componentOfRepository('lts-core')).toEqual(core);
    expect(catalogue.components.map(({ name }) => name)).toEqual(['core', 'tools']);
  });

  it('finds nothing under another name, nor a component by the kind of name it does not have', () => {
    const catalogue = new Catalogue({ components: [core] });

    expect(catalogue.component('lts-core')).toBeUndefined();
    expect(catalogue.componentOfRepository('core')).toBeUndefined();
    expect(catalogue.component('')).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'takes %s for a name like any other',
    (name) => {
      const named = { ...core, name, oci: { repository: name, architectures: ['amd64'] } };

      expect(new Catalogue({ components: [core] }).component(name)).toBeUndefined();
      expect(new Catalogue({ components: [core] }).componentOfRepository(name)).toBeUndefined();
      expect(new Catalogue({ components: [named] }).component(name)).toEqual(named);
      expect(new Catalogue({ components: [named] }).componentOfRepository(name)).toEqual(named);
    },
  );

  it('stays as it was made, whatever happens to the document or is tried on its parts', () => {
    const document = { components: [structuredClone(core)] };
    const catalogue = new Catalogue(document);

    document.components.pop();
    const found = catalogue.component('core')!;

    expect(catalogue.components).toEqual([core]);
    expect(() => Object.assign(found, { visibility: 'public' })).toThrow(/read only/);
    expect(() => (found.rpm!.targets as string[]).push('el8-x86_64')).toThrow(/not extensible/);
    expect(() => (catalogue.components as Component[]).pop()).toThrow(/Cannot delete/);
  });
});
