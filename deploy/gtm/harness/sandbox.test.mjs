// The realm in which sandboxed code runs has nothing but what it is given.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Sandbox } from './sandbox.mjs';

const run = (code, globals = {}) => new Sandbox().run(code, globals);

test('there are no globals', () => {
  const names = [
    'Object',
    'Array',
    'JSON',
    'Math',
    'Date',
    'Promise',
    'String',
    'Function',
    'eval',
    'globalThis',
    'console',
    'process',
  ];
  for (const name of names) assert.throws(() => run(`return ${name};`), { name: 'ReferenceError' }, name);
  assert.equal(run('return typeof undefined;'), 'undefined');
});

test('there is no way to a constructor', () => {
  for (const value of ["''", '[]', '({})', '(() => {})', '1', 'true', 'given', 'given.list']) {
    assert.equal(run(`return typeof (${value}).constructor;`, { given: { list: [] } }), 'undefined', value);
  }
});

test('a name that was not declared is not assigned', () => {
  assert.throws(() => run('oops = 1;'), { name: 'ReferenceError' });
});

test('methods outside of the standard library are not there', () => {
  for (const call of [
    "'a'.includes('a')",
    "'a'.startsWith('a')",
    '[].find(x => x)',
    '[].flat()',
    '(() => 1).call()',
  ]) {
    assert.throws(() => run(`return ${call};`), /is not a function/, call);
  }
  assert.deepEqual(run("return 'a,b'.split(',').map((x) => x.toUpperCase());"), ['A', 'B']);
});

test('what goes in is a copy', () => {
  const given = { list: [1, { a: 2 }] };
  run('given.list[1].a = 3; given.list.push(4);', { given });
  assert.deepEqual(given, { list: [1, { a: 2 }] });
});

test('a function that comes back is the one that went', () => {
  const api = () => 5;
  const isSame = fn => fn === api;
  assert.equal(run('return isSame(api) && api() === 5;', { api, isSame }), true);
});

test('functions are called both ways, with copies', () => {
  const twice = fn => fn({ list: [1] }) + fn({ list: [2, 3] });
  assert.equal(run('return twice((x) => x.list.length);', { twice }), 3);
});
