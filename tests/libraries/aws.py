"""The AWS SDK against moto's server; Lambda, which moto answers like an echo, against the test's own as well."""

from __future__ import annotations

import base64
import io
import zipfile

from tests.libraries.case import Answer, Case, Sent


def _zipped(name: str, text: str) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return base64.b64encode(packed.getvalue()).decode()


_PROGRAM = _zipped("index.js", "exports.handler = async () => 1;")

_CREDENTIALS = "region: 'us-east-1', accessKeyId: 'AKID', secretAccessKey: 'secret'"

AWS = [
    Case(
        library="aws",
        package="aws-sdk",
        offered="AWS",
        proven="S3 put, get and signed URL; STS assumeRole; Kinesis, Firehose and SQS send; SNS publish; "
        "Lambda invoke; DynamoDB DocumentClient put and get: against moto's server",
        code=f"""
          AWS.config.update({{ {_CREDENTIALS}, endpoint: settings.endpoint, s3ForcePathStyle: true, maxRetries: 0 }});
          const s3 = new AWS.S3();
          await s3.createBucket({{ Bucket: 'bucket1' }}).promise();
          const place = {{ Bucket: 'bucket1', Key: 'a/b.json' }};
          await s3.putObject({{ ...place, Body: '{{"a":1}}', ContentType: 'application/json' }}).promise();
          const object = await s3.getObject(place).promise();
          const missing = await s3.getObject({{ ...place, Key: 'none' }}).promise().catch((error) => error.code);
          const url = s3.getSignedUrl('getObject', place);
          const role = await new AWS.STS()
            .assumeRole({{ RoleArn: 'arn:aws:iam::123456789012:role/r', RoleSessionName: 's' }}).promise();
          const kinesis = new AWS.Kinesis();
          await kinesis.createStream({{ StreamName: 'k1', ShardCount: 1 }}).promise();
          const record = await kinesis.putRecord({{ StreamName: 'k1', PartitionKey: 'p', Data: 'x' }}).promise();
          const sqs = new AWS.SQS();
          const {{ QueueUrl }} = await sqs.createQueue({{ QueueName: 'q1' }}).promise();
          await sqs.sendMessage({{ QueueUrl, MessageBody: 'hello' }}).promise();
          const {{ Messages }} = await sqs.receiveMessage({{ QueueUrl }}).promise();
          const sns = new AWS.SNS();
          const {{ TopicArn }} = await sns.createTopic({{ Name: 't1' }}).promise();
          const published = await sns.publish({{ TopicArn, Message: 'm' }}).promise();
          const firehose = new AWS.Firehose();
          await firehose.createDeliveryStream({{ DeliveryStreamName: 'f1', ExtendedS3DestinationConfiguration:
            {{ RoleARN: 'arn:aws:iam::123456789012:role/r', BucketARN: 'arn:aws:s3:::bucket1' }} }}).promise();
          const delivered = await firehose.putRecord({{ DeliveryStreamName: 'f1', Record: {{ Data: 'x' }} }}).promise();
          const dynamodb = new AWS.DynamoDB();
          await dynamodb.createTable({{ TableName: 'd1', BillingMode: 'PAY_PER_REQUEST',
            KeySchema: [{{ AttributeName: 'id', KeyType: 'HASH' }}],
            AttributeDefinitions: [{{ AttributeName: 'id', AttributeType: 'S' }}] }}).promise();
          const documents = new AWS.DynamoDB.DocumentClient();
          await documents.put({{ TableName: 'd1', Item: {{ id: '1', tags: ['x'], n: 2 }} }}).promise();
          const {{ Item }} = await documents.get({{ TableName: 'd1', Key: {{ id: '1' }} }}).promise();
          const lambda = new AWS.Lambda();
          await lambda.createFunction({{ FunctionName: 'l1', Runtime: 'nodejs20.x', Handler: 'index.handler',
            Role: 'arn:aws:iam::123456789012:role/r',
            Code: {{ ZipFile: Buffer.from('{_PROGRAM}', 'base64') }} }}).promise();
          const invoked = await lambda.invoke({{ FunctionName: 'l1', Payload: '{{"a":1}}' }}).promise();
          return [object.Body.toString(), object.ContentType, missing, url.includes('Signature='),
            role.Credentials.AccessKeyId.length, record.ShardId, Messages[0].Body, typeof published.MessageId,
            typeof delivered.RecordId, Item, invoked.StatusCode, invoked.Payload];""",
        returned=[
            '{"a":1}',
            "application/json",
            "NoSuchKey",
            True,
            20,
            "shardId-000000000000",
            "hello",
            "string",
            "string",
            {"id": "1", "tags": ["x"], "n": 2},
            200,
            '{"a":1}',
        ],
        aws=True,
    ),
    Case(
        library="aws",
        package="aws-sdk",
        offered="AWS",
        proven="Lambda invoke, signed, and with the name of what failed: against a server of the tests; services that "
        "are not built in say so",
        code=f"""
          const lambda = new AWS.Lambda({{ {_CREDENTIALS}, maxRetries: 0 }});
          const answer = await lambda.invoke({{ FunctionName: 'f1', Payload: '{{"a":1}}' }}).promise();
          const refused = await lambda.invoke({{ FunctionName: 'f2' }}).promise().catch((error) => error.code);
          let missing;
          try {{ new AWS.EC2() }} catch (error) {{ missing = error.message.split('.').slice(0, 2).join('.') }}
          return [answer.StatusCode, answer.Payload, refused, missing];""",
        returned=[200, '{"b":2}', "ResourceNotFoundException", "AWS.EC2 is not built in"],
        answers={
            "POST lambda.us-east-1.amazonaws.com/2015-03-31/functions/f1/invocations": Answer({"b": 2}),
            "POST lambda.us-east-1.amazonaws.com/2015-03-31/functions/f2/invocations": Answer(
                {"message": "no"}, status=404, headers={"x-amzn-errortype": "ResourceNotFoundException"}
            ),
        },
        sent=(
            Sent(
                "POST lambda.us-east-1.amazonaws.com/2015-03-31/functions/f1/invocations",
                {"authorization": "Credential=AKID/"},
                ('{"a":1}',),
            ),
            Sent("POST lambda.us-east-1.amazonaws.com/2015-03-31/functions/f2/invocations"),
        ),
        differences="33 of its services, those that functions send to; the others say so by name",
    ),
]
