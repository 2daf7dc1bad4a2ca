/**
 * Modules and packages that are built in, by the names under which functions find them. They have the types of
 * `@types/node`, `@types/lodash` and so on where you have installed those beside your function, else `any`.
 */
declare const assert: typeof import('node:assert');
declare const events: typeof import('node:events');
declare const http: typeof import('node:http');
declare const https: typeof import('node:https');
declare const path: typeof import('node:path');
declare const querystring: typeof import('node:querystring');
declare const stream: typeof import('node:stream');
declare const url: typeof import('node:url');
declare const util: typeof import('node:util');
declare const zlib: typeof import('node:zlib') & { zlib: typeof import('node:zlib') };

declare const _: typeof import('lodash');
declare const akeylessLabs: {
  akeyless: typeof import('akeyless');
  akeylessCloudId: typeof import('akeyless-cloud-id');
};
declare const AWS: typeof import('aws-sdk');
declare const aws4: { aws4: typeof import('aws4') };
declare const azure: { identity: typeof import('@azure/identity') };
declare const clickHouseClient: { clickHouseClient: typeof import('@clickhouse/client') };
declare const cryptojslib: { cryptojs: typeof import('crypto-js') };
declare const fetchretrylib: { fetchretry: typeof import('fetch-retry') };
declare const google: { cloud: Record<string, any> };
declare const hubspotlib: { hubspot: typeof import('@hubspot/api-client') };
declare const jsforce: typeof import('jsforce');
declare const jsonwebtoken: typeof import('jsonwebtoken');
declare const libphonenumberjslib: { libphonenumberjs: typeof import('libphonenumber-js') };
declare const mailchimplib: { mailchimp: typeof import('@mailchimp/mailchimp_marketing') };
declare const moment: typeof import('moment-timezone');
declare const nodemailjet: { nodemailjet: typeof import('node-mailjet') };
declare const OAuth: typeof import('oauth').OAuth & typeof import('oauth');
declare const oneSignal: { oneSignal: typeof import('@onesignal/node-onesignal') };
declare const sendgrid: { client: typeof import('@sendgrid/client'); mail: typeof import('@sendgrid/mail') };
declare const sentrylib: { sentry: typeof import('@sentry/node') };
declare const skyflowlib: { skyflow: typeof import('skyflow-node') };
declare const snowflakesdk: { snowflakesdk: typeof import('snowflake-sdk') };
declare const stripe: typeof import('stripe');
declare const twilio: typeof import('twilio');
declare const uuidv5: { uuidv5: typeof import('uuidv5') };
declare const winstonlib: { winston: typeof import('winston') };
declare const xml: typeof import('xml');
declare const xml2js: typeof import('xml2js');
