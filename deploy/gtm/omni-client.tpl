___TERMS_OF_SERVICE___

By creating or modifying this file you agree to Google Tag Manager's Community
Template Gallery Developer Terms of Service available at
https://developers.google.com/tag-manager/gallery-tos (or such other URL as
Google may provide), as modified from time to time.


___INFO___

{
  "type": "CLIENT",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Omni client",
  "brand": {
    "id": "brand_dummy",
    "displayName": "Omni"
  },
  "description": "Takes the events that Omni posts, runs the container for each, and answers when their tags are done.",
  "containerContexts": [
    "SERVER"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "TEXT",
    "name": "path",
    "displayName": "Path",
    "simpleValueType": true,
    "alwaysInSummary": true,
    "defaultValue": "/omni",
    "help": "The one path this client answers. The url of Omni\u0027s destination ends with it.",
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^/[^?#\\s]+$"
        ],
        "errorMessage": "A path such as /omni"
      }
    ]
  },
  {
    "type": "TEXT",
    "name": "secret",
    "displayName": "Secret",
    "simpleValueType": true,
    "help": "What the request must have in its header x-omni-secret. Empty: anybody who finds the path may post events."
  },
  {
    "type": "RADIO",
    "name": "onTagFailure",
    "displayName": "When a tag fails",
    "simpleValueType": true,
    "radioItems": [
      {
        "value": "tell",
        "displayValue": "Answer 200 and tell it in the body"
      },
      {
        "value": "fail",
        "displayValue": "Answer 500, so that Omni sends the event again"
      }
    ],
    "defaultValue": "tell",
    "help": "An event that is sent again runs all its tags again, also those that had done their work."
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
    "help": "A line tells why a request was refused, or which tags failed for which event. It holds nothing else of the event and no secret."
  }
]


___SANDBOXED_JS_FOR_SERVER___

// Claims one path, takes a JSON object or an array of them, runs the container once for each, and answers when all
// their tags are done: {timestamp, unique_event_id, tags_fired, tags_failed} for an object, an array of these for an
// array. Omni looks for its unique_event_id there.
//
// Nothing runs unless all of the request is right: the method, the secret, the JSON. A wrong secret is answered
// here, so that no client behind this one takes the event without asking for it.
//
// The event goes on as it is. No address and no browser are made up for it: they would be Omni's own.

const JSON = require('JSON');
const addEventCallback = require('addEventCallback');
const claimRequest = require('claimRequest');
const generateRandom = require('generateRandom');
const getContainerVersion = require('getContainerVersion');
const getRequestBody = require('getRequestBody');
const getRequestHeader = require('getRequestHeader');
const getRequestMethod = require('getRequestMethod');
const getRequestPath = require('getRequestPath');
const getRequestQueryParameter = require('getRequestQueryParameter');
const getTimestampMillis = require('getTimestampMillis');
const getType = require('getType');
const logToConsole = require('logToConsole');
const makeInteger = require('makeInteger');
const makeString = require('makeString');
const returnResponse = require('returnResponse');
const runContainer = require('runContainer');
const setResponseBody = require('setResponseBody');
const setResponseHeader = require('setResponseHeader');
const setResponseStatus = require('setResponseStatus');
const sha256Sync = require('sha256Sync');

const SECRET_HEADER = 'x-omni-secret';
const EVENTS_MAX = 100;
// What a Data Client calls an event without a name.
const NAMELESS = 'Data';

if (getRequestPath() === data.path) {
  claimRequest();
  serve();
}

function serve() {
  if (getRequestMethod() !== 'POST') {
    setResponseHeader('allow', 'POST');
    return refuse(405, 'only POST is answered here');
  }
  if (data.secret) {
    const given = getRequestHeader(SECRET_HEADER);
    if (!given) return refuse(401, 'the header ' + SECRET_HEADER + ' is missing');
    // Digests are compared: how long it takes tells nothing of the secret.
    if (sha256Sync(given) !== sha256Sync(data.secret)) return refuse(403, 'the secret is not that of this client');
  }
  const text = getRequestBody();
  const body = text ? JSON.parse(text) : undefined;
  const isArray = getType(body) === 'array';
  const given = isArray ? body : [body];
  if (given.length === 0 || !given.every((item) => getType(item) === 'object')) {
    return refuse(400, 'the body must be a JSON object, or an array of them');
  }
  if (given.length > EVENTS_MAX) return refuse(413, 'more than ' + EVENTS_MAX + ' events at once');
  run(given.map(eventFrom), isArray);
}

