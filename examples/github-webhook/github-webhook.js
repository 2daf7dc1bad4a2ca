// A source function: what happens in GitHub repositories. The webhook's content type must be application/json.

const EVENTS = {
  push: ({ ref, commits }) => ['Pushed', { branch: ref.replace('refs/heads/', ''), commits: commits.length }],
  pull_request: (body) => [`Pull Request ${pullRequestAction(body)}`, _.pick(body.pull_request, ['number', 'title'])],
  issues: ({ action, issue }) => [`Issue ${_.startCase(action)}`, _.pick(issue, ['number', 'title'])],
};

async function onRequest(request, settings) {
  verify(request, settings.secret);
  const what = request.headers.get('x-github-event');
  // GitHub asks whether somebody is there when a webhook is made.
  if (what === 'ping') return;
  if (!EVENTS[what]) throw new EventNotSupported(`no event for ${what}`);

  const body = request.json();
  const { sender, repository } = body;
  const [event, properties] = EVENTS[what](body);
  Segment.track({
    // The same when GitHub delivers again.
    messageId: request.headers.get('x-github-delivery'),
    userId: `github:${sender.id}`,
    event,
    properties: { repository: repository.full_name, ...properties },
    context: { traits: { username: sender.login } },
  });
}

function pullRequestAction({ action, pull_request }) {
  return action === 'closed' && pull_request.merged ? 'Merged' : _.startCase(action);
}

// https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
function verify(request, secret) {
  const expected = Buffer.from('sha256=' + crypto.createHmac('sha256', secret).update(request.text()).digest('hex'));
  const given = Buffer.from(request.headers.get('x-hub-signature-256') || '');
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    throw new ValidationError('the signature is not valid');
  }
}
