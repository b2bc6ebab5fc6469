___TERMS_OF_SERVICE___

By creating or modifying this file you agree to Google Tag Manager's Community
Template Gallery Developer Terms of Service available at
https://developers.google.com/tag-manager/gallery-tos (or such other URL as
Google may provide), as modified from time to time.


___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Omni Pipedrive reporting tag",
  "categories": [
    "DATA_WAREHOUSING"
  ],
  "brand": {
    "id": "brand_dummy",
    "displayName": "Omni"
  },
  "description": "Brings a Pipedrive event of this container into the warehouse: posts its flat keys to /events/flat of Omni.",
  "containerContexts": [
    "SERVER"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "TEXT",
    "name": "omniUrl",
    "displayName": "Address of Omni",
    "simpleValueType": true,
    "alwaysInSummary": true,
    "valueHint": "https://omni.example.com",
    "help": "Where Omni\u0027s collector is reached from this container. The tag posts to /events/flat there, by https only.",
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^https://[^/?#\\s]+/*(/events/flat)?$"
        ],
        "errorMessage": "An https address without a path, such as https://omni.example.com"
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "token",
    "displayName": "Token",
    "simpleValueType": true,
    "help": "The bearer token of the source these events belong to. Whoever may read this container\u0027s configuration may read it: give the container a token of its own.",
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "timeoutMs",
    "displayName": "Timeout",
    "simpleValueType": true,
    "valueUnit": "milliseconds",
    "defaultValue": 4000,
    "help": "For the whole delivery, a second attempt included. At most 5000.",
    "valueValidators": [
      {
        "type": "POSITIVE_NUMBER"
      }
    ]
  },
  {
    "type": "RADIO",
    "name": "events",
    "displayName": "Events",
    "simpleValueType": true,
    "radioItems": [
      {
        "value": "all",
        "displayValue": "All Pipedrive events"
      },
      {
        "value": "listed",
        "displayValue": "Those named below",
        "subParams": [
          {
            "type": "TEXT",
            "name": "eventNames",
            "displayName": "Names, one a line",
            "simpleValueType": true,
            "textAsList": true,
            "lineCount": 5,
            "valueHint": "pipedrive_deal_updated",
            "enablingConditions": [
              {
                "paramName": "events",
                "paramValue": "listed",
                "type": "EQUALS"
              }
            ],
            "valueValidators": [
              {
                "type": "NON_EMPTY"
              }
            ]
          }
        ]
      }
    ],
    "defaultValue": "all",
    "help": "Whatever is chosen, an event leaves only when its name begins with pipedrive_ and it has an event_uuid. Others are passed over, which is a success."
  },
  {
    "type": "RADIO",
    "name": "logging",
    "displayName": "Log",
    "simpleValueType": true,
    "radioItems": [
      {
        "value": "debug",
        "displayValue": "In preview and debug mode only"
      },
      {
        "value": "always",
        "displayValue": "Always"
      },
      {
        "value": "never",
        "displayValue": "Never"
      }
    ],
    "defaultValue": "debug",
    "help": "A line holds the name and the event_uuid of the event and what became of it, nothing else of the event and no token."
  }
]


___SANDBOXED_JS_FOR_SERVER___

// Posts the event to Omni's /events/flat. Success is a 2xx answer; an event that is not for Omni is passed over.
//
// Only keys of the flat event leave, so nothing that a client or another tag has put beside them does
// (ip_override, user_agent, user_data, client_id, x-ga-...).
//
// There is no timer here to wait with. So a second attempt follows at once, once, and only after what a moment
// mends: no connection, 502, 503, 504. Sending twice is safe, Omni drops the second of one event_uuid.

const JSON = require('JSON');
const Object = require('Object');
const getAllEventData = require('getAllEventData');
const getContainerVersion = require('getContainerVersion');
const getTimestampMillis = require('getTimestampMillis');
const getType = require('getType');
const logToConsole = require('logToConsole');
const makeInteger = require('makeInteger');
const queryPermission = require('queryPermission');
const sendHttpRequest = require('sendHttpRequest');

