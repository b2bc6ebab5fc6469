/** A development aid: the board in the German words that the template ships. */
import { readFileSync } from 'node:fs';
import type { Manifest } from '../src/api/wire.ts';

const FILE = new URL('../../templates/pipedrive-deals/2.0/i18n/de.toml', import.meta.url);

/** Enough of TOML for a file of texts: tables of `key = "text"`. */
export function readTexts(toml: string): { [key: string]: string } {
  const texts: { [key: string]: string } = {};
  let table = '';
  for (const line of toml.split('\n')) {
    const head = /^\[([\w.]+)\]$/.exec(line)?.[1];
    if (head !== undefined) table = `${head}.`;
    const [, quoted, bare, text] = /^(?:"([^"]+)"|(\w+)) = (".*")$/.exec(line) ?? [];
    if (text !== undefined) texts[`${table}${quoted ?? bare}`] = JSON.parse(text);
  }
  return texts;
}

export function inGerman(manifest: Manifest): Manifest {
  const texts = readTexts(readFileSync(FILE, 'utf8'));
  const said = (key: string, usual: string) => texts[key] ?? usual;
  return {
    ...manifest,
    title: said('title', manifest.title),
    texts: { ...manifest.texts, ...texts },
    variables: manifest.variables.map(one => ({ ...one, label: said(`variable.${one.name}`, one.label) })),
    sections: manifest.sections.map(one => ({ ...one, title: said(`section.${one.id}`, one.title) })),
    panels: manifest.panels.map(one => ({
      ...one,
      title: said(`panel.${one.id}.title`, one.title),
      definition: said(`panel.${one.id}.definition`, one.definition),
    })),
  };
}
