"""Google Cloud's clients, with a service account that gets its token from the test's server."""

from __future__ import annotations

from tests.libraries.case import Answer, Case, Sent

_TOKEN = Answer({"access_token": "ya29.1", "expires_in": 3600, "token_type": "Bearer"})
_TOKEN_SENT = Sent("POST www.googleapis.com/oauth2/v4/token", {}, ("assertion=ey",))
_CREDENTIALS = "{ projectId: 'p1', credentials: { client_email: 'robot@p1', private_key: settings.key } }"
_DOCUMENTS = "projects/p1/databases/(default)/documents"
_TIME = "2026-01-01T00:00:00Z"
_REST = "over REST (a sandbox has no HTTP/2), which newer major versions have; the first call takes much of the fuel"

GOOGLE = [
    Case(
        library="google-storage",
        package="@google-cloud/storage",
        offered="google.cloud.storage",
        proven="an object is uploaded and read; a URL is signed",
        code=f"""
          const {{ Storage }} = google.cloud.storage;
          const file = new Storage({_CREDENTIALS}).bucket('b1').file('a.json');
          await file.save('{{"a":1}}', {{ resumable: false, contentType: 'application/json' }});
          const [content] = await file.download({{ validation: false }});
          const [url] = await file.getSignedUrl({{ action: 'read', expires: Date.now() + 60000, version: 'v4' }});
          return [content.toString(), url.startsWith('https://storage.googleapis.com/b1/a.json?X-Goog-Algorithm=')];""",
        returned=['{"a":1}', True],
        answers={
            "POST www.googleapis.com/oauth2/v4/token": _TOKEN,
            "POST storage.googleapis.com/upload/storage/v1/b/b1/o": Answer(
                {"name": "a.json", "md5Hash": "u2y1xo30ZSlByvZSo2by2A==", "crc32c": "z/fVag=="}
            ),
            "GET storage.googleapis.com/storage/v1/b/b1/o/a.json": Answer('{"a":1}'),
        },
        sent=(
            _TOKEN_SENT,
            Sent(
                "POST storage.googleapis.com/upload/storage/v1/b/b1/o", {"authorization": "Bearer ya29.1"}, ('{"a":1}',)
            ),
            Sent("GET storage.googleapis.com/storage/v1/b/b1/o/a.json", {"authorization": "Bearer ya29.1"}),
        ),
    ),
    Case(
        library="google-bigquery",
        package="@google-cloud/bigquery",
        offered="google.cloud.bigquery",
        proven="rows are inserted; a query's rows are read",
        code=f"""
          const {{ BigQuery }} = google.cloud.bigquery;
          const client = new BigQuery({_CREDENTIALS});
          await client.dataset('d1').table('t1').insert([{{ a: 1 }}]);
          const [rows] = await client.query('SELECT 1 AS one');
          return rows;""",
        returned=[{"one": 1}],
        answers={
            "POST www.googleapis.com/oauth2/v4/token": _TOKEN,
            "POST bigquery.googleapis.com/bigquery/v2/projects/p1/datasets/d1/tables/t1/insertAll": Answer(
                {"kind": "bigquery#tableDataInsertAllResponse"}
            ),
            "POST bigquery.googleapis.com/bigquery/v2/projects/p1/queries": Answer(
                {
                    "jobComplete": True,
                    "jobReference": {"projectId": "p1", "jobId": "j1", "location": "US"},
                    "totalRows": "1",
                    "schema": {"fields": [{"name": "one", "type": "INTEGER"}]},
                    "rows": [{"f": [{"v": "1"}]}],
                }
            ),
        },
        sent=(
            _TOKEN_SENT,
            Sent(
                "POST bigquery.googleapis.com/bigquery/v2/projects/p1/datasets/d1/tables/t1/insertAll",
                {"authorization": "Bearer ya29.1"},
                ('"a":1',),
            ),
            Sent("POST bigquery.googleapis.com/bigquery/v2/projects/p1/queries", {}, ("SELECT 1 AS one",)),
        ),
    ),
    Case(
        library="google-pubsub",
        package="@google-cloud/pubsub",
        offered="google.cloud.pubsub",
        proven="a message is published",
        code=f"""
          const {{ PubSub }} = google.cloud.pubsub;
          return new PubSub({_CREDENTIALS}).topic('t1').publishMessage({{ data: Buffer.from('hello') }});""",
        returned="m1",
        answers={
            "POST pubsub.googleapis.com/v1/projects/p1/topics/t1:publish": Answer({"messageIds": ["m1"]}),
        },
        sent=(
            Sent(
                "POST pubsub.googleapis.com/v1/projects/p1/topics/t1:publish",
                {"authorization": "Bearer ey"},
                ('"data":"aGVsbG8="',),
            ),
        ),
        differences=_REST + "; no subscriptions",
    ),
    Case(
        library="google-firestore",
        package="@google-cloud/firestore",
        offered="google.cloud.firestore",
        proven="a document is written and read",
        code=f"""
          const {{ Firestore }} = google.cloud.firestore;
          const document = new Firestore({_CREDENTIALS}).doc('users/u1');
          await document.set({{ name: 'Ann' }});
          return (await document.get()).data();""",
        returned={"name": "Ann"},
        answers={
            f"POST firestore.googleapis.com/v1/{_DOCUMENTS}:commit": Answer(
                {"writeResults": [{"updateTime": _TIME}], "commitTime": _TIME}
            ),
            f"POST firestore.googleapis.com/v1/{_DOCUMENTS}:batchGet": Answer(
                [
                    {
                        "found": {
                            "name": f"{_DOCUMENTS}/users/u1",
                            "fields": {"name": {"stringValue": "Ann"}},
                            "createTime": _TIME,
                            "updateTime": _TIME,
                        },
                        "readTime": _TIME,
                    }
                ]
            ),
        },
        sent=(
            Sent(
                f"POST firestore.googleapis.com/v1/{_DOCUMENTS}:commit",
                {"authorization": "Bearer ey"},
                ('"stringValue":"Ann"',),
            ),
            Sent(f"POST firestore.googleapis.com/v1/{_DOCUMENTS}:batchGet"),
        ),
        differences=_REST + "; no listeners",
    ),
    Case(
        library="google-datastore",
        package="@google-cloud/datastore",
        offered="google.cloud.datastore",
        proven="an entity is saved",
        code=f"""
          const {{ Datastore }} = google.cloud.datastore;
          const client = new Datastore({_CREDENTIALS});
          await client.save({{ key: client.key(['User', 'u1']), data: {{ name: 'Ann' }} }});
          return 'saved';""",
        returned="saved",
        answers={
            "POST datastore.googleapis.com/v1/projects/p1:commit": Answer({"mutationResults": [{}]}),
        },
        sent=(
            Sent(
                "POST datastore.googleapis.com/v1/projects/p1:commit",
                {"authorization": "Bearer ey"},
                ('"stringValue":"Ann"',),
            ),
        ),
        differences=_REST,
    ),
    Case(
        library="google-tasks",
        package="@google-cloud/tasks",
        offered="google.cloud.tasks",
        proven="a task is created",
        code=f"""
          const {{ CloudTasksClient }} = google.cloud.tasks;
          const client = new CloudTasksClient({_CREDENTIALS});
          const [task] = await client.createTask({{ parent: client.queuePath('p1', 'l1', 'q1'),
            task: {{ httpRequest: {{ url: 'https://x.example/' }} }} }});
          return task.name;""",
        returned="n1",
        answers={
            "POST cloudtasks.googleapis.com/v2/projects/p1/locations/l1/queues/q1/tasks": Answer({"name": "n1"}),
        },
        sent=(
            Sent(
                "POST cloudtasks.googleapis.com/v2/projects/p1/locations/l1/queues/q1/tasks",
                {"authorization": "Bearer ey"},
                ('"url":"https://x.example/"',),
            ),
        ),
        differences=_REST,
    ),
    Case(
        library="google-automl",
        package="@google-cloud/automl",
        offered="google.cloud.automl",
        proven="a model predicts the class of a text",
        code=f"""
          const {{ PredictionServiceClient }} = google.cloud.automl;
          const client = new PredictionServiceClient({_CREDENTIALS});
          const [answer] = await client.predict({{ name: client.modelPath('p1', 'us-central1', 'TCN1'),
            payload: {{ textSnippet: {{ content: 'It works', mimeType: 'text/plain' }} }} }});
          const [{{ displayName, classification }}] = answer.payload;
          return [PredictionServiceClient.name, displayName, classification.score];""",
        returned=["PredictionServiceClient", "happy", 0.75],
        answers={
            "POST automl.googleapis.com/v1/projects/p1/locations/us-central1/models/TCN1:predict": Answer(
                {"payload": [{"annotationSpecId": "1", "displayName": "happy", "classification": {"score": 0.75}}]}
            ),
        },
        sent=(
            Sent(
                "POST automl.googleapis.com/v1/projects/p1/locations/us-central1/models/TCN1:predict",
                {"authorization": "Bearer ey"},
                ('"textSnippet":{"content":"It works"',),
            ),
        ),
        differences=_REST + " (two thirds of the default); without `protos`",
    ),
    Case(
        library="google-functions",
        package="@google-cloud/functions",
        offered="google.cloud.functions",
        proven="a function is called",
        code=f"""
          const {{ CloudFunctionsServiceClient }} = google.cloud.functions;
          const client = new CloudFunctionsServiceClient({_CREDENTIALS});
          const [answer] = await client.callFunction({{ name: client.cloudFunctionPath('p1', 'us-central1', 'f1'),
            data: JSON.stringify({{ userId: 'u1' }}) }});
          return [answer.executionId, answer.result];""",
        returned=["e1", "enriched"],
        answers={
            "POST cloudfunctions.googleapis.com/v1/projects/p1/locations/us-central1/functions/f1:call": Answer(
                {"executionId": "e1", "result": "enriched"}
            ),
        },
        sent=(
            Sent(
                "POST cloudfunctions.googleapis.com/v1/projects/p1/locations/us-central1/functions/f1:call",
                {"authorization": "Bearer ey"},
                (r"""{\"userId\":\"u1\"}""",),
            ),
        ),
        differences=_REST + " (two thirds of the default); without `protos`",
    ),
]
