// What a template may do, by its ___SERVER_PERMISSIONS___, as Tag Manager's page "Server-side custom template
// permissions" says. A call that is not covered throws, as it does in a container.

/** The server-side APIs, each with the permission it asks for. */
export const SERVER_APIS = {
  BigQuery: 'access_bigquery',
  Firestore: 'access_firestore',
  JSON: null,
  Math: null,
  Object: null,
  Promise: null,
  addEventCallback: 'read_event_metadata',
  addMessageListener: 'use_message',
  callLater: null,
  claimRequest: null,
  computeEffectiveTldPlusOne: null,
  createRegex: null,
  decodeUri: null,
  decodeUriComponent: null,
  encodeUri: null,
  encodeUriComponent: null,
  extractEventsFromMpv1: 'read_request',
  extractEventsFromMpv2: 'read_request',
  fromBase64: null,
  generateRandom: null,
  getAllEventData: 'read_event_data',
  getClientName: 'read_container_data',
  getContainerVersion: 'read_container_data',
  getCookieValues: 'get_cookies',
  getEventData: 'read_event_data',
  getGoogleAuth: 'use_google_credentials',
  getGoogleScript: 'send_http',
  getRemoteAddress: 'read_request',
  getRequestBody: 'read_request',
  getRequestHeader: 'read_request',
  getRequestMethod: null,
  getRequestPath: 'read_request',
  getRequestQueryParameter: 'read_request',
  getRequestQueryParameters: 'read_request',
  getRequestQueryString: 'read_request',
  getTimestamp: null,
  getTimestampMillis: null,
  getType: null,
  hasMessageListener: 'use_message',
  hmacSha256: 'use_custom_private_keys',
  isRequestMpv1: 'read_request',
  isRequestMpv2: 'read_request',
  logToConsole: 'logging',
  makeInteger: null,
  makeNumber: null,
  makeString: null,
  makeTableMap: null,
  parseUrl: null,
  queryPermission: null,
  returnResponse: 'return_response',
  runContainer: 'run_container',
  sendEventToGoogleAnalytics: 'send_http',
  sendHttpGet: 'send_http',
  sendHttpRequest: 'send_http',
  sendMessage: 'use_message',
  sendPixelFromBrowser: 'send_pixel_from_browser',
  setCookie: 'set_cookies',
  setPixelResponse: 'access_response',
  setResponseBody: 'access_response',
  setResponseHeader: 'access_response',
  setResponseStatus: 'access_response',
  sha256: null,
  sha256Sync: null,
  templateDataStorage: 'access_template_storage',
  testRegex: null,
  toBase64: null,
};

/** Parts of the request and of the response, with the switch of each under `specific`. */
const REQUEST_PARTS = {
  body: 'bodyAllowed',
  header: 'headersAllowed',
  path: 'pathAllowed',
  query_parameter: 'queryParametersAllowed',
  remote_address: 'remoteAddressAllowed',
};
const RESPONSE_PARTS = {
  body: 'writeBodyAllowed',
  header: 'writeHeadersAllowed',
  status: 'writeStatusAllowed',
};

export class Permissions {
  /** @param {object[]} declared the JSON of ___SERVER_PERMISSIONS___ */
  constructor(declared) {
    this.granted = new Map();
    for (const { instance } of declared) {
      const { publicId } = instance.key;
      if (this.granted.has(publicId)) throw new Error(`the permission ${publicId} is there twice`);
      this.granted.set(
        publicId,
        Object.fromEntries(instance.param.map(({ key, value }) => [key, plain(value)])),
      );
    }
  }

  get ids() {
    return [...this.granted.keys()];
  }

  /** Throws unless the call is covered. `what` and `name`: the part, the address, the key that is asked for. */
  demand(id, what, name) {
    if (!this.allows(id, what, name))
      throw new Error(`Prohibited ${[id, what, name].filter(Boolean).join(' ')}`);
  }

  allows(id, what, name) {
    const granted = this.granted.get(id);
    if (!granted) return false;
    if (id === 'send_http')
      return granted.allowedUrls === 'any' || granted.urls.some(pattern => matches(pattern, what));
    if (id === 'read_event_data') return keyAllowed(granted, what);
    if (id === 'read_request') return requestAllowed(granted, what, name);
    if (id === 'access_response') return responseAllowed(granted, what, name);
    if (id === 'logging') return granted.environments === 'all' || what === 'debug';
    return true;
  }
}

/**
 * Whether an address matches a pattern: https alone, the host by name, by `*.` before a name, or `*`; a port only
 * where the pattern names it; `*` in the path stands for any text. Without the query.
 */
export function matches(pattern, address) {
  const { host, path } = /^https:\/\/(?<host>[^/]+)(?<path>\/.*)$/.exec(pattern)?.groups ?? {};
  if (!host) throw new Error(`not a pattern of addresses: ${pattern}`);
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === 'https:' && hostMatches(host, url) && glob(path).test(url.pathname);
}

function hostMatches(host, url) {
  if (host === '*') return url.port === '';
  return host.startsWith('*.')
    ? url.host === host.slice(2) || url.host.endsWith(host.slice(1))
    : url.host === host;
}

function glob(path) {
  const parts = path.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** All of the event's data is read only where any of it may be. */
function keyAllowed(granted, key) {
  if (granted.eventDataAccess === 'any') return true;
  return key !== undefined && granted.keyPatterns.some(pattern => glob(pattern).test(key));
}

function requestAllowed(granted, part, name) {
  if (granted.requestAccess === 'any') return true;
  if (!granted[REQUEST_PARTS[part]]) return false;
  if (part === 'header')
    return granted.headerAccess === 'any' || listed(granted.headerWhitelist, 'headerName', name);
  if (part !== 'query_parameter' || granted.queryParameterAccess === 'any') return true;
  return granted.queryParameterWhitelist.some(({ queryParameter }) => queryParameter === name);
}

function responseAllowed(granted, part, name) {
  if (granted.writeResponseAccess === 'any') return true;
  if (!granted[RESPONSE_PARTS[part]]) return false;
  return (
    part !== 'header' ||
    granted.writeHeaderAccess === 'any' ||
    listed(granted.writeHeaderWhitelist, 'headerName', name)
  );
}

/** Names of headers know no case. */
function listed(list, key, name) {
  return (list ?? []).some(entry => entry[key].toLowerCase() === name?.toLowerCase());
}

/** A value as Tag Manager exports it: 1 text, 2 list, 3 map, 8 flag. */
function plain(value) {
  switch (value.type) {
    case 1:
      return value.string;
    case 2:
      return value.listItem.map(plain);
    case 3:
      return Object.fromEntries(value.mapKey.map((key, at) => [plain(key), plain(value.mapValue[at])]));
    case 8:
      return value.boolean;
    default:
      throw new Error(`a permission's value has the unknown type ${value.type}`);
  }
}
