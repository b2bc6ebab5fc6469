// Whether code is legal in Tag Manager's sandbox, as its pages "Sandboxed JavaScript" and "Standard library" say:
// ECMAScript 5.1 with const, let and arrow functions; no new, no this, no constructors, no global but require; of the
// methods of values only those that are listed. What the pages do not name is refused, also where a container may
// take it today.
import vm from 'node:vm';

import { SERVER_APIS } from './permissions.mjs';
import { tokensOf } from './tokens.mjs';

const FORBIDDEN_WORDS = new Set(
  `async await catch class debugger delete eval export extends finally import instanceof new super this throw try void
   with yield`.split(/\s+/),
);
const FORBIDDEN_PUNCTS = new Set(['...', '?.', '??', '**', '**=', '??=', '&&=', '||=']);
const KEYWORDS = new Set(
  `break case const continue default do else false for function if in let null of return switch true typeof undefined
   var while`.split(/\s+/),
);
const METHODS = new Set(
  `concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight reverse shift slice some sort
   splice toString unshift charAt match replace search split substring toLowerCase toLocaleLowerCase toUpperCase
   toLocaleUpperCase trim hasOwnProperty then catch finally gtmOnSuccess gtmOnFailure`.split(/\s+/),
);
/** Of the APIs that are objects. */
const OBJECT_METHODS = {
  JSON: ['parse', 'stringify'],
  Math: ['abs', 'ceil', 'floor', 'max', 'min', 'pow', 'round', 'sqrt'],
  Object: ['delete', 'entries', 'freeze', 'keys', 'values'],
  Promise: ['all', 'create'],
};

/**
 * Refuses what the sandbox does not know, all of it, each with its line.
 * @param {string} code
 * @param {string[]} globals what there is beside `require`
 * @param {string[]} methods that may be called on what the globals return
 */
export function refuseIllegal(code, globals, methods = []) {
  const tokens = tokensOf(code);
  const errors = [
    ...wordsAndPuncts(tokens),
    ...patterns(tokens),
    ...objectLiterals(tokens),
    ...calls(tokens, new Set([...METHODS, ...methods])),
    ...names(tokens, new Set(['require', 'arguments', ...globals])),
  ];
  if (errors.length > 0) throw new Error(`not sandboxed JavaScript:\n${errors.join('\n')}`);
  // What is left is JavaScript, or no language at all.
  vm.compileFunction(code);
}

/** The APIs that code asks for. */
export function requiredBy(code) {
  const tokens = tokensOf(code);
  return tokens.flatMap((token, at) => {
    const [open, name] = [tokens[at + 1], tokens[at + 2]];
    const isCall = token.text === 'require' && open?.text === '(' && name?.kind === 'string';
    return isCall ? [name.text.slice(1, -1)] : [];
  });
}

/** The settings that code reads. */
export function settingsReadBy(code) {
  const tokens = tokensOf(code);
  const reads = tokens.filter((_, at) => tokens[at - 2]?.text === 'data' && tokens[at - 1]?.text === '.');
  return [...new Set(reads.map(token => token.text))];
}

function wordsAndPuncts(tokens) {
  return tokens.flatMap((token, at) => {
    const isName = isProperty(tokens, at);
    if (token.kind === 'word' && FORBIDDEN_WORDS.has(token.text) && !isName)
      return told(token, `there is no ${token.text}`);
    if (token.kind === 'punct' && FORBIDDEN_PUNCTS.has(token.text))
      return told(token, `there is no ${token.text}`);
    if (token.text === 'function' && tokens[at + 1]?.text === '*')
      return told(token, 'there are no generators');
    return [];
  });
}

/** Destructuring and default values, in declarations, parameters and assignments. */
function patterns(tokens) {
  return tokens.flatMap((token, at) => {
    const [before, next] = [tokens[at - 1]?.text, tokens[at + 1]?.text];
    const isDeclared = ['const', 'let', 'var'].includes(before) && '{['.includes(token.text);
    const isAssigned =
      (token.text === '}' && next === '=') || (token.text === '[' && [';', '{', '}'].includes(before));
    if (isDeclared || isAssigned) return told(token, 'there is no destructuring');
    const odd = parameters(tokens, at).find(inner => inner.kind !== 'word' && inner.text !== ',');
    return odd ? told(odd, 'a parameter is a name, without a pattern or a default') : [];
  });
}

