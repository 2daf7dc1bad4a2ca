"""Clients of services: the requests that they send, and what they make of the answers."""

from __future__ import annotations

from tests.libraries.case import Answer, Case, Sent

_SOAP = {"content-type": "text/xml"}
_SALESFORCE_LOGIN = """<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
<soapenv:Body><loginResponse><result><serverUrl>https://eu1.salesforce.com/services/Soap/u/42.0/00D1</serverUrl>
<sessionId>session-1</sessionId><userId>005U</userId><userInfo><organizationId>00D1</organizationId></userInfo></result>
</loginResponse></soapenv:Body></soapenv:Envelope>"""

SERVICES = [
    Case(
        library="oauth",
        package="oauth",
        offered="OAuth",
        proven="OAuth 1: a GET signed with HMAC-SHA1",
        code="""
          const client = new OAuth.OAuth('https://api.example/request', 'https://api.example/access', 'key', 'secret',
            '1.0', null, 'HMAC-SHA1');
          const answer = await new Promise((done, fail) => client.get('https://api.example/me', 'token', 'secret',
            (error, data) => (error ? fail(error) : done(data))));
          return [JSON.parse(answer), typeof OAuth.OAuth2];""",
        returned=[{"name": "Ann"}, "function"],
        answers={"GET api.example/me": Answer({"name": "Ann"})},
        sent=(Sent("GET api.example/me", {"authorization": 'oauth_signature_method="HMAC-SHA1"'}),),
    ),
    Case(
        library="stripe",
        package="stripe",
        offered="stripe",
        proven="a customer is created; a webhook's signature is checked; errors have their types",
        code="""
          const client = stripe('sk_test_1', { maxNetworkRetries: 0 });
          const customer = await client.customers.create({ email: 'a@b.c', metadata: { plan: 'x' } });
          const refused = await client.charges.create({ amount: 1 }).catch((error) => [error.type, error.message]);
          const payload = '{"id":"evt_1"}';
          const header = client.webhooks.generateTestHeaderString({ payload, secret: 'whsec_1' });
          return [customer.id, refused, client.webhooks.constructEvent(payload, header, 'whsec_1').id];""",
        returned=["cus_1", ["StripeCardError", "declined"], "evt_1"],
        answers={
            "POST api.stripe.com/v1/customers": Answer({"id": "cus_1"}),
            "POST api.stripe.com/v1/charges": Answer(
                {"error": {"type": "card_error", "message": "declined"}}, status=402
            ),
        },
        sent=(
            Sent(
                "POST api.stripe.com/v1/customers",
                {"authorization": "Bearer sk_test_1"},
                ("email=a%40b.c", "metadata[plan]=x"),
            ),
            Sent("POST api.stripe.com/v1/charges", {}, ("amount=1",)),
        ),
    ),
    Case(
        library="twilio",
        package="twilio",
        offered="twilio",
        proven="a message is sent; TwiML is written",
        code="""
          const message = await twilio('AC1', 'token').messages.create({ to: '+1', from: '+2', body: 'hi' });
          const response = new twilio.twiml.MessagingResponse();
          response.message('hello');
          return [message.sid, response.toString()];""",
        returned=[
            "SM1",
            '<?xml version="1.0" encoding="UTF-8"?><Response><Message>hello</Message></Response>',
        ],
        answers={"POST api.twilio.com/2010-04-01/Accounts/AC1/Messages.json": Answer({"sid": "SM1"}, status=201)},
        sent=(
            Sent(
                "POST api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
                {"authorization": "Basic QUMxOnRva2Vu"},
                ("To=%2B1", "Body=hi"),
            ),
        ),
    ),
    Case(
        library="sendgrid",
        package="@sendgrid/mail",
        offered="sendgrid.mail",
        proven="a mail is sent; a contact is put by `sendgrid.client`",
        code="""
          sendgrid.mail.setApiKey('SG.1');
          sendgrid.client.setApiKey('SG.1');
          const [mail] = await sendgrid.mail.send({ to: 'a@b.c', from: 'd@e.f', subject: 's', text: 't' });
          const [contact] = await sendgrid.client.request(
            { method: 'PUT', url: '/v3/marketing/contacts', body: { contacts: [{ email: 'a@b.c' }] } });
          return [mail.statusCode, contact.body];""",
        returned=[202, {"job_id": "j"}],
        answers={
            "POST api.sendgrid.com/v3/mail/send": Answer(status=202),
            "PUT api.sendgrid.com/v3/marketing/contacts": Answer({"job_id": "j"}, status=202),
        },
        sent=(
            Sent("POST api.sendgrid.com/v3/mail/send", {"authorization": "Bearer SG.1"}, ('"subject":"s"',)),
            Sent("PUT api.sendgrid.com/v3/marketing/contacts", {}, ('"email":"a@b.c"',)),
        ),
    ),
    Case(
        library="hubspot",
        package="@hubspot/api-client",
        offered="hubspotlib.hubspot",
        proven="a contact is created; an error of the API has its code",
        code="""
          const client = new hubspotlib.hubspot.Client({ accessToken: 'pat-1' });
          const contact = await client.crm.contacts.basicApi.create({ properties: { email: 'a@b.c' } });
          const refused = await client.crm.contacts.basicApi.create({ properties: {} }).catch((error) => error.code);
          return [contact.id, refused];""",
        returned=["51", 409],
        answers={
            "POST api.hubapi.com/crm/v3/objects/contacts": [
                Answer({"id": "51", "properties": {"email": "a@b.c"}}, status=201),
                Answer({"status": "error", "message": "exists"}, status=409),
            ]
        },
        sent=(
            Sent(
                "POST api.hubapi.com/crm/v3/objects/contacts",
                {"authorization": "Bearer pat-1"},
                ('"email":"a@b.c"',),
            ),
            Sent("POST api.hubapi.com/crm/v3/objects/contacts", {}, ('"properties":{}',)),
        ),
    ),
    Case(
        library="mailchimp",
        package="@mailchimp/mailchimp_marketing",
        offered="mailchimplib.mailchimp",
        proven="a list's member is put",
        code="""
          const { mailchimp } = mailchimplib;
          mailchimp.setConfig({ apiKey: 'key', server: 'us1' });
          const member = await mailchimp.lists.setListMember('l1', 'hash',
            { email_address: 'a@b.c', status: 'subscribed' });
          return member.id;""",
        returned="m1",
        answers={"PUT us1.api.mailchimp.com/3.0/lists/l1/members/hash": Answer({"id": "m1"})},
        sent=(
            Sent(
                "PUT us1.api.mailchimp.com/3.0/lists/l1/members/hash",
                {"authorization": "Basic "},
                ('"email_address":"a@b.c"',),
            ),
        ),
    ),
    Case(
        library="mailjet",
        package="node-mailjet",
        offered="nodemailjet.nodemailjet",
        proven="a mail is sent",
        code="""
          const answer = await nodemailjet.nodemailjet.connect('key', 'secret').post('send', { version: 'v3.1' })
            .request({ Messages: [{ To: [{ Email: 'a@b.c' }], TextPart: 't' }] });
          return answer.body.Messages[0].Status;""",
        returned="success",
        answers={"POST api.mailjet.com/v3.1/send": Answer({"Messages": [{"Status": "success"}]})},
        sent=(
            Sent("POST api.mailjet.com/v3.1/send", {"authorization": "Basic a2V5OnNlY3JldA=="}, ('"TextPart":"t"',)),
        ),
        differences="without its own proxies (`proxyUrl`)",
    ),
    Case(
        library="jsforce",
        package="jsforce",
        offered="jsforce",
        proven="SOAP login, create, query",
        code="""
          const connection = new jsforce.Connection({ loginUrl: 'https://login.salesforce.com' });
          await connection.login('user', 'password');
          const created = await connection.sobject('Contact').create({ LastName: 'L' });
          const found = await connection.query("SELECT Id FROM Contact");
          return [created.id, found.records[0].Id];""",
        returned=["003A", "003B"],
        answers={
            "POST login.salesforce.com/services/Soap/u/42.0": Answer(_SALESFORCE_LOGIN, headers=_SOAP),
            "POST eu1.salesforce.com/services/data/v42.0/sobjects/Contact": Answer(
                {"id": "003A", "success": True, "errors": []}, status=201
            ),
            "GET eu1.salesforce.com/services/data/v42.0/query": Answer(
                {"totalSize": 1, "done": True, "records": [{"Id": "003B"}]}
            ),
        },
        sent=(
            Sent("POST login.salesforce.com/services/Soap/u/42.0", {}, ("<username>user</username>",)),
            Sent(
                "POST eu1.salesforce.com/services/data/v42.0/sobjects/Contact",
                {"authorization": "Bearer session-1"},
                ('"LastName":"L"',),
            ),
            Sent("GET eu1.salesforce.com/services/data/v42.0/query"),
        ),
        differences="no streaming API",
    ),
    Case(
        library="skyflow",
        package="skyflow-node",
        offered="skyflowlib.skyflow",
        proven="a bearer token for a service account; records are inserted with it",
        code="""
          const { Skyflow, generateBearerTokenFromCreds } = skyflowlib.skyflow;
          const { accessToken } = await generateBearerTokenFromCreds(JSON.stringify({ clientID: 'c', keyID: 'k',
            tokenURI: 'https://manage.skyflow.example/v1/auth/sa/oauth/token', privateKey: settings.key }));
          const client = Skyflow.init({ vaultID: 'v1', vaultURL: 'https://vault.skyflow.example',
            getBearerToken: async () => accessToken });
          const inserted = await client.insert(
            { records: [{ table: 'cards', fields: { number: '4' } }] }, { tokens: false });
          return inserted.records[0].skyflow_id;""",
        returned="s1",
        answers={
            "POST manage.skyflow.example/v1/auth/sa/oauth/token": Answer(
                {"accessToken": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.x", "tokenType": "Bearer"}
            ),
            "POST vault.skyflow.example/v1/vaults/v1": Answer({"responses": [{"records": [{"skyflow_id": "s1"}]}]}),
        },
        sent=(
            Sent("POST manage.skyflow.example/v1/auth/sa/oauth/token", {}, ('"assertion":"ey',)),
            Sent("POST vault.skyflow.example/v1/vaults/v1", {}, ('"number":"4"',)),
        ),
    ),
    Case(
        library="sentry",
        package="@sentry/node",
        offered="sentrylib.sentry",
        proven="an exception is sent as an envelope",
        code="""
          const { sentry } = sentrylib;
          sentry.init({ dsn: 'https://key@sentry.example/1', defaultIntegrations: false });
          sentry.captureException(new Error('lost'));
          return sentry.flush(1000);""",
        returned=True,
        answers={"POST sentry.example/api/1/envelope/": Answer({})},
        sent=(Sent("POST sentry.example/api/1/envelope/", {}, ('"value":"lost"', '"platform":"node"')),),
        differences="to be started with `defaultIntegrations: false`: the others look at a process that is not there",
    ),
    Case(
        library="clickhouse",
        package="@clickhouse/client",
        offered="clickHouseClient.clickHouseClient",
        proven="rows are inserted; a query's rows are read",
        code="""
          const client = clickHouseClient.clickHouseClient.createClient(
            { url: 'https://ch.example:8443', username: 'u', password: 'p' });
          await client.insert({ table: 't', values: [{ a: 1 }, { a: 2 }], format: 'JSONEachRow' });
          const found = await client.query({ query: 'SELECT 1 AS one', format: 'JSONEachRow' });
          return found.json();""",
        returned=[{"one": 1}],
        answers={"POST ch.example/": [Answer(""), Answer('{"one":1}\n')]},
        sent=(
            Sent("POST ch.example/", {"authorization": "Basic dTpw"}, ('{"a":1}\n{"a":2}',)),
            Sent("POST ch.example/", {}, ("SELECT 1 AS one",)),
        ),
    ),
    Case(
        library="snowflake",
        package="snowflake-sdk",
        offered="snowflakesdk.snowflakesdk",
        proven="login with a password; a query's rows are read",
        code="""
          const sdk = snowflakesdk.snowflakesdk;
          sdk.configure({ logLevel: 'OFF', disableOCSPChecks: true });
          const connection = sdk.createConnection(
            { account: 'acc', username: 'u', password: 'p', accessUrl: 'https://acc.snowflakecomputing.com' });
          await new Promise((done, fail) => connection.connect((error) => (error ? fail(error) : done())));
          return new Promise((done, fail) => connection.execute({ sqlText: 'SELECT 1',
            complete: (error, _statement, rows) => (error ? fail(error) : done(rows)) }));""",
        returned=[{"ONE": 1}],
        answers={
            "POST acc.snowflakecomputing.com/session/v1/login-request": Answer(
                {"success": True, "data": {"token": "t", "masterToken": "m", "parameters": []}}
            ),
            "POST acc.snowflakecomputing.com/queries/v1/query-request": Answer(
                {
                    "success": True,
                    "data": {
                        "rowtype": [{"name": "ONE", "type": "fixed", "scale": 0, "precision": 1, "nullable": False}],
                        "rowset": [["1"]],
                        "total": 1,
                        "returned": 1,
                        "queryId": "q",
                        "queryResultFormat": "json",
                        "parameters": [],
                    },
                }
            ),
        },
        sent=(
            Sent("POST acc.snowflakecomputing.com/session/v1/login-request", {}, ('"LOGIN_NAME":"u"',)),
            Sent("POST acc.snowflakecomputing.com/queries/v1/query-request", {}, ('"sqlText":"SELECT 1"',)),
        ),
        differences="no files: no configuration file, no staged files; certificates are checked without OCSP",
    ),
]