function run(events, isArray) {
  const results = events.map(() => null);
  let done = 0;
  events.forEach((event, index) => {
    runContainer(event, (bindToEvent) => {
      bindToEvent(addEventCallback)((containerId, ended) => {
        if (results[index]) return;
        results[index] = resultOf(event, ended);
        done = done + 1;
        if (done === events.length) answer(results, isArray);
      });
    });
  });
}

function eventFrom(given) {
  const event = {};
  for (let key in given) event[key] = given[key];
  if (!event.event_name) event.event_name = getRequestQueryParameter('event') || NAMELESS;
  if (!event.unique_event_id) event.unique_event_id = event.event_uuid || generatedId();
  if (!event.timestamp) event.timestamp = makeInteger(getTimestampMillis() / 1000);
  return event;
}

function generatedId() {
  return makeString(getTimestampMillis()) + '_' + makeString(generateRandom(100000000, 999999999));
}

function resultOf(event, ended) {
  const tags = ended && ended.tags ? ended.tags : [];
  const failed = tags.filter((tag) => tag.status !== 'success');
  const result = {
    timestamp: event.timestamp,
    unique_event_id: event.unique_event_id,
    tags_fired: tags.length,
    tags_failed: failed.length
  };
  if (failed.length > 0) {
    result.failed = failed.map((tag) => ({id: tag.id, status: tag.status}));
    const told = failed.map((tag) => tag.id + ' (' + tag.status + ')').join(', ');
    log(event.event_name + ' ' + event.unique_event_id + ': failed tags ' + told);
  }
  return result;
}

function answer(results, isArray) {
  const isFailed = data.onTagFailure === 'fail' && results.some((result) => result.tags_failed > 0);
  respond(isFailed ? 500 : 200, isArray ? results : results[0]);
}

function refuse(status, message) {
  log('refused with ' + status + ': ' + message);
  respond(status, {error: message});
}

function respond(status, body) {
  setResponseStatus(status);
  setResponseHeader('content-type', 'application/json');
  setResponseBody(JSON.stringify(body));
  returnResponse();
}

function log(line) {
  const version = getContainerVersion();
  const isDebugged = version.debugMode || version.previewMode;
  if (data.logging === 'always' || (data.logging === 'debug' && isDebugged)) logToConsole('omni client', line);
}


___SERVER_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "read_request",
        "versionId": "1"
      },
      "param": [
        {
          "key": "requestAccess",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "bodyAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "pathAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "headersAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "headerAccess",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "headerWhitelist",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "headerName"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "x-omni-secret"
                  }
                ]
              }
            ]
          }
        },
        {
          "key": "queryParametersAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "queryParameterAccess",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "queryParameterWhitelist",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "queryParameter"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "event"
                  }
                ]
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
        "publicId": "access_response",
        "versionId": "1"
      },
      "param": [
        {
          "key": "writeResponseAccess",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "writeStatusAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "writeBodyAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "writeHeadersAllowed",
          "value": {
            "type": 8,
            "boolean": true
          }
        },
        {
          "key": "writeHeaderAccess",
          "value": {
            "type": 1,
            "string": "specific"
          }
        },
        {
          "key": "writeHeaderWhitelist",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "headerName"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "content-type"
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "headerName"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "allow"
                  }
                ]
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
        "publicId": "return_response",
        "versionId": "1"
      },
      "param": []
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "run_container",
        "versionId": "1"
      },
      "param": []
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "read_event_metadata",
        "versionId": "1"
      },
      "param": []
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
- name: claims no other path
  code: |-
    request.path = '/data';
    runCode(settings);
    assertApi('claimRequest').wasNotCalled();
    assertApi('returnResponse').wasNotCalled();
    assertThat(ran).isEmpty();