const PATH = '/events/flat';
const NAME_PREFIX = 'pipedrive_';
const KEY_PREFIXES = [
  'activity_', 'contact_', 'deal_', 'email_validation_', 'event_', 'lead_', 'marketing_',
  'metrics_', 'note_', 'organization_', 'pipeline_', 'product_', 'stage_'
];
// Google's own user_id is the visitor's: these belong to the events of Pipedrive's users alone.
const USER_KEYS = ['user_id', 'user_is_active', 'user_name'];
const TIMEOUT_MS = 4000;
// After five seconds the sandbox gives a promise up.
const TIMEOUT_MS_MAX = 5000;
// With less left, a second attempt has no prospect.
const REPEAT_MS_MIN = 500;
const ATTEMPTS_MAX = 2;
const BRIEF_OUTAGES = [502, 503, 504];

const event = getAllEventData();

if (!isWanted()) {
  log('passed over');
  return data.gtmOnSuccess();
}

const url = endpoint();
if (!queryPermission('send_http', url)) {
  log('the permission "Sends HTTP requests" of this template does not cover ' + url);
  return data.gtmOnFailure();
}

const begunMs = getTimestampMillis();
const budgetMs = timeoutMs();
const body = JSON.stringify(flat());
attempt(1, budgetMs);

function attempt(number, leftMs) {
  const options = {
    method: 'POST',
    headers: {
      'authorization': 'Bearer ' + data.token,
      'content-type': 'application/json'
    },
    timeout: leftMs
  };
  sendHttpRequest(url, options, body).then((response) => {
    const status = response.statusCode;
    if (status >= 200 && status < 300) {
      log('delivered');
      return data.gtmOnSuccess();
    }
    failed(number, 'status ' + status, BRIEF_OUTAGES.indexOf(status) !== -1);
  }, (error) => {
    const reason = error && error.reason ? error.reason : 'failed';
    failed(number, reason, reason === 'failed');
  });
}

function failed(number, reason, isBrief) {
  const leftMs = budgetMs - (getTimestampMillis() - begunMs);
  if (isBrief && number < ATTEMPTS_MAX && leftMs >= REPEAT_MS_MIN) {
    return attempt(number + 1, leftMs);
  }
  log('not delivered: ' + reason);
  data.gtmOnFailure();
}

function isWanted() {
  const name = event.event_name;
  if (getType(name) !== 'string' || name.indexOf(NAME_PREFIX) !== 0) return false;
  if (getType(event.event_uuid) !== 'string' || event.event_uuid === '') return false;
  return data.events !== 'listed' || listed().indexOf(name) !== -1;
}

function listed() {
  if (getType(data.eventNames) !== 'array') return [];
  return data.eventNames.map((name) => name.trim());
}

function flat() {
  const result = {};
  Object.keys(event).forEach((key) => {
    if (isFlatKey(key) && isFlatValue(event[key])) result[key] = event[key];
  });
  return result;
}

function isFlatKey(key) {
  if (USER_KEYS.indexOf(key) !== -1) return event.event_object === 'user';
  return KEY_PREFIXES.some((prefix) => key.indexOf(prefix) === 0);
}

function isFlatValue(value) {
  return getType(value) === 'array' ? value.every(isScalar) : isScalar(value);
}

function isScalar(value) {
  return ['string', 'number', 'boolean'].indexOf(getType(value)) !== -1;
}

function endpoint() {
  let address = data.omniUrl.trim();
  while (address.charAt(address.length - 1) === '/') address = address.slice(0, -1);
  return address.slice(-PATH.length) === PATH ? address : address + PATH;
}

function timeoutMs() {
  const wanted = makeInteger(data.timeoutMs);
  if (!(wanted > 0)) return TIMEOUT_MS;
  return wanted < TIMEOUT_MS_MAX ? wanted : TIMEOUT_MS_MAX;
}

function log(outcome) {
  const version = getContainerVersion();
  const isDebugged = version.debugMode || version.previewMode;
  if (data.logging === 'always' || (data.logging === 'debug' && isDebugged)) {
    logToConsole('omni reporting tag', event.event_name, event.event_uuid, outcome);
  }
}


