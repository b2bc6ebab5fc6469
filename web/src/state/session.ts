/**
 * The life of a page: which board, which choices, what the stream says.
 *
 * State is here and in the URL, nowhere else. A choice changes the address first and the stream
 * follows it; nothing ever reloads the page. A panel that the stream does not answer in time is
 * fetched on its own, so one broken part leaves the others alone.
 */
import { batch, signal } from '@preact/signals';
import { type Api, ApiError } from '../api/client.ts';
import type { Link } from '../api/live.ts';
import type { ServerEvent } from '../api/sse.ts';
import type { BoardRef, Fresh, Hello, ListResult, Manifest, PanelResult, Ping, Setup } from '../api/wire.ts';
import { OnScreen } from './on_screen.ts';
import type { Opened } from './opened.ts';
import { Sequence } from './sequence.ts';
import type { Slots, Timing } from './slots.ts';
import { apiQuery, type Choices, listQuery, pageQuery, parseBoard, parseChoices } from './url.ts';
import type { Sort } from './views.ts';

/** How long after `hello` a panel may stay away before it is asked for by itself. */
export const ANSWER_MS = 2500;
/** A storm of gaps leads to one round of questions in this time, not to many. */
export const RESYNC_MS = 5000;

/** Between attempts to load the first board. */
const START_FIRST_MS = 1000;
const START_MAX_MS = 30_000;

/** The company that the server gives its test deal, where it may show any. */
const TEST_COMPANY = '9000000000000';

/** The panels that ask something: a text does not. */
export function askedPanels(manifest: Manifest): string[] {
  return manifest.panels.filter(panel => panel.kind !== 'text').map(panel => panel.id);
}

export interface Stream {
  open(url: string): void;
  close(): void;
  end(reason: string): void;
  retryNow(): void;
}

export interface Address {
  search(): string;
  write(search: string, how: 'push' | 'replace'): void;
  back(): void;
}

export class Session {
  readonly boards = signal<BoardRef[]>([]);
  readonly manifest = signal<Manifest | null>(null);
  readonly choices = signal<Choices | null>(null);
  readonly link = signal<Link>({ state: 'idle' });
  readonly fresh = signal<Fresh | null>(null);
  readonly setup = signal<Setup | null>(null);
  /** Why there is no board at all. */
  readonly trouble = signal<string | null>(null);
  /** Server clock minus ours. */
  readonly skewMs = signal(0);
  /** Counts what was heard of rows that landed; the open list is asked for anew by it. */
  readonly landed = signal(0);
  readonly onScreen: OnScreen;

  /** In which the board's words are asked for. */
  private language = 'en';
  private boardId: string | null = null;
  private query: string | null = null;
  private templateHash: string | null = null;
  private readonly sequence = new Sequence();
  private answerTimer: number | null = null;
  private startTimer: number | null = null;
  private startAttempt = 0;
  private resyncedAt = Number.NEGATIVE_INFINITY;
  private resyncTimer: number | null = null;
  private round = 0;
  private setupAsked = false;
  /** The open list has an entry of the history of its own, so closing it goes back. */
  private isListPushed = false;
  /** Nothing was loaded so far. */
  private wasBare = false;

  constructor(
    private readonly api: Api,
    readonly slots: Slots,
    private readonly address: Address,
    private readonly timing: Timing,
    private readonly stream: Stream,
  ) {
    this.onScreen = new OnScreen(timing, (stream, panels) => {
      // Only a matter of who comes first.
      if (this.boardId !== null) api.onScreen(this.boardId, stream, panels).catch(() => {});
    });
  }

  /** Loads the first board, and goes on trying until it can. */
  async start(): Promise<void> {
    this.cancel('startTimer');
    try {
      const { boards } = await this.api.boards(this.language);
      this.boards.value = boards;
      await this.openBoard(parseBoard(this.address.search()));
      this.trouble.value = null;
      this.startAttempt = 0;
    } catch (error) {
      this.trouble.value = words(error);
      const wait = Math.min(START_MAX_MS, START_FIRST_MS * 2 ** this.startAttempt);
      this.startAttempt += 1;
      this.startTimer = this.timing.setTimer(() => void this.start(), wait);
    }
  }

  /** Follows the address after back, forward, or a first load. */
  async followAddress(): Promise<void> {
    const manifest = this.manifest.value;
    const wanted = parseBoard(this.address.search()) ?? this.boards.value[0]?.id ?? null;
    if (manifest === null || wanted !== this.boardId) {
      await this.openBoard(wanted);
      return;
    }
    this.isListPushed = false;
    this.adopt(parseChoices(this.address.search(), manifest));
  }

