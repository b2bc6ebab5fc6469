// Runs sandboxed code in a realm of its own, which has no globals and of the methods of values only those of Tag
// Manager's standard library. What goes in or out is copied, functions are wrapped: nothing of Node gets in.
import vm from 'node:vm';

const PROTOTYPE_KEEPS = {
  Array: `concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight reverse shift slice some
    sort splice toString unshift length`,
  String: `charAt concat indexOf lastIndexOf match replace search slice split substring toLowerCase toLocaleLowerCase
    toString toUpperCase toLocaleUpperCase trim length`,
  Object: 'hasOwnProperty toString valueOf',
  Function: 'length name',
  Number: 'toString valueOf',
  Boolean: 'toString valueOf',
};

/** Takes from a fresh realm what the sandbox does not have; runs inside of it. */
const STRIP = `keeps => {
  const realm = globalThis;
  const makers = { array: () => [], object: () => ({}) };
  for (const [name, kept] of Object.entries(keeps)) {
    const prototype = realm[name].prototype;
    for (const key of Object.getOwnPropertyNames(prototype)) if (!kept.has(key)) delete prototype[key];
  }
  for (const name of Object.getOwnPropertyNames(realm)) delete realm[name];
  return makers;
}`;

export class Sandbox {
  #context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  #makers;
  /** Both ways, so that a function that comes back is the one that went. */
  #wrapped = new WeakMap();

  constructor() {
    const keeps = Object.entries(PROTOTYPE_KEEPS).map(([name, kept]) => [name, new Set(kept.split(/\s+/))]);
    this.#makers = vm.runInContext(STRIP, this.#context)(Object.fromEntries(keeps));
  }

  /**
   * Runs code as the body of a function with these parameters.
   * @param {string} code
   * @param {Record<string, unknown>} globals
   */
  run(code, globals) {
    const names = Object.keys(globals);
    const compiled = vm.compileFunction(`'use strict';${code}`, names, { parsingContext: this.#context });
    return this.outside(compiled(...names.map(name => this.inside(globals[name]))));
  }

  /** A copy of a value for the code in the sandbox. */
  inside(value) {
    return this.#copied(
      value,
      this.#makers.array,
      this.#makers.object,
      item => this.inside(item),
      item => this.outside(item),
    );
  }

  /** A copy of a value that the code in the sandbox made. */
  outside(value) {
    return this.#copied(
      value,
      () => [],
      () => ({}),
      item => this.outside(item),
      item => this.inside(item),
    );
  }

  #copied(value, array, object, copy, back) {
    if (typeof value === 'function') return this.#function(value, copy, back);
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) {
      const list = array();
      for (let at = 0; at < value.length; at += 1) list[at] = copy(value[at]);
      return list;
    }
    const map = object();
    for (const key of Object.keys(value)) map[key] = copy(value[key]);
    return map;
  }

  #function(fn, copy, back) {
    const known = this.#wrapped.get(fn);
    if (known) return known;
    const wrapper = (...args) => copy(fn(...args.map(back)));
    this.#wrapped.set(fn, wrapper);
    this.#wrapped.set(wrapper, fn);
    return wrapper;
  }
}