___SERVER_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "read_event_data",
        "versionId": "1"
      },
      "param": [
        {
          "key": "eventDataAccess",
          "value": {
            "type": 1,
            "string": "any"
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "send_http",
        "versionId": "1"
      },
      "param": [
        {
          "key": "allowedUrls",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "urls",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "https://*/events/flat"
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "logging",
        "versionId": "1"
      },
      "param": [
        {
          "key": "environments",
          "value": {
            "type": 1,
            "string": "all"
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "read_container_data",
        "versionId": "1"
      },
      "param": []
    },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: posts the flat keys of the event and nothing else
  code: |-
    event.ip_override = '203.0.113.7';
    event.user_agent = 'Omni';
    event.user_id = 'visitor';
    event.user_data = {email_address: 'ada@example.com'};
    event.client_id = '51';
    event.timestamp = 1770114030;
    event.unique_event_id = 'feed0000-0000-4000-8000-000000000002';
    event['x-ga-protocol_version'] = '2';
    event.deal_nested = {is: 'not flat'};
    event.deal_of_objects = [{is: 'not flat'}];
    event.deal_lost_reason = null;

    runCode(settings);

    assertThat(sent).hasLength(1);
    assertThat(sent[0].url).isEqualTo('https://omni.example.com/events/flat');
    assertThat(sent[0].options.method).isEqualTo('POST');
    assertThat(sent[0].options.headers).isEqualTo({
      'authorization': 'Bearer s3cret',
      'content-type': 'application/json'
    });
    assertThat(JSON.parse(sent[0].body)).isEqualTo({
      event_name: 'pipedrive_deal_updated',
      event_uuid: 'feed0000-0000-4000-8000-000000000002',
      event_object: 'deal',
      event_ver: '7250387068538883264',
      deal_value: 1200.5,
      deal_label: ['hot']
    });
    assertApi('gtmOnSuccess').wasCalled();
    assertApi('gtmOnFailure').wasNotCalled();
- name: lets the keys of a user leave with the events of users
  code: |-
    event.event_name = 'pipedrive_user_updated';
    event.event_object = 'user';
    event.user_id = 880011;
    event.user_name = 'Ada Quist';
    event.user_is_active = true;

    runCode(settings);

    const body = JSON.parse(sent[0].body);
    assertThat(body.user_id).isEqualTo(880011);
    assertThat(body.user_name).isEqualTo('Ada Quist');
    assertThat(body.user_is_active).isEqualTo(true);
- name: passes over what is not an event of Pipedrive
  code: |-
    event.event_name = 'page_view';
    runCode(settings);
    assertThat(sent).isEmpty();
    assertApi('gtmOnSuccess').wasCalled();
- name: passes over an event without its identity
  code: |-
    event.event_uuid = undefined;
    runCode(settings);
    event.event_uuid = '';
    runCode(settings);
    assertThat(sent).isEmpty();
    assertApi('gtmOnSuccess').wasCalled();
- name: passes over what is not on the list
  code: |-
    settings.events = 'listed';
    settings.eventNames = ['pipedrive_deal_added', 'pipedrive_person_added'];
    runCode(settings);
    assertThat(sent).isEmpty();
    assertApi('gtmOnSuccess').wasCalled();
- name: sends what is on the list
  code: |-
    settings.events = 'listed';
    settings.eventNames = ['pipedrive_deal_added', ' pipedrive_deal_updated'];
    runCode(settings);
    assertThat(sent).hasLength(1);
- name: takes an address with slashes at its end or the whole endpoint
  code: |-
    settings.omniUrl = 'https://omni.example.com//';
    runCode(settings);
    settings.omniUrl = 'https://omni.example.com/events/flat';
    runCode(settings);
    assertThat(sent[0].url).isEqualTo('https://omni.example.com/events/flat');
    assertThat(sent[1].url).isEqualTo('https://omni.example.com/events/flat');
- name: fails at once where the permission does not cover the address
  code: |-
    settings.omniUrl = 'http://omni.example.com';
    runCode(settings);
    assertThat(sent).isEmpty();
    assertApi('gtmOnFailure').wasCalled();
    assertApi('gtmOnSuccess').wasNotCalled();
- name: fails without a second attempt when Omni refuses the event
  code: |-
    answers = [401];
    runCode(settings);
    assertThat(sent).hasLength(1);
    assertApi('gtmOnFailure').wasCalled();
    assertApi('gtmOnSuccess').wasNotCalled();
- name: does not press an Omni that has too much to do
  code: |-
    answers = [429];
    runCode(settings);
    assertThat(sent).hasLength(1);
    assertApi('gtmOnFailure').wasCalled();
- name: does not try again after a timeout
  code: |-
    answers = ['timed_out'];
    runCode(settings);
    assertThat(sent).hasLength(1);
    assertApi('gtmOnFailure').wasCalled();
- name: tries once more when no connection was made
  code: |-
    answers = ['failed', 200];
    runCode(settings);
    assertThat(sent).hasLength(2);
    assertThat(sent[1].body).isEqualTo(sent[0].body);
    assertApi('gtmOnSuccess').wasCalled();
    assertApi('gtmOnFailure').wasNotCalled();
- name: fails after the second attempt
  code: |-
    answers = [503, 503, 200];
    runCode(settings);
    assertThat(sent).hasLength(2);
    assertApi('gtmOnFailure').wasCalled();
    assertApi('gtmOnSuccess').wasNotCalled();
- name: keeps both attempts within the timeout
  code: |-
    settings.timeoutMs = '2000';
    answers = [503, 200];
    answerTakesMs = 900;
    runCode(settings);
    assertThat(sent[0].options.timeout).isEqualTo(2000);
    assertThat(sent[1].options.timeout).isEqualTo(1100);
- name: makes no second attempt without time for it
  code: |-
    settings.timeoutMs = '1000';
    answers = [503, 200];
    answerTakesMs = 501;
    runCode(settings);
    assertThat(sent).hasLength(1);
    assertApi('gtmOnFailure').wasCalled();
- name: waits neither longer than allowed nor for ever
  code: |-
    settings.timeoutMs = '60000';
    runCode(settings);
    settings.timeoutMs = 'soon';
    runCode(settings);
    assertThat(sent[0].options.timeout).isEqualTo(5000);
    assertThat(sent[1].options.timeout).isEqualTo(4000);
- name: logs in debug mode what became of which event
  code: |-
    isDebugged = true;
    runCode(settings);
    assertThat(logged).isEqualTo(['omni reporting tag pipedrive_deal_updated feed0000-0000-4000-8000-000000000002 delivered']);
- name: logs nothing in production unless told to
  code: |-
    runCode(settings);
    assertThat(logged).isEmpty();
    settings.logging = 'always';
    runCode(settings);
    assertThat(logged).hasLength(1);
- name: logs nothing at all when told so
  code: |-
    isDebugged = true;
    settings.logging = 'never';
    runCode(settings);
    assertThat(logged).isEmpty();
setup: |-
  const JSON = require('JSON');

  const settings = {
    omniUrl: 'https://omni.example.com',
    token: 's3cret',
    timeoutMs: '4000',
    events: 'all',
    logging: 'debug'
  };
  const event = {
    event_name: 'pipedrive_deal_updated',
    event_uuid: 'feed0000-0000-4000-8000-000000000002',
    event_object: 'deal',
    event_ver: '7250387068538883264',
    deal_value: 1200.5,
    deal_label: ['hot']
  };

  // What Omni answers, one after the other: a status, or why there was none.
  let answers = [];
  let answerTakesMs = 0;
  let nowMs = 1770114030000;
  let isDebugged = false;
  const sent = [];
  const logged = [];

  mock('getAllEventData', () => event);
  mock('getTimestampMillis', () => nowMs);
  mock('getContainerVersion', () => ({debugMode: isDebugged, previewMode: false}));
  mock('logToConsole', (tag, name, uuid, outcome) => {
    logged.push([tag, name, uuid, outcome].join(' '));
  });
  mock('sendHttpRequest', (url, options, body) => {
    sent.push({url: url, options: options, body: body});
    const answer = answers.length === 0 ? 200 : answers.shift();
    nowMs = nowMs + answerTakesMs;
    return {
      then: (onAnswer, onError) => {
        if (answer === 'failed' || answer === 'timed_out') return onError({reason: answer});
        onAnswer({statusCode: answer, headers: {}, body: ''});
      }
    };
  });


___NOTES___

Part of Omni, which carries Pipedrive's events to a warehouse and to tags. How to import it, its settings and its
permissions: deploy/gtm/README.md in Omni's repository, where its tests run too.