  /** A choice of the viewer: one entry of the history, unless it only refines the last one. */
  choose(next: Choices, how: 'push' | 'replace' = 'push'): void {
    const manifest = this.manifest.value;
    if (manifest === null) return;
    const search = pageQuery(next, manifest);
    if (search !== this.address.search()) this.address.write(search, how);
    this.adopt(next);
  }

  /** Loads the board's words in another language; what comes back puts them in force, data stay. */
  async speak(language: string): Promise<() => void> {
    this.language = language;
    const id = this.boardId;
    if (id === null) return () => {};
    const [{ boards }, manifest] = await Promise.all([
      this.api.boards(language),
      this.api.manifest(id, language),
    ]);
    return () => {
      if (id !== this.boardId) return;
      batch(() => {
        this.boards.value = boards;
        this.manifest.value = manifest;
      });
    };
  }

  async openBoard(id: string | null): Promise<void> {
    const first = this.boards.value[0]?.id ?? null;
    const known = this.boards.value.find(board => board.id === id)?.id ?? first;
    if (known === null) throw new Error('no board is installed');
    const manifest = await this.api.manifest(known, this.language);
    batch(() => {
      const panels = askedPanels(manifest);
      if (this.boardId === known) this.slots.keep(panels);
      else this.slots.reset(panels);
      this.boardId = known;
      this.query = null;
      this.templateHash = null;
      this.manifest.value = manifest;
      this.adopt(parseChoices(this.address.search(), manifest));
    });
  }

  /** Opens the list behind a number. */
  open(list: Opened): void {
    const choices = this.choices.value;
    if (choices === null) return;
    this.choose({ ...choices, opened: list });
    this.isListPushed = true;
  }

  /** The same list in another order. */
  orderList(sort: Sort): void {
    const choices = this.choices.value;
    if (choices?.opened) this.choose({ ...choices, opened: { ...choices.opened, sort } }, 'replace');
  }

  /** Closes this list, unless another has taken its place. */
  closeList(list: Opened): void {
    const choices = this.choices.value;
    if (choices?.opened?.id !== list.id) return;
    if (this.isListPushed) this.address.back();
    else this.choose({ ...choices, opened: null }, 'replace');
    this.isListPushed = false;
  }

  list(opened: Opened, rows: number, signal: AbortSignal): Promise<ListResult> {
    return this.api.list(this.boardId ?? '', opened.id, this.listQuery(opened, rows), signal);
  }

  listCsvUrl(opened: Opened): string {
    return this.api.listCsvUrl(this.boardId ?? '', opened.id, this.listQuery(opened, null));
  }

  /** Another board: its own address, without the choices of the one before. */
  chooseBoard(id: string): void {
    const isFirst = this.boards.value[0]?.id === id;
    const { lang = null } = this.choices.value ?? {};
    const pairs = [isFirst ? '' : `board=${encodeURIComponent(id)}`, lang === null ? '' : `lang=${lang}`];
    const query = pairs.filter(pair => pair !== '').join('&');
    this.address.write(query === '' ? '' : `?${query}`, 'push');
    void this.followAddress();
  }

  csvUrl(panel: string): string {
    return this.api.csvUrl(this.boardId ?? '', panel, this.query ?? '');
  }

  options(variable: string) {
    return this.api.options(this.boardId ?? '', variable, this.query ?? '');
  }

  /** Sends the test deal, or the event that deletes it. */
  testEvent(event: 'send' | 'remove'): Promise<unknown> {
    return this.api.testEvent(event);
  }

  /** What is shown is the company of the test deal. */
  isTest(): boolean {
    const shown = this.choices.value?.company ?? this.manifest.value?.companies[0]?.id;
    return shown !== undefined && shown === (this.setup.value?.test_company ?? TEST_COMPANY);
  }

  retryNow(): void {
    if (this.manifest.value === null) void this.start();
    else this.stream.retryNow();
  }

  /** There is a new token: go on where the old one ended, without asking for what is there. */
  renewed(): void {
    if (this.manifest.value === null) void this.start();
    else if (this.boardId !== null && this.query !== null)
      this.stream.open(this.api.liveUrl(this.boardId, this.query));
  }

  onLink(link: Link): void {
    this.link.value = link;
    if (link.state === 'waiting' && this.slots.unanswered().length > 0) this.askUnanswered();
  }

