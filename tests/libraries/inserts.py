"""Clients that Segment's documentation names for source insert functions alone."""

from __future__ import annotations

from tests.libraries.case import Answer, Case, Sent

INSERTS = [
    Case(
        library="onesignal",
        package="@onesignal/node-onesignal",
        offered="oneSignal.oneSignal",
        proven="a notification is created; an error of the API has its code",
        code="""
          const { createConfiguration, DefaultApi, Notification } = oneSignal.oneSignal;
          const client = new DefaultApi(createConfiguration({ restApiKey: 'key' }));
          const notification = Object.assign(new Notification(),
            { app_id: 'a1', included_segments: ['All'], contents: { en: 'Hello' } });
          const { id } = await client.createNotification(notification);
          return [id, await client.createNotification(notification).catch((error) => error.code)];""",
        returned=["n1", 400],
        answers={
            "POST api.onesignal.com/notifications": [
                Answer({"id": "n1"}),
                Answer({"errors": ["app_id not found"]}, status=400),
            ]
        },
        sent=(
            Sent(
                "POST api.onesignal.com/notifications",
                {"authorization": "Key key"},
                ('"app_id":"a1"', '"contents":{"en":"Hello"}'),
            ),
        )
        * 2,
        differences="with the keys' names of version 5 (`restApiKey`)",
    ),
    Case(
        library="akeyless",
        package="akeyless",
        offered="akeylessLabs.akeyless",
        proven="a login with an access key; a secret is read with its token",
        code="""
          const { ApiClient, Auth, GetSecretValue, V2Api } = akeylessLabs.akeyless;
          const client = new ApiClient();
          client.basePath = 'https://api.akeyless.io';
          const api = new V2Api(client);
          const { token } = await api.auth(
            Auth.constructFromObject({ 'access-id': 'p-1', 'access-key': 'k', 'access-type': 'access_key' }));
          return api.getSecretValue(GetSecretValue.constructFromObject({ names: ['/db/password'], token }));""",
        returned={"/db/password": "secret"},
        answers={
            "POST api.akeyless.io/auth": Answer({"token": "t-1"}),
            "POST api.akeyless.io/get-secret-value": Answer({"/db/password": "secret"}),
        },
        sent=(
            Sent("POST api.akeyless.io/auth", {}, ('"access-id":"p-1"', '"access-key":"k"')),
            Sent("POST api.akeyless.io/get-secret-value", {}, ('"/db/password"', '"token":"t-1"')),
        ),
    ),
    Case(
        library="akeyless-cloud-id",
        package="akeyless-cloud-id",
        offered="akeylessLabs.akeylessCloudId",
        proven="the identity of an AWS user, with the keys that `AWS` was given",
        code="""
          AWS.config.update({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' });
          const decoded = (text) => JSON.parse(Buffer.from(text, 'base64'));
          const id = decoded(await akeylessLabs.akeylessCloudId.getCloudId('aws_iam'));
          const [signature] = decoded(id.sts_request_headers).Authorization;
          return [Object.keys(akeylessLabs), id.sts_request_method,
            Buffer.from(id.sts_request_url, 'base64').toString(), ...signature.split('/', 1)];""",
        returned=[
            ["akeylessCloudId"],
            "POST",
            "https://sts.amazonaws.com/",
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE",
        ],
        differences="a function runs in no cloud of yours: `azure_ad` and `gcp`, and `aws_iam` without keys, fail",
    ),
    Case(
        library="azure-identity",
        package="@azure/identity",
        offered="azure.identity",
        proven="a token for an application with a secret; a wrong secret is refused with its code",
        code="""
          const { ClientSecretCredential } = azure.identity;
          const tokenWith = (secret) =>
            new ClientSecretCredential('t1', 'app', secret).getToken('https://storage.azure.com/.default');
          const { token, expiresOnTimestamp } = await tokenWith('right');
          const refused = await tokenWith('wrong').catch((error) => error);
          return [token, expiresOnTimestamp > Date.now(), refused.name,
            /AADSTS\\d+: [^.]+/.exec(refused.message)[0]];""",
        returned=["eyJ", True, "AuthenticationRequiredError", "AADSTS7000215: Invalid client secret provided"],
        answers={
            "POST login.microsoftonline.com/t1/oauth2/v2.0/token": [
                Answer({"token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ"}),
                Answer(
                    {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."},
                    status=401,
                ),
            ]
        },
        sent=(
            Sent(
                "POST login.microsoftonline.com/t1/oauth2/v2.0/token",
                {},
                ("client_id=app", "client_secret=right", "grant_type=client_credentials"),
            ),
            Sent("POST login.microsoftonline.com/t1/oauth2/v2.0/token", {}, ("client_secret=wrong",)),
        ),
        differences="only credentials that are passed to it: there is no machine, browser or file to take them from",
    ),
]