- name: runs the container with the event and answers its identity
  code: |-
    request.body = JSON.stringify({
      event_name: 'pipedrive_deal_updated',
      deal_value: 1200.5,
      client_id: '51',
      timestamp: 1770114030,
      unique_event_id: 'feed0000-0000-4000-8000-000000000002'
    });
    runCode(settings);

    assertApi('claimRequest').wasCalled();
    assertThat(ran).isEqualTo([{
      event_name: 'pipedrive_deal_updated',
      deal_value: 1200.5,
      client_id: '51',
      timestamp: 1770114030,
      unique_event_id: 'feed0000-0000-4000-8000-000000000002'
    }]);
    assertApi('setResponseStatus').wasCalledWith(200);
    assertApi('setResponseHeader').wasCalledWith('content-type', 'application/json');
    assertThat(JSON.parse(response.body)).isEqualTo({
      timestamp: 1770114030,
      unique_event_id: 'feed0000-0000-4000-8000-000000000002',
      tags_fired: 1,
      tags_failed: 0
    });
    assertApi('returnResponse').wasCalled();
- name: answers only when the tags are done
  code: |-
    holdsTags = true;
    runCode(settings);
    assertThat(ran).hasLength(1);
    assertApi('returnResponse').wasNotCalled();
    held.forEach((finish) => finish());
    assertApi('returnResponse').wasCalled();
- name: gives an event what it lacks
  code: |-
    request.query = {event: 'pipedrive_deal_updated'};
    request.body = JSON.stringify([{event_uuid: 'feed0000-0000-4000-8000-000000000002'}, {}]);
    runCode(settings);
    assertThat(ran).isEqualTo([
      {
        event_name: 'pipedrive_deal_updated',
        event_uuid: 'feed0000-0000-4000-8000-000000000002',
        timestamp: 1770114031,
        unique_event_id: 'feed0000-0000-4000-8000-000000000002'
      },
      {
        event_name: 'pipedrive_deal_updated',
        timestamp: 1770114031,
        unique_event_id: '1770114031999_123456789'
      }
    ]);
- name: calls an event without any name as a Data Client does
  code: |-
    runCode(settings);
    assertThat(ran[0].event_name).isEqualTo('Data');
- name: runs the container once for each event of an array and answers in their order
  code: |-
    holdsTags = true;
    request.body = JSON.stringify([{unique_event_id: 'a', timestamp: 1}, {unique_event_id: 'b', timestamp: 2}]);
    runCode(settings);
    assertThat(ran).hasLength(2);
    held[1]();
    held[1]();
    assertApi('returnResponse').wasNotCalled();
    held[0]();
    assertThat(JSON.parse(response.body).map((result) => result.unique_event_id)).isEqualTo(['a', 'b']);
- name: tells which tags failed
  code: |-
    tags = [{id: '7', status: 'success'}, {id: '8', status: 'failure'}, {id: '9', status: 'timeout'}];
    runCode(settings);
    const told = JSON.parse(response.body);
    assertThat(told.tags_fired).isEqualTo(3);
    assertThat(told.tags_failed).isEqualTo(2);
    assertThat(told.failed).isEqualTo([{id: '8', status: 'failure'}, {id: '9', status: 'timeout'}]);
    assertApi('setResponseStatus').wasCalledWith(200);
- name: answers 500 to a failed tag where it is asked for
  code: |-
    settings.onTagFailure = 'fail';
    tags = [{id: '7', status: 'exception'}];
    runCode(settings);
    assertApi('setResponseStatus').wasCalledWith(500);
    assertThat(JSON.parse(response.body).tags_failed).isEqualTo(1);
- name: answers 200 where no tag failed or fired
  code: |-
    settings.onTagFailure = 'fail';
    tags = [];
    runCode(settings);
    assertApi('setResponseStatus').wasCalledWith(200);
    assertThat(JSON.parse(response.body).tags_fired).isEqualTo(0);
- name: refuses a request without the secret
  code: |-
    settings.secret = 'open sesame';
    runCode(settings);
    assertRefused(401);
- name: refuses a wrong secret and keeps the request from other clients
  code: |-
    settings.secret = 'open sesame';
    request.headers = {'x-omni-secret': 'open sesam'};
    runCode(settings);
    assertRefused(403);
