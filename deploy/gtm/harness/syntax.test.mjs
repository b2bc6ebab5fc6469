// What the sandbox does not have is refused, and what it has is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refuseIllegal } from './syntax.mjs';

const LEGAL = [
  "const JSON = require('JSON'); let text = JSON.stringify({a: 1, 'b-c': [1, 2], d: {e: data.f}}); text = text + 1;",
  'const double = (x) => x * 2; const f = function(a, b) { return a / b / 2; }; return f(double(1), 2);',
  "for (let key in data) { if (data[key] === undefined) continue; } for (const part of 'a,b'.split(',')) part.trim();",
  'let i = 0; while (i < 3) i++; switch (i) { case 3: return true; default: return null; }',
  "const send = require('sendHttpGet'); send('u').then((a) => ({status: a.statusCode}), () => {}).catch(data.gtmOnFailure);",
  '// class new this /x/ `\n/* ... */ const a = "new /x/ `"; return a;',
  'function named(one, two) { return arguments.length; } return named(1 ? 2 : 3);',
];

const ILLEGAL = {
  'class A {}': 'class',
  'const a = new data.A();': 'new',
  'return this;': 'this',
  'try { data.x(); } catch (e) {}': 'try',
  'throw 1;': 'throw',
  'delete data.x;': 'delete',
  'async function f() {}': 'async',
  'function* f() {}': 'generators',
  'const a = `x`;': '`',
  "const a = 'x'.match(/x/);": 'regular expression',
  '/x/;': 'regular expression',
  'const a = [...data.x];': '...',
  'const a = data?.b;': '?.',
  'const a = data.b ?? 1;': '??',
  'const a = 2 ** 3;': '**',
  'const {a} = data;': 'destructuring',
  'const [a] = data.b;': 'destructuring',
  'const f = ({a}) => a;': 'parameter',
  'const f = (a = 1) => a;': 'parameter',
  'function f([a]) {}': 'parameter',
  'const a = 1; const b = {a};': 'key: value',
  'const b = {f() { return 1; }};': 'key: value',
  'const b = {[data.a]: 1};': 'key: value',
  "const a = 'x'.includes('x');": 'includes',
  "const a = 'x'.startsWith('x');": 'startsWith',
  'const a = [].find((x) => x);': 'find',
  "const Object = require('Object'); Object.assign({}, data);": 'assign',
  "const a = JSON.parse('1');": 'JSON is declared nowhere',
  'setTimeout(data.f, 1);': 'setTimeout is declared nowhere',
  'const a = Date.now();': 'Date is declared nowhere',
  'a = 1;': 'a is declared nowhere',
  "const fs = require('fs');": 'no API',
  'const name = data.x; const api = require(name);': 'no API',
  "const a = 'x": "'",
  'const f = {a: 1;': 'never closed',
  'const f = () => { return 1;': 'Unexpected end',
};

for (const code of LEGAL) test(`takes ${code}`, () => refuseIllegal(code, ['data']));

for (const [code, word] of Object.entries(ILLEGAL)) {
  test(`refuses ${code}`, () => {
    assert.throws(
      () => refuseIllegal(code, ['data']),
      error => error.message.includes(word),
    );
  });
}

test('tells every place, with its line', () => {
  assert.throws(
    () => refuseIllegal('const a = 1;\nnew a();\n\nthis.b = 2;', []),
    /line 2: there is no new\nline 4: there is no this/,
  );
});