/** The tokens between the parentheses that open here, when a function's parameters stand there. */
function parameters(tokens, at) {
  if (tokens[at].text !== '(') return [];
  const close = closing(tokens, at);
  const isFunction = tokens[at - 1]?.text === 'function' || tokens[at - 2]?.text === 'function';
  return isFunction || tokens[close + 1]?.text === '=>' ? tokens.slice(at + 1, close) : [];
}

/** Every property of an object literal is `key: value`. */
function objectLiterals(tokens) {
  const errors = [];
  for (let at = 0; at < tokens.length; at += 1) {
    if (!opensObject(tokens, at)) continue;
    const close = closing(tokens, at);
    for (let key = at + 1; key < close; key = afterValue(tokens, key) + 1) {
      if (tokens[key].kind === 'punct' || tokens[key + 1].text !== ':') {
        errors.push(...told(tokens[key], 'a property is written `key: value`'));
      }
    }
  }
  return errors;
}

function opensObject(tokens, at) {
  const before = tokens[at - 1];
  return (
    tokens[at].text === '{' &&
    before &&
    ['(', ',', '=', ':', '[', '?', '&&', '||', 'return'].includes(before.text)
  );
}

/** Where the comma or the brace stands that ends the property that begins here. */
function afterValue(tokens, from) {
  let at = from;
  while (![',', '}'].includes(tokens[at].text))
    at = '([{'.includes(tokens[at].text) ? closing(tokens, at) + 1 : at + 1;
  return at;
}

function closing(tokens, open) {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at].kind !== 'punct') continue;
    if ('([{'.includes(tokens[at].text)) depth += 1;
    if (')]}'.includes(tokens[at].text)) depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error(`line ${tokens[open].line}: ${tokens[open].text} is never closed`);
}

function calls(tokens, methods) {
  const objects = requiredObjects(tokens);
  return tokens.flatMap((token, at) => {
    if (tokens[at - 1]?.text !== '.' || tokens[at + 1]?.text !== '(') return [];
    const known = objects.get(tokens[at - 2]?.text) ?? methods;
    return known.has(token.text) ? [] : told(token, `there is no method ${token.text}`);
  });
}

function requiredObjects(tokens) {
  const objects = new Map();
  tokens.forEach((token, at) => {
    const api = token.text === 'require' ? tokens[at + 2]?.text.slice(1, -1) : undefined;
    if (api in OBJECT_METHODS) objects.set(tokens[at - 2].text, new Set(OBJECT_METHODS[api]));
  });
  return objects;
}

/** Every name is declared, and every API that is asked for exists. */
function names(tokens, known) {
  const declared = new Set([...known, ...KEYWORDS, ...declarations(tokens)]);
  return tokens.flatMap((token, at) => {
    const isUnknown = token.kind === 'word' && !isProperty(tokens, at) && !declared.has(token.text);
    if (isUnknown && !FORBIDDEN_WORDS.has(token.text))
      return told(token, `${token.text} is declared nowhere`);
    if (token.text !== 'require') return [];
    const api = tokens[at + 2];
    const isKnown =
      tokens[at + 1]?.text === '(' && api?.kind === 'string' && api.text.slice(1, -1) in SERVER_APIS;
    return isKnown ? [] : told(token, `there is no API ${api?.text}`);
  });
}

function declarations(tokens) {
  return tokens.flatMap((token, at) => {
    const isBound = ['const', 'let', 'var', 'function'].includes(tokens[at - 1]?.text);
    if (token.kind === 'word' && (isBound || tokens[at + 1]?.text === '=>')) return [token.text];
    return parameters(tokens, at).map(inner => inner.text);
  });
}

function isProperty(tokens, at) {
  const isKey = tokens[at + 1]?.text === ':' && ['{', ','].includes(tokens[at - 1]?.text);
  return tokens[at - 1]?.text === '.' || isKey;
}

function told(token, sentence) {
  return [`line ${token.line}: ${sentence}`];
}
