// The part of requirejs that a widget's script meets: `define(dependencies, factory)` in the top page.

export function createLoader(modules) {
  let pending = null;
  window.define = (...parts) => {
    const factory = parts.at(-1);
    const dependencies = parts.find((part) => Array.isArray(part)) ?? [];
    pending = { factory, dependencies };
  };
  window.define.amd = {};

  const resolve = (name) => {
    if (!(name in modules)) throw new Error(`The module "${name}" is not one that the sandbox provides.`);
    return modules[name];
  };
  window.require = (names, then) => then?.(...names.map(resolve));

  // Loads a script with a <script> element in the top page, as Kommo does, and returns what it defines.
  return (address) =>
    new Promise((done, fail) => {
      const script = document.createElement('script');
      script.src = address;
      script.addEventListener('error', () => fail(new Error(`${address} could not be loaded.`)));
      script.addEventListener('load', () => {
        const definition = pending;
        pending = null;
        if (definition === null) return fail(new Error('The script does not call define().'));
        try {
          const { factory, dependencies } = definition;
          return done(typeof factory === 'function' ? factory(...dependencies.map(resolve)) : factory);
        } catch (error) {
          return fail(error);
        }
      });
      document.head.append(script);
    });
}