- name: takes a request with the secret
  code: |-
    settings.secret = 'open sesame';
    request.headers = {'x-omni-secret': 'open sesame'};
    runCode(settings);
    assertApi('setResponseStatus').wasCalledWith(200);
    assertThat(ran).hasLength(1);
- name: refuses what is not JSON
  code: |-
    request.body = 'deal=31';
    runCode(settings);
    assertRefused(400);
- name: refuses an empty body
  code: |-
    request.body = undefined;
    runCode(settings);
    assertRefused(400);
- name: refuses an empty array
  code: |-
    request.body = '[]';
    runCode(settings);
    assertRefused(400);
- name: runs nothing when one element is not an event
  code: |-
    request.body = '[{"event_name":"pipedrive_deal_updated"}, 5]';
    runCode(settings);
    assertRefused(400);
- name: refuses more events than it takes at once
  code: |-
    let many = '{}';
    for (let i = 0; i < 100; i = i + 1) many = many + ',{}';
    request.body = '[' + many + ']';
    runCode(settings);
    assertRefused(413);
- name: answers no method but POST
  code: |-
    request.method = 'GET';
    runCode(settings);
    assertRefused(405);
    assertApi('setResponseHeader').wasCalledWith('allow', 'POST');
- name: logs failed tags and refusals, and nothing that it must keep to itself
  code: |-
    settings.logging = 'always';
    settings.secret = 'open sesame';
    runCode(settings);
    request.headers = {'x-omni-secret': 'open sesame'};
    request.body = JSON.stringify({event_name: 'pipedrive_deal_updated', unique_event_id: 'a', contact_email: 'ada@example.com'});
    tags = [{id: '8', status: 'failure'}];
    runCode(settings);
    assertThat(logged).isEqualTo([
      'omni client refused with 401: the header x-omni-secret is missing',
      'omni client pipedrive_deal_updated a: failed tags 8 (failure)'
    ]);
- name: logs nothing in production unless told to
  code: |-
    tags = [{id: '8', status: 'failure'}];
    runCode(settings);
    assertThat(logged).isEmpty();
setup: |-
  const JSON = require('JSON');

  const settings = {path: '/omni', secret: '', onTagFailure: 'tell', logging: 'debug'};
  const request = {method: 'POST', path: '/omni', query: {}, headers: {}, body: '{}'};
  const response = {};
  let tags = [{id: '7', status: 'success'}];
  let holdsTags = false;
  const ran = [];
  const held = [];
  const logged = [];

  mock('claimRequest', () => {});
  mock('getRequestMethod', () => request.method);
  mock('getRequestPath', () => request.path);
  mock('getRequestBody', () => request.body);
  mock('getRequestHeader', (name) => request.headers[name]);
  mock('getRequestQueryParameter', (name) => request.query[name]);
  mock('getTimestampMillis', () => 1770114031999);
  mock('generateRandom', () => 123456789);
  mock('getContainerVersion', () => ({debugMode: false, previewMode: false}));
  mock('logToConsole', (client, line) => {
    logged.push(client + ' ' + line);
  });
  mock('addEventCallback', () => {});
  mock('runContainer', (event, onComplete) => {
    ran.push(event);
    const finish = () => onComplete((api) => (callback) => callback('GTM-TEST', {tags: tags}));
    if (holdsTags) held.push(finish);
    if (!holdsTags) finish();
  });
  mock('setResponseStatus', () => {});
  mock('setResponseHeader', () => {});
  mock('setResponseBody', (body) => {
    response.body = body;
  });
  mock('returnResponse', () => {});

  function assertRefused(status) {
    assertApi('claimRequest').wasCalled();
    assertApi('setResponseStatus').wasCalledWith(status);
    assertApi('returnResponse').wasCalled();
    assertThat(JSON.parse(response.body).error).isNotEmpty();
    assertThat(ran).isEmpty();
  }


___NOTES___

Part of Omni, which carries Pipedrive's events to a warehouse and to tags. How to import it, its settings, its
permissions, and what its answer tells: deploy/gtm/README.md in Omni's repository, where its tests run too.
