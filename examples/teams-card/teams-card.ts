// A destination function in TypeScript: a card in a Microsoft Teams channel for each new account.

interface Settings extends Penstock.Settings {
  workflowUrl: string;
  crmUrl: string;
}
interface Traits {
  name?: string;
  plan?: string;
  employees?: number;
}

async function onGroup(event: Penstock.Group<Traits>, settings: Settings): Promise<void> {
  const traits = event.traits ?? {};
  if (!traits.name) throw new InvalidEventPayload(`the account ${event.groupId} has no name`);

  const response = await fetch(settings.workflowUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(message(card(event.groupId, traits, settings))),
  }).catch((error: Error) => {
    throw new RetryError(error.message);
  });
  if (response.status === 429 || response.status >= 500) throw new RetryError(`Teams answered ${response.status}`);
  if (!response.ok) throw new Error(`Teams refused the card: ${response.status} ${await response.text()}`);
}

function card(groupId: string, { name, plan, employees }: Traits, { crmUrl }: Settings): object {
  const facts = { Plan: plan ?? 'none', Employees: employees?.toLocaleString('en-US') ?? 'unknown' };
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', size: 'Large', weight: 'Bolder', text: `New account: ${name}` },
      { type: 'FactSet', facts: Object.entries(facts).map(([title, value]) => ({ title, value })) },
    ],
    actions: [{ type: 'Action.OpenUrl', title: 'Open', url: `${crmUrl}/accounts/${encodeURIComponent(groupId)}` }],
  };
}

function message(content: object): object {
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
}
