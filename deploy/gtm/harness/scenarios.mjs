// Runs the scenarios of a template's ___TESTS___ as the editor's "Run tests" does: each after the setup, with the APIs
// for tests (`mock`, `mockObject`, `runCode`, `assertApi`, `assertThat`, `fail`). A mocked API is not asked for its
// permission, any other is.
import { isDeepStrictEqual } from 'node:util';

import { apisOf } from './apis.mjs';
import { Permissions } from './permissions.mjs';
import { Sandbox } from './sandbox.mjs';

export const TEST_GLOBALS = ['mock', 'mockObject', 'runCode', 'assertApi', 'assertThat', 'fail'];
export const TEST_METHODS = [
  ...[
    'isEqualTo',
    'isNotEqualTo',
    'isTrue',
    'isFalse',
    'isUndefined',
    'isDefined',
    'isEmpty',
    'isNotEmpty',
    'hasLength',
  ],
  ...['contains', 'wasCalled', 'wasNotCalled', 'wasCalledWith', 'wasNotCalledWith'],
];

/** Throws what the scenario fails with. */
export function runScenario(template, { code }) {
  const scenario = new Scenario(template);
  scenario.run(`${template.tests.setup}\n${code}`);
}

class Scenario {
  #sandbox = new Sandbox();
  #calls = new Map();
  #mocks = new Map();
  #template;
  #apis;

  constructor(template) {
    this.#template = template;
    const version = { debugMode: true, previewMode: true };
    this.#apis = apisOf(new Permissions(template.permissions), { version, log: () => {} });
  }

  run(code) {
    this.#sandbox.run(code, {
      require: name => this.#require(name),
      mock: (name, value) => this.#mocks.set(name, typeof value === 'function' ? value : () => value),
      mockObject: (name, object) => this.#mocks.set(name, object),
      runCode: data => this.#runCode(data),
      assertApi: name => apiAssertions(name, this.#calls.get(name) ?? []),
      assertThat: (value, message) => valueAssertions(value, message),
      fail: message => failed(message ?? 'the scenario failed'),
    });
  }

  #runCode(data) {
    const end = name => this.#counted(name, () => {});
    const settings = { ...data, gtmOnSuccess: end('gtmOnSuccess'), gtmOnFailure: end('gtmOnFailure') };
    return this.#sandbox.run(this.#template.code, { require: name => this.#require(name), data: settings });
  }

  #require(name) {
    const api = this.#mocks.get(name) ?? this.#apis[name];
    if (api === undefined) failed(`the harness has no API ${name}`);
    return typeof api === 'function' ? this.#counted(name, api) : api;
  }

  #counted(name, fn) {
    return (...args) => {
      this.#calls.set(name, [...(this.#calls.get(name) ?? []), args]);
      return fn(...args);
    };
  }
}

function apiAssertions(name, calls) {
  const times = `${name} was called ${calls.length} times`;
  const hasCall = args => calls.some(call => isDeepStrictEqual(call, args));
  return {
    wasCalled: () => check(calls.length > 0, times),
    wasNotCalled: () => check(calls.length === 0, times),
    wasCalledWith: (...args) =>
      check(hasCall(args), `${name} was called with ${shown(calls)}, not ${shown(args)}`),
    wasNotCalledWith: (...args) => check(!hasCall(args), `${name} was called with ${shown(args)}`),
  };
}

function valueAssertions(value, message = 'the value') {
  const is = (condition, what) => check(condition, `${message} is ${shown(value)}: ${what}`);
  const isSame = other => isDeepStrictEqual(value, other);
  const has = item =>
    typeof value === 'string' ? value.includes(item) : value.some(own => isDeepStrictEqual(own, item));
  return {
    isEqualTo: other => is(isSame(other), `not equal to ${shown(other)}`),
    isNotEqualTo: other => is(!isSame(other), `equal to ${shown(other)}`),
    isTrue: () => is(value === true, 'not true'),
    isFalse: () => is(value === false, 'not false'),
    isUndefined: () => is(value === undefined, 'not undefined'),
    isDefined: () => is(value !== undefined, 'undefined'),
    isEmpty: () => is(value?.length === 0, 'not empty'),
    isNotEmpty: () => is(value?.length > 0, 'empty'),
    hasLength: length => is(value?.length === length, `not of length ${length}`),
    contains: (...items) => is(items.every(has), `without one of ${shown(items)}`),
  };
}

function check(condition, message) {
  if (!condition) failed(message);
}

function failed(message) {
  throw new Error(message);
}

function shown(value) {
  return JSON.stringify(value);
}
