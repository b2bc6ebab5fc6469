// Reads an exported template: its sections in the order Tag Manager writes them, its JSON, its test scenarios.
// What Tag Manager would not take back is refused here, with the section's name.
import { readFileSync } from 'node:fs';

import { scenariosOf } from './yaml.mjs';

const SECTIONS = [
  'TERMS_OF_SERVICE',
  'INFO',
  'TEMPLATE_PARAMETERS',
  'SANDBOXED_JS_FOR_SERVER',
  'SERVER_PERMISSIONS',
  'TESTS',
  'NOTES',
];
const HEADING = /^___([A-Z_]+)___$/;

/**
 * @param {string} name a file of deploy/gtm
 */
export function readTemplate(name) {
  return parseTemplate(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
}

/**
 * @param {string} text of a .tpl file
 */
export function parseTemplate(text) {
  const sections = sectionsOf(text);
  const parameters = json(sections, 'TEMPLATE_PARAMETERS');
  return {
    info: json(sections, 'INFO'),
    parameters,
    fields: fieldsOf(parameters),
    code: sections.SANDBOXED_JS_FOR_SERVER,
    permissions: json(sections, 'SERVER_PERMISSIONS'),
    tests: scenariosOf(sections.TESTS),
    notes: sections.NOTES,
  };
}

/** What a new tag or client has in its fields before anybody types, with what is typed. */
export function settingsOf(template, typed = {}) {
  const defaults = template.fields
    .filter(field => 'defaultValue' in field)
    .map(field => [field.name, field.defaultValue]);
  return { ...Object.fromEntries(defaults), ...typed };
}

/** Whether a field takes what is typed: by its REGEX validators, as Tag Manager asks them. */
export function takes(template, name, typed) {
  const field = template.fields.find(field => field.name === name);
  const patterns = (field.valueValidators ?? []).filter(validator => validator.type === 'REGEX');
  return patterns.every(({ args: [pattern] }) => new RegExp(pattern).test(typed));
}

function sectionsOf(text) {
  const sections = {};
  let current;
  for (const line of text.split('\n')) {
    const heading = HEADING.exec(line)?.[1];
    if (heading) {
      if (heading in sections) throw new Error(`${heading} is there twice`);
      current = heading;
      sections[current] = [];
    } else if (current) {
      sections[current].push(line);
    } else if (line.trim()) {
      throw new Error('there is text before the first section');
    }
  }
  const found = Object.keys(sections);
  if (found.join() !== SECTIONS.join()) throw new Error(`sections are ${found}, not ${SECTIONS}`);
  return Object.fromEntries(found.map(name => [name, `${sections[name].join('\n').trim()}\n`]));
}

function json(sections, name) {
  try {
    return JSON.parse(sections[name]);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
}

/** Fields within groups and beneath the items of a choice are fields like the others. */
function fieldsOf(parameters) {
  return parameters.flatMap(parameter => {
    const within = [parameter, ...(parameter.radioItems ?? [])].flatMap(holder => holder.subParams ?? []);
    const own = parameter.type === 'GROUP' || parameter.type === 'LABEL' ? [] : [parameter];
    return [...own, ...fieldsOf(within)];
  });
}