  onEvent(event: ServerEvent): void {
    let body: unknown;
    try {
      body = JSON.parse(event.data);
    } catch {
      this.resync();
      return;
    }
    if (event.event !== 'hello' && this.sequence.see(event.id) === 'gap') this.resync();
    switch (event.event) {
      case 'hello':
        this.hello(body as Hello);
        break;
      case 'panel':
        this.landed.value += 1;
        this.slots.offer(body as PanelResult);
        break;
      case 'fresh':
        this.takeFresh(body as Fresh);
        break;
      case 'ping':
        this.takeTime((body as Ping).server_time);
        break;
      case 'resync':
        this.resync();
        break;
      case 'reload':
        void this.reloadManifest();
        break;
      case 'ended':
        this.stream.end('');
        break;
    }
  }

  private listQuery(opened: Opened, rows: number | null): string {
    const choices = this.choices.value;
    const manifest = this.manifest.value;
    return choices && manifest ? listQuery(choices, opened, manifest, rows) : '';
  }

  private adopt(choices: Choices): void {
    const manifest = this.manifest.value;
    if (manifest === null || this.boardId === null) return;
    const query = apiQuery(choices, manifest);
    this.choices.value = choices;
    if (query === this.query) return;
    const isFirst = this.query === null;
    this.query = query;
    this.round += 1;
    this.sequence.restart();
    if (!isFirst) this.slots.refresh();
    this.stream.open(this.api.liveUrl(this.boardId, query));
  }

  private hello(hello: Hello): void {
    this.sequence.restart();
    this.onScreen.opened(hello.stream);
    this.takeTime(hello.server_time);
    const isChanged = this.templateHash !== null && this.templateHash !== hello.template_hash;
    this.templateHash = hello.template_hash;
    if (isChanged) void this.reloadManifest();
    this.cancel('answerTimer');
    this.answerTimer = this.timing.setTimer(() => this.askUnanswered(), ANSWER_MS);
  }

  /** The template changed under us: new panels and words, same place, same choices. */
  private async reloadManifest(): Promise<void> {
    try {
      await this.openBoard(this.boardId);
    } catch (error) {
      this.trouble.value = words(error);
    }
  }

  /** Something was missed: every panel is asked for again, soon, once. */
  private resync(): void {
    if (this.resyncTimer !== null) return;
    const wait = Math.max(0, this.resyncedAt + RESYNC_MS - this.timing.now());
    this.resyncTimer = this.timing.setTimer(() => {
      this.resyncTimer = null;
      this.resyncedAt = this.timing.now();
      if (this.manifest.value) this.ask(askedPanels(this.manifest.value));
    }, wait);
  }

  private askUnanswered(): void {
    this.ask(this.slots.unanswered());
  }

  private ask(panels: string[]): void {
    const round = this.round;
    for (const panel of panels) {
      this.api.panel(this.boardId ?? '', panel, this.query ?? '').then(
        result => {
          if (round === this.round) this.slots.offer(result);
        },
        (error: unknown) => {
          if (round !== this.round) return;
          // No connection is told once, by the banner, not by every panel.
          if (!(error instanceof ApiError)) return;
          if (error.ended) this.stream.end(error.message);
          else this.slots.fail(panel, { message: error.message, id: error.id });
        },
      );
    }
  }

  private takeFresh(fresh: Fresh): void {
    this.takeTime(fresh.server_time);
    if (fresh.last_loaded_at !== this.fresh.value?.last_loaded_at) this.landed.value += 1;
    this.fresh.value = fresh;
    const isFirst = this.wasBare && fresh.last_event_at !== null;
    this.wasBare = fresh.last_event_at === null;
    // Whose rows these are is in the manifest.
    if (isFirst)
      void this.speak(this.language).then(
        adopt => adopt(),
        () => {},
      );
    if ((this.wasBare || this.isTest()) && !this.setupAsked) this.askSetup();
  }

  private askSetup(): void {
    this.setupAsked = true;
    this.api.setup().then(
      setup => {
        this.setup.value = setup;
      },
      () => {
        // A server that does not tell: the page says in general words what to set.
      },
    );
  }

  private takeTime(serverTime: string): void {
    const at = Date.parse(serverTime);
    if (!Number.isNaN(at)) this.skewMs.value = at - this.timing.now();
  }

  private cancel(which: 'answerTimer' | 'startTimer'): void {
    const id = this[which];
    if (id !== null) this.timing.clearTimer(id);
    this[which] = null;
  }
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
