/**
 * The AWS SDK with the services that functions send to: each of the others would add a large description. Their names
 * are there and say so.
 */
import 'aws-sdk/lib/node_loader.js';
import AWS from 'aws-sdk/lib/core.js';
import metadata from 'aws-sdk/apis/metadata.json';
import 'aws-sdk/clients/athena.js';
import 'aws-sdk/clients/cloudwatch.js';
import 'aws-sdk/clients/cloudwatchlogs.js';
import 'aws-sdk/clients/cognitoidentity.js';
import 'aws-sdk/clients/cognitoidentityserviceprovider.js';
import 'aws-sdk/clients/comprehend.js';
import 'aws-sdk/clients/customerprofiles.js';
import 'aws-sdk/clients/dynamodb.js';
import 'aws-sdk/clients/dynamodbstreams.js';
import 'aws-sdk/clients/eventbridge.js';
import 'aws-sdk/clients/firehose.js';
import 'aws-sdk/clients/kinesis.js';
import 'aws-sdk/clients/kms.js';
import 'aws-sdk/clients/lambda.js';
import 'aws-sdk/clients/location.js';
import 'aws-sdk/clients/personalize.js';
import 'aws-sdk/clients/personalizeevents.js';
import 'aws-sdk/clients/personalizeruntime.js';
import 'aws-sdk/clients/pinpoint.js';
import 'aws-sdk/clients/rdsdataservice.js';
import 'aws-sdk/clients/redshiftdata.js';
import 'aws-sdk/clients/s3.js';
import 'aws-sdk/clients/secretsmanager.js';
import 'aws-sdk/clients/ses.js';
import 'aws-sdk/clients/sesv2.js';
import 'aws-sdk/clients/sns.js';
import 'aws-sdk/clients/sqs.js';
import 'aws-sdk/clients/ssm.js';
import 'aws-sdk/clients/stepfunctions.js';
import 'aws-sdk/clients/sts.js';
import 'aws-sdk/clients/timestreamquery.js';
import 'aws-sdk/clients/timestreamwrite.js';
import 'aws-sdk/clients/translate.js';

import { internals } from '../internals.ts';

const names = Object.values(metadata).map(({ name }) => name);
const offered = names.filter((name) => name in AWS);

function missing(name) {
  const get = () => {
    throw new Error(`AWS.${name} is not built in. These services are: ${offered.join(', ')}`);
  };
  const set = (value) => Object.defineProperty(AWS, name, { value, writable: true });
  return { get, set, configurable: true };
}

for (const name of names) if (!(name in AWS)) Object.defineProperty(AWS, name, missing(name));
internals.define(globalThis, { AWS });
