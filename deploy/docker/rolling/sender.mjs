// Posts webhooks at a steady rate, as Pipedrive does: what fails at first is tried again after 3, 30 and 150 s, and each first
// failure is counted, because ten of them ban a webhook for half an hour.
import { randomUUID } from 'node:crypto';
import https from 'node:https';

const PAUSES_MS = [3_000, 30_000, 150_000];
const ANSWER_MS_MAX = 10_000;
const COMPANIES = 8;

/** One event: a deal's change in a company of its turn, whose UUID is the webhook's own. */
function event(number) {
  const uuid = randomUUID();
  const company = 900 + (number % COMPANIES);
  const now = new Date().toISOString();
  const deal = 1 + (Math.floor(number / COMPANIES) % 500);
  const body = attempt => ({
    meta: {
      action: 'change', attempt, change_source: 'app', company_id: String(company), correlation_id: randomUUID(),
      entity: 'deal', entity_id: String(deal), host: 'rolling.pipedrive.com', id: uuid, is_bulk_edit: false,
      permitted_user_ids: ['1'], timestamp: now, type: 'general', user_id: '1', version: '2.0', webhook_id: '1',
      webhook_owner_id: '1',
    },
    data: {
      id: deal, title: `Rolled ${number}`, value: number % 1000, currency: 'EUR', status: 'open', stage_id: 1,
      pipeline_id: 1, owner_id: 1, add_time: now, update_time: now, person_id: null, org_id: null, label_ids: [],
    },
    previous: { value: (number % 1000) + 1 },
  });
  return { uuid, number, body, attempts: 0, failures: [], due: 0, accepted: 0 };
}

export class Sender {
  events = [];
  #rate;
  #post;
  #timer;
  #open = new Set();
  #began;

  /** `target` is the address of a source, with `user` and `password`; `ca` signed its certificate. */
  constructor({ target, user, password, ca, rate }) {
    this.#rate = rate;
    const agent = new https.Agent({ keepAlive: true, maxSockets: 512, ca, timeout: ANSWER_MS_MAX });
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.#post = body =>
      new Promise(resolve => {
        const request = https.request(target, {
          agent, method: 'POST', headers: { authorization, 'content-type': 'application/json', 'content-length': body.length },
        });
        const late = setTimeout(() => request.destroy(new Error('no answer in 10 s')), ANSWER_MS_MAX);
        const end = outcome => {
          clearTimeout(late);
          resolve(outcome);
        };
        request.on('error', error => end(error.code ?? error.message));
        request.on('response', response => {
          response.resume();
          response.on('close', () => end(response.complete ? response.statusCode : 'cut'));
        });
        request.end(body);
      });
  }

  start() {
    this.#began = Date.now();
    this.#timer = setInterval(() => {
      const wanted = Math.floor(((Date.now() - this.#began) / 1_000) * this.#rate);
      while (this.events.length < wanted) {
        const one = event(this.events.length);
        one.due = this.#began + (this.events.length / this.#rate) * 1_000;
        this.events.push(one);
        const running = this.#deliver(one).finally(() => this.#open.delete(running));
        this.#open.add(running);
      }
    }, 10);
  }

  /** No further events; resolves when each has been accepted or given up. */
  async stop() {
    clearInterval(this.#timer);
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  async #deliver(one) {
    for (const pause of [...PAUSES_MS, null]) {
      one.attempts += 1;
      const outcome = await this.#post(Buffer.from(JSON.stringify(one.body(one.attempts))));
      if (outcome >= 200 && outcome < 300) {
        one.accepted = Date.now();
        return;
      }
      one.failures.push({ at: Date.now(), outcome });
      if (pause !== null) await new Promise(resolve => setTimeout(resolve, pause));
    }
  }

  /** What happened to the events that were due between two moments. */
  between(from, until) {
    const events = this.events.filter(({ due }) => due >= from && due < until);
    const failed = events.filter(({ failures }) => failures.length > 0);
    const first = events.filter(({ accepted, attempts }) => accepted && attempts === 1);
    const waits = first.map(({ due, accepted }) => accepted - due).sort((a, b) => a - b);
    const answers = this.events.map(({ accepted }) => accepted).filter(at => at >= from && at < until).sort((a, b) => a - b);
    const gaps = answers.slice(1).map((at, index) => at - answers[index]);
    const reasons = {};
    for (const { failures } of failed) {
      for (const { outcome } of failures) reasons[outcome] = (reasons[outcome] ?? 0) + 1;
    }
    return {
      events: events.length,
      refusedAtFirst: failed.length,
      givenUp: events.filter(({ accepted }) => !accepted).length,
      reasons,
      gapMs: Math.max(0, ...gaps),
      p50Ms: waits[Math.floor(waits.length * 0.5)] ?? 0,
      p99Ms: waits[Math.floor(waits.length * 0.99)] ?? 0,
    };
  }
}
