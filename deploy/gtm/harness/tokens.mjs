// Cuts sandboxed JavaScript into tokens. What the sandbox does not know at all (regular expression and template
// literals, private names) is refused here already.

const KINDS = {
  space: /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//,
  word: /[A-Za-z_$][\w$]*/,
  number: /0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/,
  string: /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/,
  // The longest first.
  punct:
    />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|\?\?|\?\.|\+\+|--|&&|\|\||\*\*|<<|>>|[=!<>+\-*/%&|^]=|[{}()[\];,<>+\-*/%&|^!~?:=.]/,
};
const TOKEN = new RegExp(
  Object.entries(KINDS)
    .map(([kind, { source }]) => `(?<${kind}>${source})`)
    .join('|'),
  'y',
);

/** Words after which a value begins, so that a slash is no division. */
const OPERATORS = new Set(['return', 'typeof', 'case', 'in', 'of', 'else', 'do']);

/**
 * @typedef {{ kind: 'word' | 'number' | 'string' | 'punct', text: string, line: number }} Token
 * @param {string} code
 * @returns {Token[]}
 */
export function tokensOf(code) {
  const tokens = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < code.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(code)?.groups;
    if (!groups) throw new Error(`line ${line}: ${code.slice(at, at + 1)} is not sandboxed JavaScript`);
    const [kind, text] = Object.entries(groups).find(([, text]) => text !== undefined);
    if (kind === 'punct' && text.startsWith('/') && !endsValue(tokens.at(-1))) {
      throw new Error(`line ${line}: there are no regular expression literals`);
    }
    if (kind !== 'space') tokens.push({ kind, text, line });
    line += text.split('\n').length - 1;
  }
  return tokens;
}

/** Whether a slash after this token divides. After a brace nobody knows without a grammar, so there it is refused. */
function endsValue(token) {
  if (!token) return false;
  if (token.kind === 'punct') return token.text === ')' || token.text === ']';
  return token.kind !== 'word' || !OPERATORS.has(token.text);
}
