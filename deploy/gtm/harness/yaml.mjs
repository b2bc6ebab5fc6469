// The YAML that Tag Manager writes for test scenarios, as far as our templates need it: a list of names with code in
// literal blocks, and the setup. Anything else is refused rather than guessed.

const NAME = /^- name: (?<name>[^'"&*!|>%@`#{[].*)$/;
const CODE = /^ {2}code: \|-$/;
const SETUP = /^setup: (?:(?<block>\|-)|'')$/;

/**
 * @param {string} text of the section ___TESTS___
 * @returns {{ scenarios: { name: string, code: string }[], setup: string }}
 */
export function scenariosOf(text) {
  const lines = text.trimEnd().split('\n');
  const tests = { scenarios: [], setup: '' };
  if (lines.shift() !== 'scenarios:') throw new Error('TESTS begins with `scenarios:`');
  while (lines.length > 0) {
    const line = lines.shift();
    const setup = SETUP.exec(line);
    if (setup) {
      tests.setup = setup.groups.block ? block(lines, 2) : '';
      if (lines.length > 0) throw new Error(`TESTS: nothing follows the setup, not ${lines[0]}`);
      continue;
    }
    const name = NAME.exec(line)?.groups.name;
    if (!name || name.includes(': ') || name.includes(' #'))
      throw new Error(`TESTS: not the name of a scenario: ${line}`);
    if (!CODE.test(lines.shift() ?? '')) throw new Error(`TESTS: \`  code: |-\` follows the name ${name}`);
    tests.scenarios.push({ name, code: block(lines, 4) });
  }
  return tests;
}

/** The lines that are indented so far, without the indentation. */
function block(lines, indentation) {
  const margin = ' '.repeat(indentation);
  const own = [];
  while (lines.length > 0 && (lines[0].startsWith(margin) || lines[0] === '')) {
    own.push(lines.shift().slice(indentation));
  }
  return own.join('\n').trimEnd();
}
