/** The page: top line, choices, banner, and the board in its own scroll container. */
import type { Manifest, PanelSpec, Section } from '../api/wire.ts';
import { t } from '../i18n/words.ts';
import { OpenList } from '../lists/list.tsx';
import { Panel } from '../panels/panel.tsx';
import { usePage } from '../state/page.ts';
import { Banner } from './banner.tsx';
import { Filters } from './filters.tsx';
import { FirstMinute, isFirstMinute } from './first.tsx';
import { Header } from './header.tsx';
import { Kiosk } from './kiosk.tsx';
import { PrintHead } from './print.tsx';
import { SectionNav, sectionId } from './sections.tsx';

export function App() {
  const { language } = usePage();
  return <Shell key={language.value} />;
}

function Shell() {
  const page = usePage();
  const manifest = page.session.manifest.value;
  if (manifest && page.session.choices.value?.kiosk)
    return (
      <>
        <Kiosk manifest={manifest} />
        <Spoken />
        <Toast />
      </>
    );
  return (
    <div class="page">
      {!page.embed && (
        <a class="skip" href="#board">
          {t.skip}
        </a>
      )}
      <PrintHead />
      {!page.embed && <Header />}
      <Filters />
      <SectionNav />
      <Banner />
      <main class="board" id="board" tabIndex={-1}>
        <div class="board-inner">
          {!page.embed && isFirstMinute(page) && <FirstMinute />}
          {manifest && <Sections manifest={manifest} />}
        </div>
      </main>
      <OpenList />
      <Spoken />
      <Toast />
    </div>
  );
}

function Sections({ manifest }: { manifest: Manifest }) {
  const panels = new Map(manifest.panels.map(panel => [panel.id, panel]));
  return (
    <>
      {manifest.sections.map(section => (
        <BoardSection
          key={section.id}
          section={section}
          panels={section.panels
            .map(id => panels.get(id))
            .filter((one): one is PanelSpec => one !== undefined)}
        />
      ))}
    </>
  );
}

function BoardSection({ section, panels }: { section: Section; panels: PanelSpec[] }) {
  const id = sectionId(section);
  const titleId = `${id}-title`;
  return (
    <section id={id} class="section" aria-labelledby={titleId} tabIndex={-1}>
      <h2 id={titleId} class="section-title">
        {section.title}
      </h2>
      <div class="grid">
        {panels.map(panel => (
          <Panel key={panel.id} spec={panel} />
        ))}
      </div>
    </section>
  );
}

function Spoken() {
  const { spoken } = usePage();
  return (
    <p class="hidden" role="status" aria-live="polite" data-spoken>
      {spoken.value}
    </p>
  );
}

function Toast() {
  const { toast } = usePage();
  const text = toast.value;
  return (
    <div class="toast" role="status" data-shown={text !== null}>
      {text}
    </div>
  );
}
